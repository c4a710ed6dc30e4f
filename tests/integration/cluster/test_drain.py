"""What people do to nodes: cordon, drain, and let pods in again."""

from tests.cluster.kubeapi import until
from tests.cluster.kubectl import kubectl
from tests.cluster.namespaces import Namespace, temporary
from tests.cluster.provider import Cluster


def test_a_drained_node_gives_up_its_pods_and_takes_none(namespace: Namespace) -> None:
    namespace.run_pod("before", "sleep", pool="large")
    namespace.wait_phase("before", "Running")
    try:
        namespace.kubectl(
            "drain", "node2", "--force", "--ignore-daemonsets", "--delete-emptydir-data",
            "--grace-period=1", "--timeout=60s", timeout=90,
        )  # fmt: skip
        left = [pod["metadata"]["name"] for pod in namespace.api.get(_pods(namespace))["items"]]
        assert left == []

        namespace.run_pod("after", "sleep", pool="large")
        assert "unschedulable" in _wait_refused(namespace, "after")
    finally:
        kubectl(namespace.cluster, "uncordon", "node2")
    namespace.wait_phase("after", "Running")


def test_a_namespace_is_gone_after_its_test(cluster: Cluster) -> None:
    with temporary(cluster) as own:
        own.run_pod("left", "sleep")
        name = own.name

    def gone() -> bool:
        return kubectl(cluster, "get", "namespace", name, "--ignore-not-found") == ""

    until("the namespace is gone", gone, timeout=120)


def _pods(namespace: Namespace) -> str:
    return f"{namespace.core}/pods"


def _wait_refused(namespace: Namespace, name: str) -> str:
    """Wait until the scheduler has said why a pod has no node; what it said."""
    namespace.kubectl(
        "wait", f"pod/{name}", "--for=jsonpath={.status.conditions[0].reason}=Unschedulable",
        "--timeout=60s", timeout=90,
    )  # fmt: skip
    conditions = namespace.pod(name)["status"]["conditions"]
    return str(next(one["message"] for one in conditions if one["type"] == "PodScheduled"))
