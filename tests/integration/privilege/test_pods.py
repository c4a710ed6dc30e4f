"""Operator and runners in their pods, as the chart deploys them: what they can do there.

Both namespaces are under the restricted profile, so that the API server itself has judged the
pods' specs; here is what becomes of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from tests.cluster.kubeapi import ApiError, Object
from tests.cluster.kubectl import kubectl
from tests.cluster.namespaces import restricted_pod
from tests.cluster.provider import Cluster
from tests.cluster.shell import ClusterError
from tests.integration.privilege import looking
from tests.site.setup import make_site, remove_site
from tests.site.site import Site, condition_of

from fairlead.api.meta import API_VERSION

RELEASE = "looking"
ENFORCE = "pod-security.kubernetes.io/enforce"
FOLDERS = f"{looking.ROOT}"
LOOK = f"""
import json, os
from pathlib import Path
def writable(place):
    try:
        Path(place, "tried").write_text("x")
    except OSError:
        return False
    Path(place, "tried").unlink()
    return True
print(json.dumps({{
    "status": Path("/proc/self/status").read_text() + Path("/proc/1/status").read_text(),
    "writable": [place for place in {FOLDERS} if writable(place)],
    "own": [place for place in ["/tmp"] if writable(place)],
}}))
"""
_numbers = count(1)

CANARIES = {
    "AWS_SECRET_ACCESS_KEY": "canary-of-the-stores-key-7Qx2",
    "AWS_SESSION_TOKEN": "canary-of-the-stores-session-9Lm4",
}
REGISTRY = "canary-of-the-registry-3Rt8"


@pytest.fixture(scope="module")
def site(cluster: Cluster) -> Iterator[Site]:
    """A release for one namespace whose runners get secrets; its operator tells everything."""
    more = {
        "operator": {"logLevel": "debug"},
        "runners": {"pullSecrets": ["registry"]},
        # A folder of each pod's own: what is kept there is not looked at here.
        "store": {"claim": "", "url": "file:///tmp/store", "secret": "credentials"},
    }
    made = make_site(cluster, deployed=True, more=more)
    try:
        for name, kind, data in secrets():
            body = {"metadata": {"name": name}, "type": kind, "stringData": data}
            made.api.create(made.core("secrets"), body)
        made.publish(Path(looking.__file__), RELEASE)
        yield made
    finally:
        remove_site(made)


def secrets() -> list[tuple[str, str, dict[str, str]]]:
    """What is secret in the namespace of the jobs: name, type, content."""
    auths = {"auths": {"registry.example": {"username": "u", "password": REGISTRY}}}
    docker = "kubernetes.io/dockerconfigjson"
    return [
        ("credentials", "Opaque", CANARIES),
        ("registry", docker, {".dockerconfigjson": json.dumps(auths)}),
    ]


def operator_pod(site: Site) -> str:
    """The name of the operator's pod."""
    found = kubectl(
        site.cluster, "get", "pods", "--selector=fairlead.dev/component=operator",
        "--field-selector=status.phase=Running", "--output=name",
        namespace=site.install.namespace,
    )  # fmt: skip
    [pod] = found.split()
    return pod.removeprefix("pod/")


def in_operator(site: Site, *command: str) -> str:
    """What a command prints that is started in the operator's container."""
    words = ["exec", operator_pod(site), "--", *command]
    return kubectl(site.cluster, *words, namespace=site.install.namespace)


def submit(site: Site, what: str, **spec: str) -> Object:
    """Run a task to its end, however that is; its Job."""
    name = f"look-{next(_numbers)}"
    one = {"name": "one", "identifier": "privilege.example/Look", "input": {"what": what}}
    whole = {"release": RELEASE, "tasks": [{**one, "version": "v1.0"}], **spec}
    meta = {"apiVersion": API_VERSION, "kind": "Job", "metadata": {"name": name}}
    site.api.create(site.path("jobs"), {**meta, "spec": whole})
    return site.wait_finished(name)


@pytest.fixture(scope="module")
def seen_by_task(site: Site) -> Object:
    """What a task sees in a runner."""
    return look(site)


@pytest.fixture(scope="module")
def seen_by_isolated(site: Site) -> Object:
    """What a task sees in a container of its own."""
    return look(site, isolation="Sidecar")


def look(site: Site, **spec: str) -> Object:
    """Run a task that looks around; what it has seen."""
    job = submit(site, "look", **spec)
    assert condition_of(job, "Complete") == "True", site.report()
    [task] = site.tasks(job["metadata"]["name"])
    return dict(json.loads(task["status"]["result"]))


