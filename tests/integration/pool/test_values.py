"""What goes in and comes out: orders, outcomes, logs, caches, files, of any size."""

from __future__ import annotations

import contextlib
import json
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest
from pool_bench import Bench

from fairlead.runner import protocol
from fairlead.sdk.attempt import AttemptOrder, AttemptOutcome, OutcomeKind, Upstream
from fairlead.sdk.backend import Failure, NewTask, Progress, Ref, TaskOptions

MIB = 2**20


FAILURE = Failure("ERROR", "ValueError", "m", "builtins", [1, None, {"a": "b"}], "tb")
OPTIONS = TaskOptions(2, 0.5, 9.0, True, "large", 7.5, 8.5, 3)


def every_field_says_something(record: Any, *besides: str) -> bool:
    """Return whether no field of a record, besides some, has its default.

    What was forgotten would show.
    """
    return all(
        getattr(record, one.name) != one.default
        and (one.default_factory is MISSING or getattr(record, one.name) != one.default_factory())
        for one in fields(record)
        if one.name not in besides
    )


def test_an_order_crosses_whole() -> None:
    order = AttemptOrder(
        job_id="job",
        task_id="task",
        attempt=3,
        identifier="example.com/T",
        version="v1.2",
        source="/a/b.py",
        input=b'{"x": null}',
        refs=(Ref(("x", 0), "up"), Ref((), "other", "future")),
        upstream={
            "up": Upstream("up", "COMPLETED", b"1"),
            "other": Upstream("other", "FAILED_OPTIONAL", None, FAILURE),
        },
        display="D",
        depth=4,
        max_depth=9,
        max_tasks=99,
        timeout=1.5,
        started=2.5,
        chosen=("v1.3", "T"),
    )

    assert every_field_says_something(order)
    assert protocol.decode_order(protocol.encode_order(order)) == order


@pytest.mark.parametrize("kind", OutcomeKind)
def test_an_outcome_crosses_whole(kind: OutcomeKind) -> None:
    whole = NewTask("b", "B", "v0.0", "s.py", b"", (Ref(("k",), 0),), (0, "i"), OPTIONS, "k", "d")
    outcome = AttemptOutcome(
        kind,
        b'"\xc3\xa4"',
        (Ref((), 0),),
        [NewTask("a", "A", "v0.0", None, b"1", options=OPTIONS), whole],
        {"key": b"\x00\xff", "other": b""},
        "D \ud800",
        (Progress("p", 1, 2),),
        "text",
        FAILURE,
        "v3.4",
        12345.678901,
    )

    decoded = protocol.decode_outcome(protocol.encode_outcome(outcome))

    assert all(every_field_says_something(one) for one in (whole, OPTIONS, FAILURE))
    # What it took does not come in the message: see test_usage.py.
    assert every_field_says_something(outcome, "usage")
    assert decoded == outcome
    assert decoded.children[0].options is decoded.children[1].options


@pytest.mark.parametrize("result", [None, b"", b"1"])
def test_a_plain_outcome_crosses_whole(result: bytes | None) -> None:
    outcome = AttemptOutcome(OutcomeKind.SUCCEEDED, result, version="v0.0")

    assert protocol.decode_outcome(protocol.encode_outcome(outcome)) == outcome


def test_no_damage_to_an_outcome_is_taken_for_one() -> None:
    outcome = AttemptOutcome(OutcomeKind.SUCCEEDED, b"12", cache_writes={"k": b"v"}, version="v0.0")
    whole = protocol.encode_outcome(outcome)

    for end in range(len(whole)):
        with pytest.raises(protocol.BadMessageError):
            protocol.decode_outcome(whole[:end])
    for place in range(len(whole)):
        damaged = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        with contextlib.suppress(protocol.BadMessageError):
            protocol.decode_outcome(damaged)


def test_everything_an_outcome_can_hold_comes_back(bench: Bench) -> None:
    outcome = bench.run("everything")

    assert [child.id for child in outcome.children] == ["id1", "id2", "id3"]
    assert [child.depends_on for child in outcome.children] == [(0,), (1,), (2,)]
    assert outcome.children[0].options == TaskOptions(max_retries=2, machine_size="large")
    assert outcome.cache_writes == {"k": b"\x00\xff", "empty": b""}
    assert (outcome.display, outcome.status_text, outcome.version) == ("D", "S", "v2.3")
    assert outcome.progress == (Progress("p", 1, 2),)


@pytest.mark.parametrize("size", [0, 59_990, 60_000, 60_001, 300_000, 10 * MIB])
def test_values_of_any_size_come_back(bench: Bench, size: int) -> None:
    text = "x" * size

    assert bench.value("echo", text) == text


def test_many_large_values_at_once(bench: Bench) -> None:
    tickets = {bench.submit("echo", "x" * (MIB + n)): MIB + n for n in range(24)}

    bench.events.wait(*tickets)

    for ticket, size in tickets.items():
        result = bench.events.outcomes[ticket].result
        assert result is not None
        assert len(json.loads(result)) == size


def test_logs_and_reports_arrive_before_the_end_and_in_order(bench: Bench) -> None:
    bench.run("talk")

    [(_, level, message, fields), (_, second, long, _)] = bench.events.logs
    assert (level, message, fields) == ("info", "first", {"n": 1, "odd": "<class 'set'>"})
    assert (second, len(long)) == ("warning", 200_000)
    assert bench.events.reports == [(1, "Talk", (Progress("steps", 1, 3),), "one third")]


def test_a_task_reads_the_cache_of_its_job(bench: Bench) -> None:
    bench.events.cache["plain"] = b"text"
    bench.events.cache["large"] = b"\x00" * 5 * MIB
    bench.events.cache.group("numbers")["one"] = b"1"

    keys = ["large", "numbers/one", "plain"]
    assert bench.value("use_cache") == [keys, "text", 5 * MIB, "1", False]


def test_a_cache_that_cannot_be_read_fails_the_task_that_asked(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(key: str) -> bytes:
        raise OSError("the disk is on fire")

    monkeypatch.setattr(bench.events.cache, "get", unreadable)

    outcome = bench.run("ask_broken_cache")

    assert outcome.kind is OutcomeKind.ERROR
    assert outcome.failure is not None
    assert "the disk is on fire" in outcome.failure.message
    assert bench.value("echo", 1) == 1


def test_files_are_left_in_the_folder_of_job_and_task(bench: Bench, tmp_path: Path) -> None:
    folder = Path(bench.value("files", "left"))

    assert folder == tmp_path / "files" / "job" / "task1"
    assert (folder / "left.txt").read_text() == "left"
