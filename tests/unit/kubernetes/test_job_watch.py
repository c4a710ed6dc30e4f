"""Waiting for a job and its tasks by what a server tells of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any

import pytest
from tests.unit.kubernetes.objects import a_job, a_task, an_id, ended
from tests.unit.kubernetes.server import Exchange, Server

from fairlead.backends.kubernetes.errors import ForbiddenError
from fairlead.backends.kubernetes.rest import RestClient
from fairlead.backends.kubernetes.waits import Waits
from fairlead.errors import NotFoundError

Event = tuple[str, dict[str, Any]]


class Cluster:
    """A server that lists one job and its tasks, and tells what the test makes happen."""

    def __init__(self, server: Server, job: dict[str, Any], *tasks: dict[str, Any]) -> None:
        self.listed: dict[str, list[dict[str, Any]]] = {"jobs": [job], "tasks": list(tasks)}
        self.queues: dict[str, SimpleQueue[Event | None]] = {
            "jobs": SimpleQueue(), "tasks": SimpleQueue(),
        }  # fmt: skip
        server.script = [self.answer]

    def answer(self, exchange: Exchange) -> None:
        path, _, query = exchange.path.partition("?")
        plural = path.rpartition("/")[2]
        if "watch=true" not in query:
            body = {"items": self.listed[plural], "metadata": {"resourceVersion": "1"}}
            exchange.answer(200, body)
            return
        exchange.lines()
        while (event := self.queues[plural].get()) is not None:
            kind, item = event
            item["metadata"].setdefault("resourceVersion", "2")
            exchange.more({"type": kind, "object": item})
        exchange.end()

    def happens(self, plural: str, kind: str, item: dict[str, Any]) -> None:
        self.queues[plural].put((kind, item))

    def end(self) -> None:
        for queue in self.queues.values():
            queue.put(None)


@pytest.fixture
def cluster(server: Server) -> Iterator[Cluster]:
    made = Cluster(server, a_job(), a_task(id=an_id("a"), status={"state": "Running"}))
    yield made
    made.end()


@pytest.fixture
def waits(cluster: Cluster, rest: RestClient) -> Iterator[Waits]:
    made = Waits(rest, "team")
    yield made
    made.close()


def finished(run: int = 1, generation: int = 1, state: str = "Completed") -> dict[str, Any]:
    job = a_job(run=run, status={"state": state, "run": run})
    job["metadata"]["generation"] = generation
    return job


def test_a_job_is_over_once_its_run_has_ended(cluster: Cluster, waits: Waits) -> None:
    with waits.on(a_job()) as watch:
        assert not watch.wait(watch.job_is_over, 0.05)
        cluster.happens("jobs", "MODIFIED", finished())
        assert watch.wait(watch.job_is_over, 20)


def test_a_task_is_over_once_it_is_final_or_its_job_is(cluster: Cluster, waits: Waits) -> None:
    with waits.on(a_job()) as watch:
        cluster.happens("tasks", "MODIFIED", a_task(id=an_id("a"), status=ended()))
        assert watch.wait(lambda: watch.task_is_over(an_id("a")), 20)
        assert not watch.task_is_over(an_id("b"))
        cluster.happens("jobs", "MODIFIED", finished(state="Failed"))
        assert watch.wait(lambda: watch.task_is_over(an_id("b")), 20)


def test_what_was_fetched_later_counts_more_than_what_was_seen(
    cluster: Cluster, waits: Waits
) -> None:
    cluster.listed["jobs"] = [finished(state="Failed")]
    with waits.on(finished(state="Failed")) as watch:
        assert watch.wait(watch.job_is_over, 20)
        retried = a_job(run=2, status={"state": "Failed", "run": 1})
        retried["metadata"]["generation"] = 2
        watch.refresh(retried)
        assert not watch.wait(watch.job_is_over, 0.05)
        cluster.happens("jobs", "MODIFIED", finished(run=2, generation=2))
        assert watch.wait(watch.job_is_over, 20)


def test_a_deleted_job_is_told(cluster: Cluster, waits: Waits) -> None:
    with waits.on(a_job()) as watch:
        cluster.happens("jobs", "DELETED", a_job())
        with pytest.raises(NotFoundError, match="was deleted"):
            watch.wait(watch.job_is_over, 20)


def test_another_job_of_the_same_name_is_another_one(cluster: Cluster, waits: Waits) -> None:
    other = finished()
    other["metadata"]["uid"] = "another"
    cluster.listed["jobs"] = [other]
    with waits.on(a_job()) as watch, pytest.raises(NotFoundError):
        watch.wait(watch.job_is_over, 20)


def test_callbacks_come_once_and_at_once_for_what_is_over(cluster: Cluster, waits: Waits) -> None:
    called: SimpleQueue[str] = SimpleQueue()
    for name in "xy":
        waits.call_at_end(a_job(), an_id("a"), lambda name=name: called.put(name))  # type: ignore[misc]
    cluster.happens("tasks", "MODIFIED", a_task(id=an_id("a"), status=ended()))
    assert {called.get(timeout=20), called.get(timeout=20)} == {"x", "y"}

    with waits.on(a_job()) as watch:
        watch.wait(lambda: watch.task_is_over(an_id("a")), 20)
        waits.call_at_end(a_job(), an_id("a"), lambda: called.put("z"))
        assert called.get(timeout=20) == "z"
    assert called.empty()


def test_all_who_wait_for_a_job_share_its_watch(
    cluster: Cluster, waits: Waits, server: Server
) -> None:
    over = threading.Barrier(6)

    def wait() -> None:
        with waits.on(a_job()) as watch:
            watch.wait(watch.job_is_over, 20)
        over.wait(20)

    def watched() -> int:
        return sum("watch=true" in one.path for one in server.seen)

    for _ in range(5):
        threading.Thread(target=wait, daemon=True).start()
    with waits.on(a_job()) as watch:
        assert watch.wait(lambda: watch.users == 6 and watched() >= 2, 20)
        cluster.happens("jobs", "MODIFIED", finished())
    over.wait(20)
    assert watched() == 2, "one of the job, one of its tasks"


def test_what_the_cluster_does_not_allow_is_told_to_who_waits(
    cluster: Cluster, waits: Waits, server: Server
) -> None:
    server.script = [lambda exchange: exchange.answer(403, {"message": "no"})]
    with waits.on(a_job()) as watch, pytest.raises(ForbiddenError):
        watch.wait(watch.job_is_over, 20)


def test_who_waits_gets_any_error_that_ends_the_watch(cluster: Cluster, waits: Waits) -> None:
    with waits.on(a_job()) as watch:
        cluster.happens("tasks", "MODIFIED", {"metadata": {"name": "without anything else"}})
        with pytest.raises(KeyError):
            watch.wait(watch.job_is_over, 20)
