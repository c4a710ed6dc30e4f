"""pytest fixtures: one cluster for the session, one namespace for each test.

Where no cluster can be had, tests that ask for one are skipped with the reason, and fail
where ``CI`` is set. When a test fails, the events, objects and logs of its namespace are
printed with the failure.

A ``conftest.py`` gets them by importing the names in ``__all__``.
"""

import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, NoReturn

import pytest
from tests.cluster import images, packages, parts
from tests.cluster.kubeapi import ApiError, KubeApi, Object, until
from tests.cluster.lock import locked
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.native.faults import Faults
from tests.cluster.native.layout import POOL_LABEL
from tests.cluster.provider import CHOICE, Cluster, choose
from tests.cluster.proxy.client import ProxyClient
from tests.cluster.shell import ClusterError, UnsupportedError, run

__all__ = [
    "Namespace",
    "cluster",
    "cluster_turn",
    "faults",
    "namespace",
    "proxy",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_runtest_makereport",
    "scale_cluster",
]

FAILED = pytest.StashKey[bool]()
TURN = "FAIRLEAD_CLUSTER_TURN"
"""Variable that tells child processes that their parent has the turn."""

_turns = 0
"""How many fixtures of this process have the turn."""

TURN_SECONDS = 7200
"""How long a process waits for another one that is running tests of a cluster."""

SETTINGS = {
    name: value
    for name, value in os.environ.items()
    if name.startswith("FAIRLEAD_CLUSTER") or name == images.BASE_VARIABLE
}
"""The caller's settings of the cluster. They are read when this module is imported, because
tests of the product hide all of the caller's settings before they begin."""


def in_ci() -> bool:
    """Whether this is a run whose result counts, where nothing may be skipped."""
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


def cannot(reason: object) -> NoReturn:
    """Skip the test that needs what cannot be had; in CI, fail it."""
    if in_ci():
        pytest.fail(f"CI must have a cluster: {reason}", pytrace=False)
    pytest.skip(f"no cluster: {reason}")


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark that tests of a cluster get."""
    config.addinivalue_line("markers", "cluster: needs a Kubernetes cluster; set by itself")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of a cluster, so that `-m cluster` chooses them, and put them first.

    First, because they take longest, and because several processes that share the tests
    then leave them to one of their number for as long as there is other work.

    Where tests have a time limit, it counts from when the test itself begins: before that
    it may wait for its turn or for a cluster, both of which end by themselves.
    """
    first = []
    for item in items:
        if "cluster_turn" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.cluster)
            if item.config.pluginmanager.hasplugin("timeout"):
                item.add_marker(pytest.mark.timeout(func_only=True))
            first.append(item)
    others = [item for item in items if item not in set(first)]
    items[:] = [*first, *others]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note on the test itself whether one of its phases failed."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture(scope="session")
def cluster_turn() -> Iterator[None]:
    """This process's turn to run tests of a cluster, with the caller's settings of it.

    Faults that one process injects must not hit the tests of another. Processes that this
    one starts share its turn. Where no cluster can be had, nobody waits to be told so.
    """
    global _turns
    shared = SETTINGS.get(TURN) == "taken"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**SETTINGS, TURN: "taken"}.items():
            patch.setenv(name, value)
        try:
            choose()
        except UnsupportedError as reason:
            cannot(reason)
        # Each folder of tests that imports this fixture makes its own of it.
        shared = shared or _turns > 0
        with nullcontext() if shared else locked("tests of a cluster", TURN_SECONDS):
            _turns += 1
            try:
                yield
            finally:
                _turns -= 1


@pytest.fixture(scope="session")
def cluster(cluster_turn: None) -> Iterator[Cluster]:
    """A cluster that is up. One that was up before stays up afterwards."""
    try:
        found = choose()
    except UnsupportedError as reason:
        cannot(reason)
    was_up = found.is_up()
    try:
        _bring_up(found)
        yield found
    finally:
        if not was_up:
            found.down()


def _bring_up(found: Cluster) -> None:
    try:
        _check_built(found)
        found.build()
        found.up()
    except UnsupportedError as reason:
        cannot(reason)
    if isinstance(found, NativeCluster):
        # Tests that were killed may have left something frozen or cut off.
        found.faults.restore()


def _check_built(found: Cluster) -> None:
    """A run of tests on a laptop must not turn into a build of many minutes unasked."""
    if found.provider != "native" or in_ci() or os.environ.get(CHOICE) == "native":
        return
    absent = [*packages.absent(), *parts.missing()]
    if absent:
        names = ", ".join(absent)
        raise UnsupportedError(
            f"run `{CHOICE}=native make cluster` once to build what is missing: {names}"
        )


@pytest.fixture(scope="session")
def scale_cluster(cluster_turn: None) -> Iterator[Cluster]:
    """A cluster of its own with a real control plane and 50 nodes that kwok plays."""
    made = NativeCluster("tests-scale", nodes=0, fake_nodes=50)
    try:
        made.check()
    except UnsupportedError as reason:
        cannot(reason)
    try:
        _bring_up(made)
        yield made
    finally:
        made.down()


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
        where = ["--kubeconfig", self.cluster.kubeconfig, "--namespace", self.name]
        command = [self.cluster.kubectl, *where, *words]
        return run(command, env=self.cluster.environment, timeout=timeout)

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
        title = f"--- kubectl {' '.join(words)}"
        try:
            return f"{title}\n{self.kubectl(*words, '--request-timeout=10s')}"
        except ClusterError as problem:
            return f"{title}\n{problem}"


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


@pytest.fixture
def namespace(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Namespace]:
    """An empty namespace under the restricted profile, removed after the test."""
    api = KubeApi(cluster.kubeconfig)
    labels = {"pod-security.kubernetes.io/enforce": "restricted", "fairlead.dev/test": "true"}
    metadata = {"generateName": "test-", "labels": labels}
    made = api.create("/api/v1/namespaces", {"metadata": metadata})
    own = Namespace(made["metadata"]["name"], cluster, api)
    try:
        _wait_account(own)
        yield own
        if request.node.stash.get(FAILED, False):
            width = shutil.get_terminal_size().columns
            print(f"{' namespace ' + own.name + ' ':-^{width}}\n{own.report()}")
    finally:
        api.close()
        KubeApi(cluster.kubeconfig).delete(f"/api/v1/namespaces/{own.name}")


def _wait_account(own: Namespace) -> None:
    """Pods are refused until the namespace has its default account."""

    def there() -> bool:
        try:
            return bool(own.api.get(f"{own.core}/serviceaccounts/default"))
        except ApiError:
            return False

    until("the namespace's default account", there, timeout=30, every=0.02)


@pytest.fixture
def faults(cluster: Cluster, namespace: Namespace) -> Iterator[Faults]:
    """The fault verbs of the cluster.

    What a test breaks is mended after it, and only then is its namespace removed.
    """
    try:
        verbs = cluster.faults
    except UnsupportedError as reason:
        cannot(reason)
    yield verbs
    verbs.restore()


@pytest.fixture
def proxy(faults: Faults) -> ProxyClient:
    """The fault proxy in front of the cluster's API server, without any rule."""
    client = faults.proxy()
    client.remove()
    return client
