"""What a driver takes from workers that it does not trust, and what it does not."""

from __future__ import annotations

import array
import os
import socket
from typing import Any

import pytest

from fairlead.runner import distrust, protocol, wire
from fairlead.runner.protocol import BadMessageError
from fairlead.runner.slots import make_table
from fairlead.sdk.attempt import AttemptOutcome, OutcomeKind
from fairlead.sdk.backend import Failure, NewTask, Progress, Ref, TaskOptions

CHILD = NewTask(
    "id", "A", "v1.0", None, b"{}", (Ref(("x", 0), 0),), (0, "id"), TaskOptions(timeout=2.5), "k"
)

HONEST = {
    "a result": AttemptOutcome(OutcomeKind.SUCCEEDED, "ü".encode(), version="v1.0"),
    "all there is": AttemptOutcome(
        OutcomeKind.SUCCEEDED,
        b"[]",
        (Ref((), 0, "future"),),
        [CHILD],
        {"group/key": b"value"},
        "display",
        (Progress("tiles", 3, 10),),
        "status",
    ),
    "a failure": AttemptOutcome(
        OutcomeKind.ERROR, failure=Failure("ERROR", "ValueError", "no", "builtins", [1, None])
    ),
}


def crossed(outcome: AttemptOutcome) -> AttemptOutcome:
    return protocol.decode_outcome(protocol.encode_outcome(outcome))


@pytest.mark.parametrize("outcome", HONEST.values(), ids=HONEST)
def test_what_a_worker_says_is_taken(outcome: AttemptOutcome) -> None:
    distrust.check_outcome(crossed(outcome))


def odd(**fields: Any) -> AttemptOutcome:
    made = AttemptOutcome(OutcomeKind.SUCCEEDED, b"1")
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def child(**fields: Any) -> list[NewTask]:
    made = NewTask("id", "A", "v1.0", None, b"{}")
    for name, value in fields.items():
        setattr(made, name, value)
    return [made]


ODD = {
    "no text": odd(result=b"\xff"),
    "a display that is none": odd(display=7),
    "a status that is none": odd(status_text=["x"]),
    "a label that is none": odd(progress=(Progress(None, 1, 2),)),  # type: ignore[arg-type]
    "no number": odd(progress=(Progress("a", "b", 2),)),  # type: ignore[arg-type]
    "an endless number": odd(progress=(Progress("a", 1, float("inf")),)),  # type: ignore[arg-type]
    "a number that is none": odd(progress=(Progress("a", 1, float("nan")),)),  # type: ignore[arg-type]
    "an endless text": odd(display="x" * (distrust.MOST_TEXT + 1)),
    "a key that is none": odd(cache_writes={1: b""}),
    "a failure without a type": odd(failure=Failure("ERROR", 3, "")),  # type: ignore[arg-type]
    "arguments that are none": odd(failure=Failure("ERROR", "E", "", "", {})),  # type: ignore[arg-type]
    "a subtask without a name": odd(children=child(identifier=None)),
    "options that are none": odd(children=child(options=TaskOptions("many"))),  # type: ignore[arg-type]
    "endless retries": odd(children=child(options=TaskOptions(max_retries=2**70))),
    "a dependency that is none": odd(children=child(depends_on=(None,))),
    "a reference to nothing": odd(result_refs=(Ref((), None),)),  # type: ignore[arg-type]
    "a strange reference": odd(result_refs=(Ref((), 0, "else"),)),  # type: ignore[arg-type]
    "a path that is none": odd(result_refs=(Ref((None,), 0),)),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("outcome", ODD.values(), ids=ODD)
def test_what_no_worker_says_is_not(outcome: AttemptOutcome) -> None:
    with pytest.raises(BadMessageError, match="not what a worker sends"):
        distrust.check_outcome(outcome)


@pytest.mark.parametrize("kind", ["DISRUPTED", "NEVER_STARTED", "LOST", "RELEASED"])
def test_a_task_cannot_say_that_it_costs_no_retry(kind: str) -> None:
    with pytest.raises(BadMessageError, match=f"cannot end {kind}"):
        distrust.check_outcome(AttemptOutcome(OutcomeKind(kind)))


@pytest.mark.parametrize("data", [b"[" * 50_000, b"\xff", b"{}", b"[1,2"])
def test_what_is_no_list_is_no_message(data: bytes) -> None:
    with pytest.raises(BadMessageError):
        protocol.load_json(data, 3)


def test_deep_details_are_no_outcome() -> None:
    deep = b'{"refs":' + b"[" * 40_000
    data = protocol._OUTCOME.pack(0, 0, len(deep), -1) + deep
    assert protocol.details_size(data) == len(deep)
    with pytest.raises(BadMessageError):
        protocol.decode_outcome(data)


# --- files that come along -------------------------------------------------------------


def message(descriptor: int) -> wire.Message:
    return wire.Message(1, protocol.LOG, b"", descriptor)


def test_a_body_in_a_memory_file_is_read_up_to_a_limit() -> None:
    assert message(wire.memory_file(b"x" * 1000)).body(1000) == b"x" * 1000
    with pytest.raises(BadMessageError, match="1,001 bytes; at most 1,000"):
        message(wire.memory_file(b"x" * 1001)).body(1000)


def test_a_pipe_is_not_waited_for_and_not_kept() -> None:
    reading, writing = os.pipe()
    with pytest.raises(BadMessageError, match="not a message in a memory file"):
        message(reading).body(1000)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(reading)
    os.close(writing)


def test_nobody_can_cut_off_the_table_that_a_driver_has_mapped() -> None:
    table = make_table()
    try:
        with pytest.raises(PermissionError):
            os.ftruncate(table, 0)
        with pytest.raises(PermissionError):
            os.ftruncate(table, 1 << 20)
    finally:
        os.close(table)


def test_files_that_come_with_what_is_no_message_are_closed() -> None:
    ours, theirs = wire.packet_pair()
    with ours, theirs:
        for receive in (wire.Receiver(ours).receive, lambda: wire.receive_descriptors(ours)):
            reading, writing = os.pipe()
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [writing]))
            theirs.sendmsg([b"short"], [rights])
            os.close(writing)
            assert receive() is None
            os.set_blocking(reading, False)
            assert os.read(reading, 1) == b""  # for nobody can write any more
            os.close(reading)
