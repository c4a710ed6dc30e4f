"""The observer that lets kopf watch tells the same as the one that watches by itself."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.cluster.kubeapi import KubeApi, until
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.proxy.client import ProxyClient
from tests.integration.operator_io.kit import client, task, watching
from tests.integration.operator_io.operator_process import OperatorProcess

from fairlead_operator.kube.backoff import Backoff
from fairlead_operator.kube.kinds import TASKS
from fairlead_operator.observe.listwatch import Pace
from fairlead_operator.observe.own import Wanted
from fairlead_operator.observe.through_kopf import KopfObserver

PACE = Pace(relist_seconds=0.5, backoff=Backoff(first=0.01, most=0.1))


async def test_what_is_there_and_changes_is_told(proxied: Path, here: str) -> None:
    async with client(proxied) as own:
        await own.create(TASKS, here, task("before"))
        observer = KopfObserver(own, [Wanted(TASKS)], [here], pace=PACE)
        async with watching(observer) as watcher:
            assert watcher.told("ADDED") == ["before"]
            await own.create(TASKS, here, task("one"))
            await own.patch_status(TASKS, here, "one", {"attempt": 1})
            await watcher.wait_told("MODIFIED", "one")
            await own.delete(TASKS, here, "one")
            await watcher.wait_told("DELETED", "one")
        changes = [event.type for event in watcher.events]
        assert changes == ["ADDED", "ADDED", "MODIFIED", "DELETED"]


async def test_what_kopf_does_not_tell_is_found_by_comparing(
    proxied: Path, here: str, cluster: NativeCluster, proxy: ProxyClient
) -> None:
    async with client(proxied) as own, client(cluster.kubeconfig) as direct:
        for name in ("kept", "gone"):
            await own.create(TASKS, here, task(name))
        observer = KopfObserver(own, [Wanted(TASKS)], [here], pace=PACE)
        with proxy.rule("event-drop", namespace=here):
            async with watching(observer) as watcher:
                await direct.delete(TASKS, here, "gone")
                await direct.create(TASKS, here, task("new"))
                await watcher.wait_told("DELETED", "gone")
                await watcher.wait_told("ADDED", "new")
                gone = watcher.events[[e.type for e in watcher.events].index("DELETED")]
                assert gone.object["metadata"]["labels"]["fairlead.dev/job"] == "nightly"
        assert watcher.told().count("kept") == 1


def test_an_operator_that_uses_it_leads_and_ends_when_asked_to(
    proxied: Path, here: str, cluster: NativeCluster, tmp_path: Path
) -> None:
    """kopf takes the handlers of signals for itself, and the operator takes them back."""
    own = OperatorProcess(proxied, here, tmp_path / "operator.log", OBSERVE="kopf", IDENTITY="a")
    try:
        own.wait_ready()
        own.wait_leading()
        api = KubeApi(cluster.kubeconfig)
        job = {
            "apiVersion": "fairlead.dev/v1beta1",
            "kind": "Job",
            "metadata": {"name": "squares"},
            "spec": {"closed": {"tasks": 0}},
        }
        path = f"/apis/fairlead.dev/v1beta1/namespaces/{here}/jobs"
        api.create(path, job)
        # A job without tasks is at its end when the operator has heard of it.
        until(
            "the job's end",
            lambda: api.get(f"{path}/squares")["status"]["state"] == "Completed",
            timeout=60,
        )
        assert own.number('fairlead_operator_events_total{kind="jobs",type="ADDED"}') == 1
        own.send(signal.SIGTERM)
        assert own.wait_ended() == 0
        lease = f"/apis/coordination.k8s.io/v1/namespaces/{here}/leases/fairlead-operator"
        assert api.get(lease)["spec"]["holderIdentity"] == ""
    finally:
        own.end()
        print(own.text)
