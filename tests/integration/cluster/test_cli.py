"""The command line of the tests' cluster, word by word."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cluster.kubeapi import KubeApi, until
from tests.cluster.namespaces import Namespace
from tests.cluster.native.faults import Faults
from tests.cluster.paths import PROJECT
from tests.cluster.provider import Cluster


def called(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.cluster", *words]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=240)


def said(*words: str) -> str:
    done = called(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_status_shows_every_component_and_the_nodes(cluster: Cluster) -> None:
    lines = said("status").splitlines()
    states = dict(line.split(maxsplit=1) for line in lines if line.endswith(" running"))
    assert {"etcd", "apiserver", "scheduler", "controller-manager"} <= states.keys()
    assert {"node1/kubelet", "node2/containerd"} <= states.keys()
    assert [line.split()[:2] for line in lines[-2:]] == [["node1", "Ready"], ["node2", "Ready"]]


def test_the_kubeconfig_is_of_the_cluster_that_runs(cluster: Cluster) -> None:
    path = said("kubeconfig").strip()
    assert Path(path) == cluster.kubeconfig
    nodes = KubeApi(Path(path)).get("/api/v1/nodes")["items"]
    assert len(nodes) == 2


@pytest.mark.parametrize(
    ("component", "word"),
    [("etcd", "etcd"), ("node1/kubelet", "kubelet"), ("", "apiserver")],
)
def test_logs_are_shown_of_one_component_or_of_all(
    cluster: Cluster, component: str, word: str
) -> None:
    shown = said("logs", *([component] if component else []))
    assert word in shown
    assert len(shown.splitlines()) > 5


@pytest.mark.parametrize("component", ["scheduler", "controller-manager", "node1/kube-proxy"])
def test_verbs_are_carried_out_and_undone(faults: Faults, component: str) -> None:
    for verb, state in [
        ("freeze", "frozen"),
        ("continue", "running"),
        ("stop", "ended"),
        ("start", "running"),
        ("kill", "ended"),
        ("restart", "running"),
    ]:
        said(verb, component)
        assert faults.state(component) == state, verb


def test_a_node_is_cut_off_and_healed(faults: Faults, cluster: Cluster) -> None:
    said("cut", "node2")
    assert cluster.status()["node2"] == "running, cut off"
    said("heal", "node2")
    assert cluster.status()["node2"] == "running"


def test_the_store_is_compacted(faults: Faults, namespace: Namespace) -> None:
    path = f"{namespace.core}/configmaps"
    made = namespace.api.create(path, {"metadata": {"name": "new"}})
    assert int(said("compact")) >= int(made["metadata"]["resourceVersion"])


def test_the_proxy_takes_orders(faults: Faults, namespace: Namespace) -> None:
    kubeconfig = Path(said("proxy", "up").strip())
    rule = {"action": "fail", "verbs": ["get"], "resource": "configmaps", "status": 503}
    number = said("proxy", "add", json.dumps(rule)).strip()
    assert [json.loads(line)["action"] for line in said("proxy", "rules").splitlines()] == ["fail"]

    through = KubeApi(kubeconfig)
    path = f"{namespace.core}/configmaps/kube-root-ca.crt"
    until("its root certificate", lambda: namespace.api.raw("GET", path)[0] == 200)
    assert through.raw("GET", path)[0] == 503
    assert any("configmaps" in line for line in said("proxy", "log").splitlines())

    said("proxy", "remove", number)
    assert said("proxy", "rules") == ""
    assert through.raw("GET", path)[0] == 200


def test_an_order_that_lacks_something_is_one_line(faults: Faults) -> None:
    done = called("proxy", "add")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "cluster: `proxy add` needs other arguments\n"


def test_an_image_that_is_not_there_is_one_line(cluster: Cluster) -> None:
    done = called("load", "localhost/fairlead/nothing:at-all")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("cluster: ")
    assert "localhost/fairlead/nothing:at-all" in done.stderr
