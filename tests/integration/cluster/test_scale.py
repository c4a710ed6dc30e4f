"""A cluster with fake nodes carries thousands of pods."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.cluster.kubeapi import KubeApi, Object, until
from tests.cluster.native.layout import POOL_LABEL
from tests.cluster.provider import Cluster

PODS = 2_000
CLIENTS = 8
NAMESPACE = "/api/v1/namespaces/default"


def fake_pod(name: str, **annotations: str) -> Object:
    """A pod that only a fake node takes."""
    return {
        "metadata": {"name": name, "annotations": annotations},
        "spec": {
            "nodeSelector": {POOL_LABEL: "fake"},
            "tolerations": [{"key": POOL_LABEL, "operator": "Exists"}],
            "containers": [{"name": "main", "image": "none"}],
        },
    }


def create_all(cluster: Cluster, names: list[str]) -> None:
    """Create pods over several connections at a time."""

    def create_some(some: list[str]) -> None:
        api = KubeApi(cluster.kubeconfig)
        for name in some:
            api.create(f"{NAMESPACE}/pods", fake_pod(name))
        api.close()

    with ThreadPoolExecutor(max_workers=CLIENTS) as pool:
        list(pool.map(create_some, [names[first::CLIENTS] for first in range(CLIENTS)]))


def test_two_thousand_fake_pods_run(scale_cluster: Cluster) -> None:
    api = KubeApi(scale_cluster.kubeconfig, timeout=120)
    until("the account", lambda: api.get(f"{NAMESPACE}/serviceaccounts/default"), timeout=30)
    names = [f"load-{number:05d}" for number in range(PODS)]

    started = time.monotonic()
    create_all(scale_cluster, names)
    created = time.monotonic() - started

    def phases() -> Counter[str]:
        items = api.get(f"{NAMESPACE}/pods", resourceVersion="0")["items"]
        return Counter(item["status"].get("phase", "") for item in items)

    until("all pods run", lambda: phases()["Running"] == PODS, timeout=300, every=1)
    running = time.monotonic() - started
    print(f"{PODS} pods: created after {created:.1f} s, Running after {running:.1f} s")

    items = api.get(f"{NAMESPACE}/pods")["items"]
    assert {item["metadata"]["name"] for item in items} == set(names)
    assert all(item["spec"]["nodeName"].startswith("fake-") for item in items)

    api.delete(f"{NAMESPACE}/pods", gracePeriodSeconds=0)
    until("all pods are gone", lambda: phases().total() == 0, timeout=300, every=1)


def test_a_fake_pod_that_asks_for_it_ends_well(scale_cluster: Cluster) -> None:
    api = KubeApi(scale_cluster.kubeconfig)
    until("the account", lambda: api.get(f"{NAMESPACE}/serviceaccounts/default"), timeout=30)
    pod = fake_pod("ending", **{"tests.fairlead.dev/complete": "true"})
    api.create(f"{NAMESPACE}/pods", pod)

    def ended() -> bool:
        return bool(api.get(f"{NAMESPACE}/pods/ending")["status"].get("phase") == "Succeeded")

    assert until("the pod's end", ended, timeout=30)
    api.delete(f"{NAMESPACE}/pods/ending")
