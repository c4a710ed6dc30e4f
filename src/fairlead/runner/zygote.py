"""The process that imports the user's programs once and forks the workers.

``python -c <boot> CONTROL SLOTS DRIVER`` starts it with a control socket, the table of
slots and the pid of its driver, or it is forked from its driver (``early.py``).  It reads
the configuration, imports the programs, says READY or BROKEN, and then does what it is
told: fork a worker for a slot, kill one.
It tells the driver of each worker's end, after everything that worker had started is
dead too.  When the driver goes away, however, all workers and all they started die.

It has no threads of its own and runs no user code after the import, so that a fork of
it is a clean start.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
import time
import traceback
from dataclasses import dataclass
from types import FrameType
from typing import Any, NoReturn

from fairlead.runner import protocol, wire
from fairlead.runner.descendants import adopt_orphans, children, die_with_parent, end_children
from fairlead.runner.meter import cpu_of, usage_of_dead
from fairlead.runner.seat import Seat
from fairlead.runner.slots import SlotTable
from fairlead.runner.streams import connect_streams
from fairlead.runner.worker import WorkerSettings, run_worker
from fairlead.sdk.settings import WORKERS

_PATIENCE = 5.0
"""Seconds for which a dying zygote goes on killing what its workers had started."""


@dataclass(frozen=True, slots=True)
class ZygoteConfig:
    """What the driver tells its zygote.

    ``loader`` and ``executor`` are ``module:function``; ``memory_limit`` is in bytes;
    ``is_bounded`` is whether the driver takes messages up to a size only; ``measures``, whether
    it wants to know what attempts take.
    """

    programs: list[str]
    loader: str
    executor: str
    files_root: str
    memory_limit: int | None
    path: list[str]
    argv: list[str]
    is_bounded: bool = False
    measures: bool = False

    def encode(self) -> bytes:
        """Return the configuration as JSON."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__}).encode()

    @classmethod
    def decode(cls, data: bytes) -> ZygoteConfig:
        """Return the configuration that :meth:`encode` encoded."""
        return cls(**json.loads(data))


def main(arguments: list[str]) -> NoReturn:
    """Be the zygote of the driver that has started this interpreter."""
    control, slots, driver = (int(argument) for argument in arguments)
    for descriptor in (control, slots):
        os.set_inheritable(descriptor, False)  # by what the programs may start
    serve_driver(control, slots, driver)


def serve_driver(control: int, slots: int, driver: int) -> NoReturn:
    """Be the zygote of a driver."""
    _open_standard_files()
    connect_streams()
    # Jobs that a task runs itself use threads of its worker: processes of its own would
    # be ended with the task, as everything is that a task starts.
    os.environ[WORKERS.name] = "threads"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(signal.SIGKILL)
    if os.getppid() != driver:
        os._exit(1)
    sock = socket.socket(fileno=control)
    message = wire.Receiver(sock).receive()
    if message is None:
        os._exit(1)
    try:
        settings = _import_all(ZygoteConfig.decode(message.body()))
    except BaseException as error:
        wire.send(sock, 0, protocol.BROKEN, _broken(error))
        os._exit(1)
    _Zygote(sock, SlotTable(slots), settings).serve()
    os._exit(0)


