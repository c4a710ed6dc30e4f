"""Each fault verb does what it says, and what it breaks can be mended."""

import time

import pytest
from tests.cluster.kubeapi import ApiError, KubeApi, until
from tests.cluster.namespaces import Namespace, restricted_pod
from tests.cluster.native.faults import Faults
from tests.cluster.shell import ClusterError

LOST_SECONDS = 60
"""How long the controllers may take to call a silent node lost; they wait for 20 s."""


def node_ready(api: KubeApi, name: str) -> str:
    """``True``, ``False`` or ``Unknown``."""
    conditions = api.get(f"/api/v1/nodes/{name}")["status"]["conditions"]
    return next(str(entry["status"]) for entry in conditions if entry["type"] == "Ready")


def test_a_stopped_scheduler_places_nothing_until_it_is_started(
    faults: Faults, namespace: Namespace
) -> None:
    faults.stop("scheduler")
    assert faults.state("scheduler") == "ended"
    namespace.run_pod("waiting", "sleep")
    time.sleep(2)
    assert "nodeName" not in namespace.pod("waiting")["spec"]

    faults.start("scheduler")

    assert faults.state("scheduler") == "running"
    namespace.wait_phase("waiting", "Running")


def test_a_killed_store_keeps_what_was_acknowledged(faults: Faults, namespace: Namespace) -> None:
    names = [f"kept-{number}" for number in range(20)]
    for name in names:
        namespace.api.create(f"{namespace.core}/configmaps", {"metadata": {"name": name}})
    faults.kill("etcd")
    assert faults.state("etcd") == "ended"
    with pytest.raises((ClusterError, OSError)):
        KubeApi(namespace.cluster.kubeconfig, timeout=3).create(
            f"{namespace.core}/configmaps", {"metadata": {"name": "lost"}}
        )

    faults.start("etcd")

    def kept() -> list[str]:
        items = namespace.api.get(f"{namespace.core}/configmaps")["items"]
        return [item["metadata"]["name"] for item in items]

    found = until("the store", kept, timeout=60)
    assert set(names) <= set(found)


def test_a_killed_api_server_comes_back(faults: Faults, namespace: Namespace) -> None:
    faults.kill("apiserver")
    with pytest.raises(ConnectionError):
        KubeApi(namespace.cluster.kubeconfig, timeout=3).get("/readyz")

    faults.restart("apiserver")

    api = KubeApi(namespace.cluster.kubeconfig, timeout=5)
    until("the API server", lambda: api.raw("GET", "/readyz")[0] == 200, timeout=60)


def test_a_frozen_api_server_answers_when_it_continues(
    faults: Faults, namespace: Namespace
) -> None:
    faults.freeze("apiserver")
    assert faults.state("apiserver") == "frozen"
    with pytest.raises(TimeoutError):
        KubeApi(namespace.cluster.kubeconfig, timeout=2).get("/readyz")

    faults.resume("apiserver")

    assert faults.state("apiserver") == "running"
    until("an answer", lambda: namespace.api.get("/version"), timeout=30)


def test_a_killed_kubelet_starts_nothing_and_leaves_pods_running(
    faults: Faults, namespace: Namespace
) -> None:
    namespace.run_pod("before", "serve", "8000", pool="small")
    namespace.wait_said("before", "alive")
    faults.kill("node1/kubelet")
    namespace.run_pod("after", "sleep", pool="small")
    time.sleep(3)
    assert namespace.pod("after")["status"]["phase"] == "Pending"

    faults.start("node1/kubelet")

    namespace.wait_phase("after", "Running")
    status = namespace.pod("before")["status"]
    assert status["phase"] == "Running"
    assert status["containerStatuses"][0]["restartCount"] == 0


def test_a_restarted_container_runtime_keeps_the_pods(faults: Faults, namespace: Namespace) -> None:
    namespace.run_pod("kept", "sleep", pool="small")
    namespace.wait_said("kept", "alive")

    faults.restart("node1/containerd")

    said = until(
        "exec works again",
        lambda: namespace.kubectl("exec", "kept", "--", "echo", "still here"),
        timeout=30,
    )
    assert said == "still here\n"
    assert namespace.pod("kept")["status"]["containerStatuses"][0]["restartCount"] == 0


