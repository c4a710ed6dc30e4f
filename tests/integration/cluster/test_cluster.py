"""A cluster is a real one: nodes, pools, pods, services, DNS, logs, exec, metrics."""

import json
import socket
import subprocess
import urllib.request

import pytest
from tests.cluster.kubeapi import ApiError, KubeApi, until
from tests.cluster.namespaces import Namespace, restricted_pod
from tests.cluster.native.layout import POOL_LABEL, POOLS
from tests.cluster.provider import Cluster
from tests.cluster.shell import UnsupportedError


def nodes_of(api: KubeApi) -> dict[str, dict[str, str]]:
    """The pool of each Ready node of a pool, by the node's name."""
    found = {}
    for item in api.get("/api/v1/nodes")["items"]:
        conditions = {entry["type"]: entry["status"] for entry in item["status"]["conditions"]}
        pool = item["metadata"]["labels"].get(POOL_LABEL)
        if conditions["Ready"] == "True" and pool in POOLS:
            taints = [taint["key"] for taint in item["spec"].get("taints", [])]
            found[item["metadata"]["name"]] = {"pool": pool, "taints": ",".join(taints)}
    return found


def test_two_nodes_are_ready_one_in_each_pool(cluster: Cluster) -> None:
    nodes = nodes_of(KubeApi(cluster.kubeconfig))

    assert sorted(node["pool"] for node in nodes.values()) == sorted(POOLS)
    tainted = {node["pool"] for node in nodes.values() if POOL_LABEL in node["taints"]}
    assert tainted == {"large"}


def test_a_restricted_pod_reaches_the_api_by_address_and_by_name(namespace: Namespace) -> None:
    namespace.run_pod("probe", "api")
    namespace.wait_phase("probe", "Succeeded")

    seen = json.loads(namespace.kubectl("logs", "probe"))

    account = f"system:serviceaccount:{namespace.name}:default"
    assert seen["by_address"] == seen["by_name"] == account
    assert seen["uid"] != 0
    service = namespace.api.get("/api/v1/namespaces/default/services/kubernetes")
    assert seen["resolved"] == service["spec"]["clusterIP"]


def test_the_restricted_profile_refuses_a_pod_that_may_be_root(namespace: Namespace) -> None:
    pod = restricted_pod("root", ("sleep",))
    del pod["spec"]["securityContext"]["runAsNonRoot"]

    with pytest.raises(ApiError, match="runAsNonRoot") as refused:
        namespace.api.create(f"{namespace.core}/pods", pod)

    assert refused.value.status == 403


@pytest.mark.parametrize("pool", POOLS)
def test_a_pinned_pod_runs_in_its_pool(namespace: Namespace, pool: str) -> None:
    namespace.run_pod("pinned", "sleep", pool=pool)

    pod = namespace.wait_phase("pinned", "Running")

    assert nodes_of(namespace.api)[pod["spec"]["nodeName"]]["pool"] == pool


def test_a_pod_without_toleration_stays_off_the_tainted_pool(namespace: Namespace) -> None:
    namespace.run_pod("astray", "sleep", nodeSelector={POOL_LABEL: "large"})

    def refused() -> bool:
        conditions = namespace.pod("astray")["status"].get("conditions", [])
        return any(entry.get("reason") == "Unschedulable" for entry in conditions)

    assert until("the scheduler's refusal", refused, timeout=20)


@pytest.mark.parametrize("pool", POOLS)
def test_logs_and_exec_reach_the_pod(namespace: Namespace, pool: str) -> None:
    namespace.run_pod("talker", "sleep", pool=pool)
    namespace.wait_said("talker", "alive")

    command = ("python3", "-c", "import os, socket; print(os.getuid(), socket.gethostname())")
    said = namespace.kubectl("exec", "talker", "--", *command)

    uid, name = said.split()
    assert name == "talker"
    assert int(uid) == 65532


