"""Following objects: through the end of a watch, disconnections and lost history."""

from __future__ import annotations

from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any

import pytest
from tests.unit.kubernetes.server import Exchange, Server

from fairlead.backends.kubernetes.errors import ForbiddenError
from fairlead.backends.kubernetes.feed import Feed, Selection, Sink
from fairlead.backends.kubernetes.kinds import TASKS
from fairlead.backends.kubernetes.rest import RestClient


def an(name: str, version: int) -> dict[str, Any]:
    return {"metadata": {"name": name, "resourceVersion": str(version)}}


def listing(version: int, *names: str) -> Any:
    body = {"items": [an(name, 1) for name in names]}
    return lambda exchange: exchange.answer(
        200, {**body, "metadata": {"resourceVersion": str(version)}}
    )


def watch(*events: tuple[str, Any], end: bool = True) -> Any:
    def answer(exchange: Exchange) -> None:
        exchange.lines(*({"type": kind, "object": item} for kind, item in events))
        if end:
            exchange.end()
        else:
            exchange.hang_up()

    return answer


def stay(exchange: Exchange) -> None:
    """Begin to answer, and wait until the other end has had enough."""
    exchange.lines()
    exchange.rfile.read(1)
    exchange.hang_up()


class Told:
    """Everything that a feed has told, in order."""

    def __init__(self) -> None:
        self.queue: SimpleQueue[Any] = SimpleQueue()
        self.sink = Sink(
            listed=lambda items: self.queue.put(["list", *map(name, items)]),
            seen=lambda item: self.queue.put(["seen", name(item)]),
            gone=lambda item: self.queue.put(["gone", name(item)]),
            failed=self.queue.put,
        )

    def next(self) -> Any:
        return self.queue.get(timeout=20)


def name(item: Any) -> str:
    return str(item["metadata"]["name"])


@pytest.fixture
def told(server: Server, rest: RestClient) -> Iterator[Told]:
    made = Told()
    feed = Feed(rest, Selection(TASKS, "team", labels="a=b"), made.sink)
    server.script = [stay]
    made.start = feed.start  # type: ignore[attr-defined]
    yield made
    feed.stop()


def test_a_listing_and_what_happens_from_then_on(server: Server, told: Any) -> None:
    events = [("ADDED", an("c", 8)), ("MODIFIED", an("a", 9)), ("DELETED", an("b", 10))]
    server.script = [listing(7, "a", "b"), watch(*events), stay]
    told.start()

    assert [told.next() for _ in range(4)] == [
        ["list", "a", "b"], ["seen", "c"], ["seen", "a"], ["gone", "b"],
    ]  # fmt: skip
    assert "resourceVersion=7" in server.seen[1].path
    assert "labelSelector=a%3Db" in server.seen[1].path


@pytest.mark.parametrize("end", [True, False], ids=["it ends", "it breaks off"])
def test_it_goes_on_where_a_watch_has_ended(server: Server, told: Any, end: bool) -> None:
    marked = ("BOOKMARK", an("", 20))
    server.script = [
        listing(7),
        watch(("ADDED", an("a", 8)), marked, end=end),
        watch(("ADDED", an("b", 21))),
        stay,
    ]
    told.start()

    assert [told.next() for _ in range(3)] == [["list"], ["seen", "a"], ["seen", "b"]]
    assert "resourceVersion=20" in server.seen[2].path


def test_it_lists_anew_where_the_server_has_forgotten(server: Server, told: Any) -> None:
    gone = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}
    server.script = [
        listing(7, "a"),
        watch(("ERROR", gone)),
        listing(30, "b"),
        lambda exchange: exchange.answer(410, gone),
        listing(40, "c"),
        stay,
    ]
    told.start()

    assert [told.next() for _ in range(3)] == [["list", "a"], ["list", "b"], ["list", "c"]]


def test_what_is_refused_for_good_is_told_and_ends_it(server: Server, told: Any) -> None:
    refusal = {"kind": "Status", "reason": "Forbidden", "message": "no"}
    server.script = [lambda exchange: exchange.answer(403, refusal)]
    told.start()

    assert isinstance(told.next(), ForbiddenError)


@pytest.mark.parametrize(
    "strange",
    [
        [lambda exchange: exchange.answer(200, {"metadata": {}})],
        [listing(7), watch(("ADDED", {"metadata": {"name": "a"}}), end=False), stay],
    ],
    ids=["listing", "watch"],
)
def test_an_answer_that_nobody_understands_is_told_and_ends_it(
    server: Server, told: Any, strange: list[Any]
) -> None:
    server.script = strange
    told.start()

    error = told.next()
    while isinstance(error, list):
        error = told.next()
    assert isinstance(error, KeyError)
