"""One worker process: it takes one task after another and runs each in its main thread.

A worker is forked from the zygote and ends by being told to, by the zygote's death, or
by what a task does to it.  It writes each ticket into its slot before it even reads the
task's input, so that whatever kills it is charged to exactly that attempt.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

from fairlead.errors import TaskResultError
from fairlead.runner import protocol, wire
from fairlead.runner.descendants import adopt_orphans, die_with_parent
from fairlead.runner.distrust import MOST_DETAILS, MOST_OUTCOME
from fairlead.runner.exits import EXIT_CUT_OFF, EXIT_OUT_OF_MEMORY, outcome_without_report
from fairlead.runner.host import Talk, WorkerHost
from fairlead.runner.meter import Meter
from fairlead.runner.room import Room
from fairlead.runner.seat import Seat
from fairlead.runner.slots import Slot
from fairlead.sdk.attempt import AttemptHost, AttemptOrder, AttemptOutcome, OutcomeKind

Executor = Callable[[AttemptOrder, AttemptHost], AttemptOutcome]
"""Runs one attempt; all that a worker knows of tasks."""

_OOM_SCORE = "300"
"""Added to a worker's badness, so that the kernel kills workers before the driver."""

_running: WorkerHost | None = None


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What all workers of a pool have in common.

    ``memory_limit`` is in bytes, over what the program itself takes once imported;
    ``is_bounded`` is whether the driver takes messages up to a size only; ``measures``, whether
    it wants to know what attempts take.
    """

    execute: Executor
    files_root: str
    memory_limit: int | None = None
    is_bounded: bool = False
    measures: bool = False


@contextlib.contextmanager
def blocked() -> Iterator[None]:
    """Give up the task's slot while the body waits for other tasks.

    Outside a worker process it does nothing.
    """
    host = _running
    if host is None:
        yield
        return
    host.wait(True)
    try:
        yield
    finally:
        host.wait(False)


def run_worker(seat: Seat, slot: Slot, settings: WorkerSettings, parent: int) -> NoReturn:
    """Be a worker until told to end.  Call it in a process freshly forked from ``parent``."""
    die_with_parent(signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)
    adopt_orphans()
    room = Room(seat, slot, _stop_handler(slot))
    _be_killed_first()
    _limit_memory(settings.memory_limit)
    try:
        _Worker(seat, slot, settings, room).serve()
    except MemoryError:
        os._exit(EXIT_OUT_OF_MEMORY)
    except OSError:
        os._exit(EXIT_CUT_OFF)  # unless the driver is gone, which then does not matter
    os._exit(0)


class _Worker:
    def __init__(self, seat: Seat, slot: Slot, settings: WorkerSettings, room: Room) -> None:
        self._slot = slot
        self._settings = settings
        self._room = room
        self._tasks = wire.Receiver(socket.socket(fileno=seat.tasks))
        self._talk = Talk(socket.socket(fileno=seat.talk))

    def serve(self) -> None:
        """Take and run tasks until told to end, or until memory ran out once."""
        while (message := self._tasks.receive()) is not None and message.kind != protocol.EXIT:
            if self._serve_one(message) is OutcomeKind.OUT_OF_MEMORY:
                return

    def _serve_one(self, message: wire.Message) -> OutcomeKind:
        global _running
        ticket = message.ticket
        self._slot.begin(ticket)
        if message.kind == protocol.TASK_STOPPED:
            self._slot.stop_present()
        order = protocol.decode_order(message.body())
        host = WorkerHost(self._talk, self._slot, ticket, order, self._settings.files_root)
        _running = host
        meter = Meter() if self._settings.measures else None
        outcome = _attempt(self._settings.execute, order, host)
        _running = None
        if meter is not None:
            self._slot.measured(ticket, meter.usage())
        self._room.tidy()
        data = _encoded(outcome)
        if self._settings.is_bounded:
            data = _bounded(data)
        self._talk.tell(ticket, protocol.OUTCOME, data)
        return outcome.kind


def _attempt(execute: Executor, order: AttemptOrder, host: WorkerHost) -> AttemptOutcome:
    """Execute; whatever gets past the executor becomes an outcome here."""
    try:
        return execute(order, host)
    except SystemExit as error:
        return _failed(
            OutcomeKind.CRASHED,
            error,
            f"The task called sys.exit({error.code!r}). Return from the task, or raise an "
            f"exception that says what is wrong.",
        )
    except MemoryError as error:
        return _failed(OutcomeKind.OUT_OF_MEMORY, error, "The task ran out of memory.")
    except BaseException as error:
        return _failed(OutcomeKind.ERROR, error, str(error))


def _encoded(outcome: AttemptOutcome) -> bytes:
    """Encode the outcome; an outcome that cannot be sent is a failure that says so."""
    try:
        return protocol.encode_outcome(outcome)
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        message = f"What the task ended with cannot be sent to the driver: {error}"
        return protocol.encode_outcome(_failed(OutcomeKind.NON_RETRYABLE, error, message))


def _bounded(data: bytes) -> bytes:
    """Return an encoded outcome, or a failure that says that it is too large."""
    details = protocol.details_size(data)
    if len(data) <= MOST_OUTCOME and details <= MOST_DETAILS:
        return data
    error = TaskResultError(
        f"what the task ends with has {len(data):,} bytes, {details:,} of them beside the values"
        f" of results, inputs and cache entries; under isolation: Sidecar it may have"
        f" {MOST_OUTCOME:,} and {MOST_DETAILS:,}. Put large data into files that the task leaves."
    )
    return protocol.encode_outcome(_failed(OutcomeKind.NON_RETRYABLE, error, str(error)))


def _failed(kind: OutcomeKind, error: BaseException, message: str) -> AttemptOutcome:
    text = "".join(traceback.format_exception(error))
    return outcome_without_report(kind, type(error).__qualname__, message, text)


def _stop_handler(slot: Slot) -> Callable[[int, FrameType | None], None]:
    """Return what SIGTERM does to a worker: ask its present task to stop."""

    def on_terminate(number: int, frame: FrameType | None) -> None:
        slot.stop_present()

    return on_terminate


def _be_killed_first() -> None:
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write(_OOM_SCORE)


def _limit_memory(limit: int | None) -> None:
    """Bound what tasks may allocate.

    RLIMIT_DATA counts memory that is really usable; RLIMIT_AS would also count address
    space that thread stacks and allocators merely reserve, and mapped libraries.
    """
    if limit is None:
        return
    with open("/proc/self/status") as file:
        used = next(int(line.split()[1]) for line in file if line.startswith("VmData:"))
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (used * 1024 + limit, hard))