def test_port_forward_reaches_the_pod(namespace: Namespace) -> None:
    namespace.run_pod("server", "serve", "8000")
    namespace.wait_said("server", "alive")
    where = ["--kubeconfig", str(namespace.cluster.kubeconfig), "--namespace", namespace.name]
    command = [namespace.cluster.kubectl, *where, "port-forward", "pod/server", ":8000"]

    environment = namespace.cluster.environment
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as forward:
        assert forward.stdout is not None
        try:
            line = forward.stdout.readline()
            port = int(line.split("->")[0].rsplit(":", 1)[1])
            answer = until("an answer", lambda: ask("127.0.0.1", port), timeout=10)
        finally:
            forward.terminate()

    assert answer == "server"


def ask(host: str, port: int) -> str:
    """What a web server says."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://{host}:{port}/", timeout=5) as answer:
        return str(answer.read().decode())


def test_a_pod_reaches_a_service_on_the_other_node_by_name(namespace: Namespace) -> None:
    namespace.run_pod("server", "serve", "8000", pool="large")
    namespace.run_pod("client", "sleep", pool="small")
    ports = [{"port": 80, "targetPort": 8000}]
    spec = {"selector": {"app": "server"}, "ports": ports}
    namespace.api.create(f"{namespace.core}/services", {"metadata": {"name": "web"}, "spec": spec})
    for name in ("server", "client"):
        namespace.wait_said(name, "alive")
    fetch = "import urllib.request as u; print(u.urlopen('http://web/', timeout=5).read().decode())"

    said = until(
        "an answer by way of the service",
        lambda: namespace.kubectl("exec", "client", "--", "python3", "-c", fetch),
        timeout=30,
    )

    assert said.strip() == "server"


def test_a_name_outside_the_cluster_does_not_exist(namespace: Namespace) -> None:
    namespace.run_pod("client", "sleep")
    namespace.wait_phase("client", "Running")
    look = (
        "import socket\n"
        "try: print(socket.gethostbyname('name.invalid'))\n"
        "except socket.gaierror as problem: print(problem.errno)\n"
    )

    said = namespace.kubectl("exec", "client", "--", "python3", "-c", look)

    assert int(said) == socket.EAI_NONAME


def test_the_audit_log_counts_the_writes(cluster: Cluster, namespace: Namespace) -> None:
    try:
        log = cluster.audit_log
    except UnsupportedError as reason:
        pytest.skip(str(reason))
    before = log.stat().st_size
    for number in range(5):
        body = {"metadata": {"name": f"item-{number}"}}
        namespace.api.create(f"{namespace.core}/configmaps", body)

    def written() -> list[str]:
        text = log.read_bytes()[before:].decode()
        events = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
        return [
            event["objectRef"]["name"]
            for event in events
            if event["verb"] == "create"
            and event["objectRef"]["resource"] == "configmaps"
            and event["objectRef"].get("namespace") == namespace.name
            and event["objectRef"].get("name", "").startswith("item-")
        ]

    names = until("five writes in the log", lambda: written() if len(written()) >= 5 else None)
    assert sorted(names) == [f"item-{number}" for number in range(5)]


def test_metrics_of_the_control_plane_and_of_each_node_are_readable(cluster: Cluster) -> None:
    api = KubeApi(cluster.kubeconfig)

    assert "apiserver_request_total" in api.get("/metrics")
    for name in nodes_of(api):
        text = api.get(f"/api/v1/nodes/{name}/proxy/metrics/resource")
        assert "node_memory_working_set_bytes" in text


@pytest.mark.parametrize("method", ["get", "delete"])
def test_what_may_be_asked_twice_is_when_a_kept_connection_has_gone(
    cluster: Cluster, namespace: Namespace, method: str
) -> None:
    """The server closes a connection that was idle for long, without a word."""
    api = KubeApi(cluster.kubeconfig)
    path = f"/api/v1/namespaces/{namespace.name}/configmaps"
    api.create(path, {"metadata": {"name": "one"}})
    assert api._connection is not None
    api._connection.sock.shutdown(socket.SHUT_RD)

    getattr(api, method)(f"{path}/one")

    left = [item["metadata"]["name"] for item in api.get(path)["items"]]
    assert ("one" in left) == (method == "get")
    api.close()


def test_a_report_of_a_namespace_shows_events_objects_and_logs(namespace: Namespace) -> None:
    namespace.run_pod("talker", "sleep")
    namespace.wait_said("talker", "alive")

    report = namespace.report()

    for expected in ("Scheduled", "talker", "alive", "Started"):
        assert expected in report
