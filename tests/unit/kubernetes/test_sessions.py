"""Adding tasks to an open job, and how many it is closed with where some were not created."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.unit.kubernetes.objects import a_job, a_task, an_id
from tests.unit.kubernetes.server import Exchange, Server

from fairlead.api import labels
from fairlead.api.constants import MAX_INLINE
from fairlead.backends.kubernetes.backend import KubernetesBackend
from fairlead.backends.kubernetes.errors import ForbiddenError
from fairlead.backends.kubernetes.rest import RestClient
from fairlead.backends.kubernetes.words import uid_of
from fairlead.errors import InvalidRequestError, JobBusyError
from fairlead.sdk.backend import NewTask

SESSION = an_id("j")


def a_new_task(letter: str, **changes: Any) -> NewTask:
    fields: dict[str, Any] = {"source": None, "input": b"{}", **changes}
    return NewTask(an_id(letter), "sessions.example/Step", "v0.0", **fields)


class Cluster:
    """A server that keeps one open job and its Tasks, and refuses those whose ids it is told."""

    def __init__(self, server: Server) -> None:
        self.job = a_job(id=SESSION)
        self.tasks: list[dict[str, Any]] = []
        self.forbidden: set[str] = set()
        self._guard = threading.Lock()
        server.script = [self.answer]

    def answer(self, exchange: Exchange) -> None:
        url = urlsplit(exchange.path)
        with self._guard:
            status, body = self._answer(exchange, url.path.split("/")[-1], parse_qs(url.query))
        exchange.answer(status, body)

    def _answer(self, exchange: Exchange, last: str, query: dict[str, list[str]]) -> Any:
        sent = exchange.server.seen[-1].body
        if exchange.command == "POST":
            return self._create(sent)
        if exchange.command == "PATCH":
            self.job["spec"] |= sent["spec"]
            self.job["metadata"]["generation"] += 1
            self.job["status"]["observedGeneration"] = self.job["metadata"]["generation"]
            return 200, self.job
        if last == "a-job":
            return 200, self.job
        found = [self.job] if last == "jobs" else self._selected(query["labelSelector"][0])
        return 200, {"items": found, "metadata": {"resourceVersion": "1"}}

    def _create(self, task: dict[str, Any]) -> Any:
        if task["spec"]["id"] in self.forbidden:
            return 403, {"kind": "Status", "reason": "Forbidden", "message": "exceeded quota: few"}
        self.tasks.append(task)
        return 201, task

    def _selected(self, selector: str) -> list[dict[str, Any]]:
        name, _, value = selector.partition("=")
        return [task for task in self.tasks if task["metadata"]["labels"].get(name) == value]

    @property
    def closed(self) -> Any:
        return self.job["spec"].get("closed")

    @property
    def keys(self) -> list[str]:
        return sorted(task["spec"]["key"] for task in self.tasks)


@pytest.fixture
def cluster(server: Server) -> Cluster:
    return Cluster(server)


@pytest.fixture
def backend(
    cluster: Cluster, rest: RestClient, monkeypatch: pytest.MonkeyPatch
) -> Iterator[KubernetesBackend]:
    for name in ("FAIRLEAD_STORE", "FAIRLEAD_RELEASE"):
        monkeypatch.delenv(name, raising=False)
    made = KubernetesBackend(rest, "team")
    made.open_jobs.opened(cluster.job, None)
    yield made
    made.open_jobs.forget(SESSION)
    made.close()


def test_a_session_is_closed_with_the_number_of_its_tasks(
    cluster: Cluster, backend: KubernetesBackend
) -> None:
    backend.add_tasks(SESSION, [a_new_task("a")])
    backend.add_tasks(SESSION, [a_new_task("b", depends_on=(an_id("a"),)), a_new_task("c")])
    backend.close_job(SESSION)

    assert cluster.keys == ["0", "1", "2"]
    assert cluster.closed == {"tasks": 3}


def test_a_task_that_could_not_be_written_does_not_count(
    cluster: Cluster, backend: KubernetesBackend
) -> None:
    large = a_new_task("b", input=b'"' + b"x" * MAX_INLINE + b'"')
    backend.add_tasks(SESSION, [a_new_task("a")])
    with pytest.raises(InvalidRequestError, match="FAIRLEAD_STORE"):
        backend.add_tasks(SESSION, [large])
    backend.add_tasks(SESSION, [a_new_task("c")])
    backend.close_job(SESSION)

    assert cluster.keys == ["0", "1"]
    assert cluster.closed == {"tasks": 2}


@pytest.mark.parametrize("others", ["", "cdefg"], ids=["alone", "one of several"])
def test_a_task_that_the_cluster_refused_does_not_count(
    cluster: Cluster, backend: KubernetesBackend, others: str
) -> None:
    cluster.forbidden = {an_id("b")}
    backend.add_tasks(SESSION, [a_new_task("a")])
    with pytest.raises(ForbiddenError):
        backend.add_tasks(SESSION, [a_new_task(letter) for letter in "b" + others])
    backend.add_tasks(SESSION, [a_new_task("z")])
    backend.close_job(SESSION)

    assert len(set(cluster.keys)) == len(cluster.tasks)
    assert cluster.closed == {"tasks": len(cluster.tasks)}


def test_only_top_level_tasks_count(cluster: Cluster, backend: KubernetesBackend) -> None:
    cluster.forbidden = {an_id("b")}
    backend.add_tasks(SESSION, [a_new_task("a")])
    with pytest.raises(ForbiddenError):
        backend.add_tasks(SESSION, [a_new_task("b")])
    subtask = a_task("0", parent=a_task("0", uid="parent"))
    subtask["metadata"]["labels"][labels.JOB_UID] = uid_of(cluster.job)
    cluster.tasks.append(subtask)
    backend.close_job(SESSION)

    assert cluster.closed == {"tasks": 1}


def test_a_program_that_ends_counts_what_was_created(
    cluster: Cluster, backend: KubernetesBackend
) -> None:
    cluster.forbidden = {an_id("b")}
    with pytest.raises(ForbiddenError):
        backend.add_tasks(SESSION, [a_new_task("b")])
    backend.open_jobs.abandon()

    assert cluster.job["spec"]["desired"] == "Cancelled"
    assert cluster.closed == {"tasks": 0}


def test_a_closed_session_takes_no_tasks(cluster: Cluster, backend: KubernetesBackend) -> None:
    backend.close_job(SESSION)
    with pytest.raises(JobBusyError):
        backend.add_tasks(SESSION, [a_new_task("a")])

    assert not cluster.tasks
    assert cluster.closed == {"tasks": 0}