class _Zygote:
    def __init__(self, control: socket.socket, slots: SlotTable, settings: WorkerSettings) -> None:
        self._control = control
        self._slots = slots
        self._settings = settings
        self._workers: dict[int, int] = {}  # slot by pid
        self._helpers: frozenset[int] = frozenset()
        self._ending = False
        self._pid = os.getpid()
        self._wake, self._alarm = _wake_pipe()

    def serve(self) -> None:
        """Fork, kill and reap until the driver is gone."""
        self._prepare()
        wire.send(self._control, 0, protocol.READY)
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        try:
            while not self._ending:
                for descriptor, _ in poll.poll():
                    if descriptor == self._wake:
                        self._reap()
                    else:
                        self._obey()
        except OSError:
            pass  # the driver is gone
        self._end_all()

    def _prepare(self) -> None:
        """Get ready to fork: an import may have changed signals; share memory well."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.signal(signal.SIGTERM, self._on_terminate)
        signal.set_wakeup_fd(self._alarm, warn_on_full_buffer=False)
        adopt_orphans()
        # What the programs started at import belongs to them, not to a worker.
        self._helpers = frozenset(children())
        # From here on there are workers to take along, so the end must not be sudden.
        die_with_parent(signal.SIGTERM)
        gc.collect()
        gc.freeze()

    def _on_terminate(self, number: int, frame: FrameType | None) -> None:
        self._ending = True

    def _obey(self) -> None:
        received = wire.receive_descriptors(self._control)
        if received is None:
            self._ending = True
            return
        message, descriptors = received
        if message.kind == protocol.FORK:
            self._fork(message.ticket, Seat(*descriptors))
        elif message.kind == protocol.KILL:
            self._kill(message.ticket)

    def _fork(self, index: int, seat: Seat) -> None:
        try:
            pid = os.fork()
        except OSError as error:
            self._tell_end(index, None, f"cannot start a worker process: {error}")
        else:
            if pid == 0:
                self._become_worker(index, seat)
            self._workers[pid] = index
            wire.send(self._control, index, protocol.STARTED, str(pid).encode())
        for descriptor in seat:
            os.close(descriptor)

    def _become_worker(self, index: int, seat: Seat) -> NoReturn:
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._control.close()
            os.close(self._wake)
            os.close(self._alarm)
            run_worker(seat, self._slots.slot(index), self._settings, self._pid)
        except BaseException:
            traceback.print_exc()
            os._exit(1)

    def _kill(self, index: int) -> None:
        for pid, slot in self._workers.items():
            if slot == index:
                os.kill(pid, signal.SIGKILL)

    def _reap(self) -> None:
        """Report each worker that has ended, once nothing it had started lives."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake, 4096)
        ended = []
        took: dict[int, resource.struct_rusage] = {}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with contextlib.suppress(ChildProcessError):
            while (found := os.wait4(-1, os.WNOHANG))[0]:
                pid, status, took[pid] = found
                ended.append((pid, status))
        if ended:
            spare = self._workers.keys() | self._helpers
            end_children(spare, lambda pid, status: ended.append((pid, status)))
        self._measure({pid: took[pid] for pid in took if pid in self._workers}, cpu_of(before))
        for pid, status in ended:
            if pid in self._workers:
                self._tell_end(self._workers.pop(pid), status, "")

    def _measure(self, dead: dict[int, resource.struct_rusage], before: float) -> None:
        """Write down what the attempts of dead workers took.

        What was left behind by a worker has ended with it: it counts, unless several workers
        ended at once.
        """
        for pid, usage in dead.items():
            slot = self._slots.slot(self._workers[pid])
            alone = cpu_of(resource.getrusage(resource.RUSAGE_CHILDREN)) - before
            wall = time.monotonic() - slot.begun
            if slot.usage(slot.ticket) is None:
                cpu = alone if len(dead) == 1 else 0.0
                slot.measured(slot.ticket, usage_of_dead(wall, usage, cpu))

    def _tell_end(self, index: int, status: int | None, why: str) -> None:
        wire.send(self._control, index, protocol.EXITED, json.dumps([status, why]).encode())

    def _end_all(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        end_children()
        while time.monotonic() < deadline:
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    end_children()
            except ChildProcessError:
                return


def _import_all(config: ZygoteConfig) -> WorkerSettings:
    """Import executor and programs, as seen by the programs: in the driver's place."""
    sys.path[:] = config.path
    sys.argv[:] = config.argv
    with _silence():
        for program in config.programs:
            _named(config.loader)(program)
        execute = _named(config.executor)
    return WorkerSettings(
        execute, config.files_root, config.memory_limit, config.is_bounded, config.measures
    )


def _named(reference: str) -> Any:
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)


@contextlib.contextmanager
def _silence() -> Any:
    """Throw away what the programs print while imported: the driver has printed it."""
    kept = [os.dup(1), os.dup(2)]
    with open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), 1)
        os.dup2(nothing.fileno(), 2)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, descriptor in enumerate(kept, start=1):
            os.dup2(descriptor, number)
            os.close(descriptor)


def _broken(error: BaseException) -> bytes:
    text = "".join(traceback.format_exception(error))
    return json.dumps([type(error).__name__, str(error), text]).encode()


def _open_standard_files() -> None:
    """Occupy descriptors 0 to 2, so that nothing else gets such a number."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)


def _wake_pipe() -> tuple[int, int]:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    return reading, writing