def test_a_compacted_store_has_forgotten_the_past(faults: Faults, namespace: Namespace) -> None:
    path = f"{namespace.core}/configmaps"
    old = int(namespace.api.get(path)["metadata"]["resourceVersion"])
    namespace.api.create(path, {"metadata": {"name": "new"}})
    keys = f"/registry/configmaps/{namespace.name}/"
    assert f"{keys}new" not in faults.etcd_keys(keys, old)

    revision = faults.compact()

    assert revision > old
    assert f"{keys}new" in faults.etcd_keys(keys)
    with pytest.raises(ClusterError, match="compacted"):
        faults.etcd_keys(keys, old)


def test_who_asks_a_forgetful_control_plane_for_the_past_is_told_it_is_gone(
    faults: Faults, namespace: Namespace
) -> None:
    path = f"{namespace.core}/configmaps"
    old = namespace.api.get(path)["metadata"]["resourceVersion"]
    namespace.api.create(path, {"metadata": {"name": "new"}})
    exact = {"resourceVersion": old, "resourceVersionMatch": "Exact"}
    before = namespace.api.get(path, **exact)["items"]
    assert "new" not in [item["metadata"]["name"] for item in before]

    faults.forget()

    api = KubeApi(namespace.cluster.kubeconfig)
    with pytest.raises(ApiError) as gone:
        api.get(path, **exact)
    assert gone.value.status == 410
    event = next(api.watch(path, timeout=10, resourceVersion=old))
    assert event["type"] == "ERROR"
    assert event["object"]["code"] == 410


def test_a_cut_node_is_lost_while_its_pods_live_on(faults: Faults, namespace: Namespace) -> None:
    namespace.run_pod("distant", "sleep", pool="large")
    namespace.wait_said("distant", "alive")
    faults.cut("node2")
    assert namespace.cluster.status()["node2"] == "running, cut off"
    with pytest.raises(ClusterError):
        namespace.kubectl("exec", "distant", "--", "true", timeout=5)
    until(
        "node2 is lost",
        lambda: node_ready(namespace.api, "node2") == "Unknown",
        timeout=LOST_SECONDS,
    )

    faults.heal("node2")

    assert namespace.cluster.status()["node2"] == "running"
    until("node2 is back", lambda: node_ready(namespace.api, "node2") == "True", timeout=60)
    said = until("exec works again", lambda: namespace.kubectl("exec", "distant", "--", "hostname"))
    assert said == "distant\n"
    assert namespace.pod("distant")["status"]["containerStatuses"][0]["restartCount"] == 0


def test_a_frozen_node_stands_still_and_goes_on(faults: Faults, namespace: Namespace) -> None:
    ticks = (
        "import itertools, time\nfor n in itertools.count(): print(n, flush=True); time.sleep(.1)"
    )
    container = {**restricted_pod("clock", ())["spec"]["containers"][0], "args": ["-c", ticks]}
    container["command"] = ["python3"]
    namespace.run_pod("clock", pool="large", containers=[container])
    namespace.wait_said("clock", "5")

    faults.freeze("node2")
    assert faults.state("node2") == "frozen"
    logs = faults.layout.folder / "node2" / "pod-logs"
    (log,) = logs.glob(f"{namespace.name}_clock_*/main/0.log")
    frozen = log.read_text()
    time.sleep(1)
    assert log.read_text() == frozen

    faults.resume("node2")

    until("the clock goes on", lambda: log.read_text() != frozen, timeout=10)


def test_a_killed_node_comes_back_empty_handed(faults: Faults, namespace: Namespace) -> None:
    namespace.run_pod("victim", "sleep", pool="large")
    namespace.wait_said("victim", "alive")
    faults.kill("node2")
    assert faults.state("node2") == faults.state("node2/kubelet") == "ended"
    until(
        "node2 is lost",
        lambda: node_ready(namespace.api, "node2") == "Unknown",
        timeout=LOST_SECONDS,
    )

    faults.start("node2")

    until("node2 is back", lambda: node_ready(namespace.api, "node2") == "True", timeout=60)
    # Its container did not survive, and the pod may not be restarted.
    namespace.wait_phase("victim", "Failed", "Succeeded")
    namespace.run_pod("next", "sleep", pool="large")
    namespace.wait_phase("next", "Running")


def test_a_name_that_is_no_component_is_refused(faults: Faults) -> None:
    with pytest.raises(ClusterError, match="no component is called 'kubelet'"):
        faults.stop("kubelet")
