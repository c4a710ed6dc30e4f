"""The law is the same everywhere: each scenario runs on every place where tasks can run."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.contract.onsite import let_runners_submit, swept
from tests.site.fixtures import Site, site, site_base

from fairlead import Client, Job

__all__ = ["site", "site_base"]

# Worker processes import the programs of these tests by name.
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(__file__))))


class Place(NamedTuple):
    """A backend, and the environment that says how tasks run on it."""

    backend: str
    environment: dict[str, str]


CLUSTER = "kubernetes"

PLACES = {
    "threads": Place("local", {"FAIRLEAD_WORKERS": "threads:4"}),
    "processes": Place("local", {"FAIRLEAD_WORKERS": "processes:2"}),
    # Runners stay warm from one scenario to the next, which else would take most of the time.
    CLUSTER: Place("kubernetes", {"FAIRLEAD_REUSE": "AcrossJobs"}),
}
"""Where the contract holds.  Every test that asks for a client runs in each of them."""


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark of what only a program that runs its own jobs can show."""
    config.addinivalue_line("markers", "laptop_only(reason): is about jobs this program runs")


@pytest.fixture(
    params=[
        pytest.param(name, marks=[pytest.mark.cluster] if name == CLUSTER else [])
        for name in PLACES
    ]
)
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return one of the places, the environment set for it."""
    chosen = PLACES[request.param]
    if request.param == CLUSTER:
        about = request.node.get_closest_marker("laptop_only")
        if about is not None:
            pytest.skip(about.args[0])
        found: Site = request.getfixturevalue("site")
        chosen = Place(chosen.backend, chosen.environment | found.environment)
    monkeypatch.setenv("FAIRLEAD_BACKEND", chosen.backend)
    monkeypatch.setenv("FAIRLEAD_GRACE", "5")
    for name, value in chosen.environment.items():
        monkeypatch.setenv(name, value)
    return chosen


@pytest.fixture
def client(place: Place, request: pytest.FixtureRequest) -> Iterator[Client]:
    """Return a client of that place; whatever still runs is ended after the test."""
    client = Client()
    if place.backend != CLUSTER:
        yield client
        _close(client)
        return
    found: Site = request.getfixturevalue("site")
    let_runners_submit(found)
    with swept(found):
        yield client
        _close(client)


def _close(client: Client) -> None:
    backend: Any = client.backend
    backend.close()


@pytest.fixture
def tmp_path(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Return a folder for the test, which tasks see under the same path wherever they run."""
    callspec = getattr(request.node, "callspec", None)
    if callspec is None or callspec.params.get("place") != CLUSTER:
        yield tmp_path_factory.mktemp("contract")
        return
    request.getfixturevalue("place")
    found: Site = request.getfixturevalue("site")
    folder = Path(tempfile.mkdtemp(prefix="contract-", dir=found.shared))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


BEGINS_AT_ONCE = "a cluster begins a job as soon as it is there"
"""Why a scenario is not one of a cluster: it changes a job before anybody runs it."""


def not_begun(client: Client) -> set[str]:
    """Return the states of a job that nobody has waited for: a cluster begins by itself."""
    return {"QUEUED", "RUNNING", "COMPLETED"} if on_a_cluster(client) else {"QUEUED"}


def on_a_cluster(client: Client) -> bool:
    """Return whether jobs run elsewhere, where every task takes as long as its messages."""
    return type(client.backend).__name__ == "KubernetesBackend"


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """Return a gate that holds tasks; it is opened after the test at the latest."""
    made = Gate(tmp_path / "gate")
    yield made
    made.open()


class Gate:
    """A file that tasks wait for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    def open(self) -> None:
        """Let the tasks go on."""
        self.path.touch()

    def reached(self) -> None:
        """Return once a task waits."""
        until(self.path.with_name(self.path.name + ".reached").exists)


def run(client: Client, does: dict[str, Any], **options: Any) -> Job:
    """Run a job of one Step to its end."""
    from .programs.steps import Root

    return client.jobs().submit("scenario", Root(does), **options).wait(timeout=60)


def begin(client: Client, does: dict[str, Any], **options: Any) -> Job:
    """Begin to run a job of one Step, and return while it runs."""
    from .programs.steps import Root

    job = client.jobs().submit("scenario", Root(does), **options)
    drive(job)
    return job


def drive(job: Job) -> None:
    """Have a job driven while the test looks on; return once it has begun."""
    threading.Thread(target=job.wait, daemon=True).start()
    until(lambda: job.state.value != "QUEUED")


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Return once the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it has not happened in time"
        time.sleep(0.005)


def states(job: Job) -> dict[str, str]:
    """Return the state of each task by its identifier."""
    found = {task.identifier: task.state.value for task in job.tasks()}
    assert len(found) == len(job.tasks()), "several tasks have one identifier"
    return found


def executions(client: Client, job: Job) -> dict[str, int]:
    """Return how often each task was executed, by its identifier."""
    return {task.identifier: len(client.backend.attempts(task.id)) for task in job.tasks()}
