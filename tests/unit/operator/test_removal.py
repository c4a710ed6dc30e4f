"""Deleting all Jobs: what is asked of the API server, and what is said of what stays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.unit.kubernetes.server import Exchange, Server

from fairlead.backends.kubernetes.rest import METADATA_ONLY, RestClient
from fairlead.errors import BackendUnavailableError
from fairlead_operator import removal

A_JOB = [{"kind": "Job", "name": "a"}]


def an_object(name: str, **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "team", "uid": f"uid-{name}", **metadata}}


class Shelf:
    """What a server has; with the last Job go all tasks, a look later.

    Attributes
    ----------
    held
        Whether nothing goes, as where no operator works.
    page
        How many objects it gives at most in one answer.
    """

    def __init__(self) -> None:
        self.objects: dict[str, list[dict[str, Any]]] = {"jobs": [], "tasks": [], "pods": []}
        self.held = False
        self.page = 500

    def __call__(self, exchange: Exchange) -> None:
        """Answer a request."""
        address = urlsplit(exchange.path)
        if exchange.command == "DELETE":
            plural, name = address.path.split("/")[-2:]
            if not self.held:
                kept = [one for one in self.objects[plural] if one["metadata"]["name"] != name]
                self.objects[plural] = kept
            exchange.answer(200, {})
            return
        plural = address.path.rpartition("/")[2]
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        begin = int(asked.get("continue", 0))
        end = begin + min(int(asked["limit"]), self.page)
        found = self.objects[plural]
        metadata = {"continue": str(end)} if end < len(found) else {}
        # As real ones do where only metadata is wanted.
        answer = {"items": found[begin:end] or None, "metadata": metadata}
        if plural == "tasks" and not self.objects["jobs"]:
            self.objects["tasks"] = []
        exchange.answer(200, answer)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def server(shelf: Shelf) -> Iterator[Server]:
    made = Server()
    made.script = [shelf]
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def rest(server: Server) -> Iterator[RestClient]:
    made = RestClient(server.connection)
    yield made
    made.close()


def of(server: Server, command: str, plural: str) -> list[Any]:
    """The requests about one kind."""
    return [
        one
        for one in server.seen
        if one.command == command and f"/{plural}" in urlsplit(one.path).path
    ]


def test_every_job_is_deleted_once_and_its_tasks_are_awaited(
    shelf: Shelf, server: Server, rest: RestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf.page = 2
    names = [f"job-{number}" for number in range(5)]
    shelf.objects["jobs"] = [an_object(name) for name in names]
    shelf.objects["tasks"] = [an_object("task")]
    removal.remove(rest, ["team"], 60)
    assert shelf.objects == {"jobs": [], "tasks": [], "pods": []}
    deleted = of(server, "DELETE", "jobs")
    assert [one.path.rpartition("/")[2] for one in deleted] == names
    assert deleted[0].body["preconditions"] == {"uid": "uid-job-0"}
    assert capsys.readouterr().out.splitlines() == [f"deleted job team/{name}" for name in names]
    assert len(of(server, "GET", "tasks")) > 1


def test_little_is_read_however_much_there_is(
    shelf: Shelf, server: Server, rest: RestClient
) -> None:
    shelf.held = True
    shelf.objects["jobs"] = [an_object("job", deletionTimestamp="2026-03-01T10:00:00Z")]
    shelf.objects["tasks"] = [an_object(f"task-{number}") for number in range(1000)]
    with pytest.raises(BackendUnavailableError):
        removal.remove(rest, [], 0)
    assert {one.headers["Accept"] for one in server.seen} == {METADATA_ONLY}
    assert of(server, "DELETE", "jobs") == []
    looks = len(of(server, "GET", "jobs"))
    tasks = of(server, "GET", "tasks")
    assert len(tasks) == looks, "one page of them each time"
    assert {parse_qs(urlsplit(one.path).query)["limit"][0] for one in tasks} == {"6"}


def test_some_of_what_stays_is_named(shelf: Shelf, rest: RestClient) -> None:
    shelf.held = True
    shelf.objects["jobs"] = [an_object("job")]
    shelf.objects["pods"] = [
        an_object("lent"),
        an_object("spare", ownerReferences=[{"kind": "MachineGroup", "name": "group"}]),
        an_object("runner", ownerReferences=A_JOB),
    ]
    with pytest.raises(BackendUnavailableError) as few:
        removal.remove(rest, ["team"], 0)
    assert "gone after 0 s: jobs team/job, pods team/runner; see whether" in str(few.value)

    shelf.objects["tasks"] = [an_object(f"task-{number}") for number in range(7)]
    with pytest.raises(BackendUnavailableError) as many:
        removal.remove(rest, ["team"], 0)
    named = ", ".join(f"tasks team/task-{number}" for number in range(4))
    assert f"0 s: jobs team/job, {named} and more; see whether" in str(many.value)
