"""A plugin for pytest: one cluster for the session, one namespace for each test.

Where no cluster can be had, tests that ask for one are skipped with the reason, and fail
where ``CI`` is set. When a test fails, the events, objects and logs of its namespace are
printed with the failure.

The ``conftest.py`` of all tests names it in ``pytest_plugins``.
"""

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from itertools import chain
from typing import NoReturn

import pytest
from tests.cluster import images, packages, parts
from tests.cluster.lock import locked
from tests.cluster.namespaces import Namespace, temporary
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.native.faults import Faults
from tests.cluster.provider import CHOICE, Cluster, choose
from tests.cluster.proxy.client import ProxyClient
from tests.cluster.shell import UnsupportedError

FAILED = pytest.StashKey[bool]()

TOLD = pytest.StashKey[tuple[str, Callable[[], str]]]()
"""What a failed test's report shows besides: a title, and what writes the text."""

NOT_RUN = "not run"
"""Property of a test's report: what could not be tried. The last lines of a run tell it."""

TURN = "FAIRLEAD_CLUSTER_TURN"
"""Variable that tells child processes that their parent has the turn."""

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
    first, others = [], []
    for item in items:
        if "cluster_turn" not in getattr(item, "fixturenames", ()):
            others.append(item)
            continue
        item.add_marker(pytest.mark.cluster)
        if item.config.pluginmanager.hasplugin("timeout"):
            item.add_marker(pytest.mark.timeout(func_only=True))
        first.append(item)
    items[:] = [*first, *others]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note on a test that it failed; look at what it used before that is cleared away."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
        if TOLD in item.stash and report.when in ("setup", "call"):
            title, tell = item.stash[TOLD]
            report.sections.append((title, tell()))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what tests could not try, also those of other processes: a line for each."""
    reports = chain.from_iterable(terminalreporter.stats.values())
    noted = chain.from_iterable(getattr(report, "user_properties", ()) for report in reports)
    for what in sorted({text for name, text in noted if name == NOT_RUN}):
        terminalreporter.write_line(f"{NOT_RUN}: {what}")


@pytest.fixture
def not_run(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Note what the test could not try here, in words for the end of the run.

    For what is up to the cluster and beyond what it promises to tests: everything else that
    cannot be had fails in CI.
    """

    def note(what: str) -> None:
        request.node.user_properties.append((NOT_RUN, what))

    return note


@pytest.fixture(scope="session")
def cluster_turn() -> Iterator[None]:
    """This process's turn to run tests of a cluster, with the caller's settings of it.

    Faults that one process injects must not hit the tests of another. Processes that this
    one starts share its turn. Where no cluster can be had, nobody waits to be told so.
    """
    shared = SETTINGS.get(TURN) == "taken"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**SETTINGS, TURN: "taken"}.items():
            patch.setenv(name, value)
        try:
            choose()
        except UnsupportedError as reason:
            cannot(reason)
        with nullcontext() if shared else locked("tests of a cluster", TURN_SECONDS):
            yield


@pytest.fixture(scope="session")
def cluster(cluster_turn: None) -> Iterator[Cluster]:
    """A cluster that is up. One that was up before stays up afterwards."""
    found = choose()
    with brought_up(found):
        yield found


@contextmanager
def brought_up(found: Cluster) -> Iterator[None]:
    """Start a cluster for tests, which are skipped where it cannot be had."""
    with ExitStack() as stack:
        try:
            found.check()
            _check_built(found)
            stack.enter_context(found.running())
        except UnsupportedError as reason:
            cannot(reason)
        if isinstance(found, NativeCluster):
            # Tests that were killed may have left something frozen or cut off.
            found.faults.restore()
        yield


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
        with brought_up(made):
            yield made
    finally:
        made.down()


@pytest.fixture
def namespace(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Namespace]:
    """An empty namespace under the restricted profile, removed after the test."""
    with temporary(cluster) as own:
        yield own
        if request.node.stash.get(FAILED, False):
            width = shutil.get_terminal_size().columns
            print(f"{' namespace ' + own.name + ' ':-^{width}}\n{own.report()}")


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
