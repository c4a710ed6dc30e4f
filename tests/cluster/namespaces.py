"""Namespaces for one test, or for a few that share one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.cluster import images
from tests.cluster.kubeapi import ApiError, KubeApi, Object, until
from tests.cluster.kubectl import kubectl, tried
from tests.cluster.native.layout import POOL_LABEL
from tests.cluster.provider import Cluster
from tests.cluster.shell import ClusterError


@dataclass
class Namespace:
    """A namespace for one test, removed after it.

    Attributes
    ----------
    name
        Its name.
    cluster
        The cluster it is in.
    api
        A client, for this thread.
    """

    name: str
    cluster: Cluster
    api: KubeApi
    core: str = field(init=False)

    def __post_init__(self) -> None:
        self.core = f"/api/v1/namespaces/{self.name}"

    def kubectl(self, *words: str, timeout: float = 60) -> str:
        """What kubectl prints when it is run in this namespace."""
        return kubectl(self.cluster, *words, namespace=self.name, timeout=timeout)

    def wait_account(self) -> None:
        """Wait until the namespace has its default account; pods are refused before."""

        def there() -> bool:
            try:
                return bool(self.api.get(f"{self.core}/serviceaccounts/default"))
            except ApiError:
                return False

        until("the namespace's default account", there, timeout=30, every=0.02)

    def run_pod(self, name: str, *args: str, pool: str = "", **spec: Any) -> Object:
        """Create a pod of the test image that fits the restricted profile.

        Parameters
        ----------
        args
            What the probe is to do.
        pool
            The node pool to run in; any, if none is given.
        spec
            More of the pod's spec.
        """
        return dict(
            self.api.create(f"{self.core}/pods", restricted_pod(name, args, pool=pool, **spec))
        )

    def pod(self, name: str) -> Object:
        """A pod as it is now."""
        return dict(self.api.get(f"{self.core}/pods/{name}"))

    def wait_phase(self, name: str, *phases: str, timeout: float = 60) -> Object:
        """Wait until a pod is in one of some phases."""

        def reached() -> Object | None:
            found = self.pod(name)
            return found if found["status"].get("phase") in phases else None

        return until(f"pod {name} is {' or '.join(phases)}", reached, timeout=timeout)

    def wait_said(self, name: str, text: str, timeout: float = 60) -> None:
        """Wait until a pod has written some text to its log."""
        self.wait_phase(name, "Running", "Succeeded", timeout=timeout)
        until(f"{name} says {text!r}", lambda: text in self.kubectl("logs", name), timeout=timeout)

    def report(self) -> str:
        """Everything worth reading about the namespace after a failure."""
        kinds = "pods,services,configmaps,serviceaccounts,jobs.batch"
        parts = [
            self._try("get", "events", "--sort-by=.lastTimestamp"),
            self._try("get", kinds, "--output=wide"),
            self._try("describe", "pods"),
        ]
        try:
            for item in self.api.get(f"{self.core}/pods")["items"]:
                name = item["metadata"]["name"]
                parts.append(self._try("logs", name, "--all-containers", "--tail=200"))
        except (ClusterError, OSError) as problem:
            parts.append(f"pods cannot be listed: {problem}")
        return "\n".join(parts)

    def _try(self, *words: str) -> str:
        return tried(self.cluster, *words, namespace=self.name)


def restricted_pod(name: str, args: tuple[str, ...], *, pool: str = "", **spec: Any) -> Object:
    """A pod of the test image that asks for no privilege whatever."""
    container = {
        "name": "main",
        "image": images.probe().name,
        "imagePullPolicy": "IfNotPresent",
        "args": list(args),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
    }
    where: Object = {}
    if pool:
        tolerated = {"key": POOL_LABEL, "operator": "Equal", "value": pool}
        where = {"nodeSelector": {POOL_LABEL: pool}, "tolerations": [tolerated]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 1,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [container],
            **where,
            **spec,
        },
    }


@contextmanager
def temporary(
    cluster: Cluster, prefix: str = "test", *, restricted: bool = True, ready: bool = True
) -> Iterator[Namespace]:
    """A namespace that is removed after the block.

    Parameters
    ----------
    prefix
        What its name begins with.
    restricted
        Whether it is under the restricted profile.
    ready
        Whether to wait until pods are accepted. After an outage of the API server it takes
        the controllers half a minute to come to that.
    """
    labels = {"fairlead.dev/test": "true"}
    if restricted:
        labels["pod-security.kubernetes.io/enforce"] = "restricted"
    metadata = {"generateName": f"{prefix}-", "labels": labels}
    api = KubeApi(cluster.kubeconfig)
    made = api.create("/api/v1/namespaces", {"metadata": metadata})
    own = Namespace(made["metadata"]["name"], cluster, api)
    try:
        if ready:
            own.wait_account()
        yield own
    finally:
        api.close()
        # The test may have closed or lost the other connection.
        KubeApi(cluster.kubeconfig).delete(f"/api/v1/namespaces/{own.name}")
