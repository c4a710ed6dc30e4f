"""An installation over a namespace: what its parts may do, and that nothing of it stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cluster.kubeapi import ApiError, KubeApi, Object, until
from tests.cluster.namespaces import restricted_pod
from tests.cluster.provider import Cluster
from tests.cluster.shell import ClusterError
from tests.site.objects import CLAIM
from tests.site.process import LocalOperator
from tests.site.setup import make_site, remove_site
from tests.site.site import Site

PROGRAM = Path(__file__).resolve().parents[3] / "examples" / "kubernetes" / "primes.py"


def runner_pod(site: Site, name: str, *command: str) -> Object:
    """A pod as runners are: their image, their account, their store."""
    pod = restricted_pod(name, (), serviceAccountName=site.install.runner_account)
    [container] = pod["spec"]["containers"]
    container.update({"image": site.runner_image, "command": list(command)})
    container["volumeMounts"] = [{"name": "store", "mountPath": str(site.store)}]
    claim = {"claimName": CLAIM}
    pod["spec"]["volumes"] = [{"name": "store", "persistentVolumeClaim": claim}]
    return pod


def test_runners_and_this_machine_share_a_folder_at_one_path(site_base: Site) -> None:
    site = site_base
    inbox = site.shared / "to-the-pod"
    inbox.mkdir()
    (inbox / "word").write_text("hello")
    program = (
        f"from pathlib import Path; p = Path({str(inbox)!r});"
        "(p / 'answer').write_text((p / 'word').read_text().upper())"
    )
    site.api.create(site.core("pods"), runner_pod(site, "sharing", "python3", "-c", program))

    def ended() -> str:
        phase = site.api.get(site.core("pods", "sharing"))["status"].get("phase", "")
        return phase if phase in ("Succeeded", "Failed") else ""

    assert until("the pod has ended", ended) == "Succeeded", site.kubectl("logs", "sharing")
    answer = inbox / "answer"
    assert answer.read_text() == "HELLO"
    assert answer.stat().st_uid == 65532
    # Either may change what the other has made.
    answer.write_text("changed")
    site.api.delete(site.core("pods", "sharing"))


def test_an_author_publishes_code_and_makes_jobs_but_no_more(site_base: Site) -> None:
    site = site_base
    site.publish(PROGRAM, "primes-1")
    published = site.get("releases", "primes-1")
    assert published is not None
    assert {task["identifier"] for task in published["spec"]["tasks"]} == {
        f"acme.example/{name}" for name in ("CountPrimes", "CountRange", "Add", "Compare")
    }
    author = KubeApi(site.kubeconfig)
    task = {"name": "one", "identifier": "acme.example/Add"}
    meta = {"apiVersion": "fairlead.dev/v1beta1", "kind": "Job", "metadata": {"name": "tried"}}
    job = {**meta, "spec": {"desired": "Suspended", "tasks": [task]}}
    assert author.create(site.path("jobs"), job)["metadata"]["name"] == "tried"
    status = {"status": {"state": "Completed"}}
    for path, body in (
        (site.path("jobs", "tried") + "/status", status),
        ("/apis/fairlead.dev/v1beta1/machinesizes/small", {"spec": {"maxRunners": 1}}),
    ):
        with pytest.raises(ApiError) as refused:
            author.patch(path, body)
        assert refused.value.status in (403, 422)
    author.delete(site.path("jobs", "tried"))
    author.close()


def test_an_operator_that_does_not_come_up_says_why(site_base: Site) -> None:
    site = site_base
    wrong = site.private / "no-such.kubeconfig"
    with pytest.raises(Exception, match=r"no-such\.kubeconfig"):
        site.operator.start(KUBECONFIG=str(wrong))
    site.operator.stop()


def test_a_site_leaves_nothing_behind_though_its_operator_will_not_end(cluster: Cluster) -> None:
    site = make_site(cluster)
    name, folder, private = site.namespace, site.folder, site.private
    assert folder.is_dir()
    site.operator = Stubborn({}, private)
    with pytest.raises(ClusterError, match="ignored"):
        remove_site(site)
    assert not folder.exists()
    assert not private.exists()
    api = KubeApi(cluster.kubeconfig)
    for path in (
        "/api/v1/namespaces",
        "/api/v1/persistentvolumes",
        "/apis/rbac.authorization.k8s.io/v1/clusterroles",
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
        "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
    ):
        until(f"nothing of {path}", lambda path=path: not left(api, path, name), timeout=60)
    api.close()


class Stubborn(LocalOperator):
    """An operator that does not do what it is asked to."""

    def stop(self) -> None:
        raise ClusterError("the operator ignored SIGTERM")


def left(api: KubeApi, path: str, name: str) -> list[str]:
    """The objects of a kind whose names have to do with a site."""
    names = [item["metadata"]["name"] for item in api.get(path)["items"]]
    return [found for found in names if name in found]