@pytest.fixture(scope="module")
def seen_by_operator(site: Site) -> Object:
    """What a program sees in the operator's container."""
    return dict(json.loads(in_operator(site, "python3", "-c", LOOK)))


@pytest.fixture(params=["operator", "task", "isolated"])
def seen(site: Site, request: pytest.FixtureRequest) -> Object:
    """What is seen in the pods of each."""
    return dict(request.getfixturevalue(f"seen_by_{request.param}"))


def fields(status: str, name: str) -> set[str]:
    """The values of a line that /proc says of each process."""
    found = re.findall(rf"^{name}:\s*(.*)$", status, re.MULTILINE)
    assert len(found) == 2
    return set(found)


def test_both_namespaces_are_under_the_restricted_profile(site: Site) -> None:
    for name in (site.namespace, site.install.namespace):
        labels = site.api.get(f"/api/v1/namespaces/{name}")["metadata"]["labels"]
        assert labels[ENFORCE] == "restricted"


def test_processes_have_no_capabilities_and_get_none(seen: Object) -> None:
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert fields(seen["status"], name) == {"0000000000000000"}
    assert fields(seen["status"], "NoNewPrivs") == {"1"}
    assert {user for line in fields(seen["status"], "Uid") for user in line.split()} == {"65532"}


def test_system_calls_are_filtered(seen: Object) -> None:
    # 2: by a filter, which is that of the runtime.
    assert fields(seen["status"], "Seccomp") == {"2"}


def test_nothing_can_be_written_but_what_is_the_pods_own(seen: Object) -> None:
    assert seen["writable"] == []
    assert "/tmp" in seen["own"]


def test_the_store_s_credentials_are_not_for_isolated_tasks(
    seen_by_task: Object, seen_by_isolated: Object
) -> None:
    assert CANARIES.keys() <= set(seen_by_task["variables"])
    assert not CANARIES.keys() & set(seen_by_isolated["variables"])


def test_nobody_gets_a_shell_in_the_deployed_operator(site: Site) -> None:
    for shell in ("sh", "/bin/sh", "bash", "/bin/bash"):
        with pytest.raises(ClusterError, match=r"not found|no such file"):
            in_operator(site, shell, "-c", "id")


@pytest.mark.parametrize(
    "change",
    [
        {"hostNetwork": True},
        {"hostPID": True},
        {"securityContext": {"runAsUser": 0}},
        {"volumes": [{"name": "host", "hostPath": {"path": "/"}}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_other_pods_are_refused_there(site: Site, change: Object) -> None:
    """Else the profile would prove nothing."""
    for namespace in (site.namespace, site.install.namespace):
        path = f"/api/v1/namespaces/{namespace}/pods?dryRun=All"
        site.api.create(path, restricted_pod("plain", ("sleep",)))
        with pytest.raises(ApiError, match="violates PodSecurity") as refused:
            site.api.create(path, restricted_pod("plain", ("sleep",), **change))
        assert refused.value.status == 403


def test_secrets_are_told_nowhere(site: Site) -> None:
    """Five of them, and everything that Fairlead writes: logs, events, objects, metrics."""
    job = submit(site, "fail")
    assert condition_of(job, "Failed") == "True"
    submit(site, "exit")
    token = "print(open('/var/run/secrets/kubernetes.io/serviceaccount/token').read())"
    mounted = in_operator(site, "python3", "-c", token).strip()
    written = told(site)
    assert len(written) > 20_000
    assert "as told" in written
    for canary in (*CANARIES.values(), REGISTRY, mounted, mounted.rpartition(".")[2]):
        assert canary not in written, canary[:12]
    # Nor a runner's token: all of them begin so, and are signed.
    assert not re.search(r"eyJ[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}", written)


def told(site: Site) -> str:
    """All that Fairlead has written about these jobs anywhere."""
    home = site.install.namespace
    kinds = "jobs.fairlead.dev,tasks.fairlead.dev,releases.fairlead.dev,pods,configmaps,events"
    every = [
        kubectl(site.cluster, "logs", operator_pod(site), namespace=home),
        kubectl(site.cluster, "get", f"{kinds},deployments,leases", "-o", "yaml", namespace=home),
        site.kubectl("get", kinds, "--output=yaml"),
        in_operator(
            site,
            "python3",
            "-c",
            "import urllib.request as r; "
            "print(r.urlopen('http://127.0.0.1:8080/metrics').read().decode())",
        ),
    ]
    pods = [pod["metadata"]["name"] for pod in site.pods()]
    every += [site.kubectl("logs", pod, "--all-containers") for pod in pods]
    every += [path.read_text(errors="replace") for path in site.folder.rglob("*") if path.is_file()]
    return "\n".join(every)
