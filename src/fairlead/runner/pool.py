"""Worker processes that run attempts, as used by a driver in its own process.

The pool promises that each submitted ticket is finished exactly once, whatever becomes
of the workers, and that nothing outlives the driver.

One *zygote* process imports the user's programs once and forks workers from itself in
milliseconds (``zygote.py``).  Each worker has its own queue, which the driver keeps a
few tickets ahead and from which it can take back what has not been begun, so that the
freest worker always has work (``dispatch.py``).  One thread of the driver reads all
that workers say and calls the :class:`PoolEvents`.
"""

from __future__ import annotations

import os
import select
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Protocol

from fairlead.errors import BackendError, FairleadError
from fairlead.runner import exits, protocol
from fairlead.runner.descendants import await_gone
from fairlead.runner.dispatch import Dispatch, Entry
from fairlead.runner.handle import STDERR, STDOUT, WorkerHandle
from fairlead.runner.oom import OutOfMemoryWatch
from fairlead.runner.output import STREAMS, AttemptOutput
from fairlead.runner.remote_cache import answer_cache
from fairlead.runner.slots import SLOTS, SlotTable, make_table
from fairlead.runner.wire import Message
from fairlead.runner.zygote import ZygoteConfig
from fairlead.runner.zygote_link import ZygoteLink, load_exit
from fairlead.sdk.attempt import AttemptOrder, AttemptOutcome, OutcomeKind

if TYPE_CHECKING:
    from fairlead.sdk.backend import Progress
    from fairlead.sdk.cache import JobCache

EXECUTOR = "fairlead.runner.registered:execute_registered"
LOADER = "fairlead.runner.program:import_program"

_LONGEST_PAUSE = 5.0
"""Seconds between attempts to start workers that die before they begin anything."""

_MOST_RESTARTS = 5
"""Zygotes that may die in a row, no ticket finished between, before the pool gives up."""


_FORKS_AT_ONCE = 32
"""Workers ordered before the first of them has started: what surely fits the socket."""

_ENDING = "The program is ending."


class PoolEvents(Protocol):
    """What a pool tells its owner, from its one reader thread and never two at a time."""

    def finished(self, ticket: int, outcome: AttemptOutcome) -> None:
        """Take the outcome; called exactly once for each ticket, after all else of it."""

    def logged(self, ticket: int, level: str, message: str, fields: dict[str, Any]) -> None:
        """Take a line that the task logged."""

    def reported(
        self,
        ticket: int,
        display: str | None,
        progress: tuple[Progress, ...],
        status_text: str | None,
    ) -> None:
        """Take the task's present display, progress and status."""

    def printed(self, ticket: int, stream: str, text: str) -> None:
        """Take whole lines that the task wrote to ``stdout`` or ``stderr``."""

    def cache_for(self, ticket: int) -> JobCache:
        """Return the cache of the task's job."""

    def blocked(self, ticket: int, is_blocked: bool) -> None:
        """Learn that the task begins or ends waiting for others and holds no place."""

    def settled(self) -> None:
        """Learn that all that had arrived has been passed on: a good moment to commit."""


class WorkerPool:
    """A number of worker processes that run attempts.

    Making one blocks until the programs have been imported.  All methods may be called
    from any thread, also from within the events.

    Parameters
    ----------
    size
        How many tasks run at a time.
    events
        Is told what happens.
    programs
        Files or modules whose import defines the tasks.
    grace
        Seconds that :meth:`close` gives running tasks to stop.
    memory_limit
        Bytes that a task may take beyond what the imported program takes; None for any.
    files_root
        The folder under which tasks leave files, as ``<job>/<task>``.
    show
        Whether what tasks print is shown on the driver's own streams.
    executor, loader
        ``module:function`` of what runs an order, and of what imports a program.

    Raises
    ------
    ProgramError
        If a program cannot be imported.
    BackendUnavailableError
        If this system lacks what worker processes need.
    """

    def __init__(
        self,
        size: int,
        events: PoolEvents,
        *,
        programs: Sequence[str] = (),
        grace: float = 10.0,
        memory_limit: int | None = None,
        files_root: str,
        show: bool = True,
        executor: str = EXECUTOR,
        loader: str = LOADER,
    ) -> None:
        config = ZygoteConfig(
            list(programs), loader, executor, files_root, memory_limit, list(sys.path), sys.argv[:]
        )
        self._grace = grace
        self._reader = _Reader(size, events, config, show)
        self._reader.start()

    def submit(self, ticket: int, order: AttemptOrder) -> None:
        """Run an attempt as soon as a worker is free.

        ``ticket`` is any number from 1 up that no unfinished attempt has.

        Raises
        ------
        BackendError
            If the pool is closed, or cannot keep workers alive.
        """
        self._reader.submit(ticket, order)

    def stop(self, ticket: int) -> None:
        """Ask an attempt to stop; what it returns counts."""
        self._reader.command(lambda: self._reader.stop(ticket))

    def kill(self, ticket: int, kind: OutcomeKind) -> None:
        """Kill the worker that runs an attempt, which then ends with an outcome of that kind.

        An attempt that has not begun is taken back and ends RELEASED; one whose outcome
        has already arrived keeps it.
        """
        self._reader.command(lambda: self._reader.kill(ticket, kind))

    def begun(self, ticket: int) -> float | None:
        """Return when an attempt was begun (``time.monotonic()``), None if it was not yet."""
        return self._reader.begun(ticket)

    def resize(self, size: int) -> None:
        """Change how many tasks run at a time; running ones are not disturbed."""
        self._reader.command(lambda: self._reader.resize(size))

    def close(self, grace: float | None = None) -> None:
        """End the pool: give back what has not begun, ask the rest to stop, then kill it.

        What had to be killed ends RELEASED.  Returns when all workers are gone, except
        when called from within an event.
        """
        seconds = self._grace if grace is None else grace
        self._reader.command(lambda: self._reader.begin_to_close(seconds))
        if threading.current_thread() is not self._reader:
            self._reader.join()

    @property
    def alive(self) -> bool:
        """Whether attempts can be submitted."""
        return self._reader.usable

    @property
    def pids(self) -> list[int]:
        """The process ids of the present workers."""
        return self._reader.pids()


class _Reader(threading.Thread):
    """The pool's thread.  ``_lock`` guards the dispatch; events are called without it."""

    def __init__(self, size: int, events: PoolEvents, config: ZygoteConfig, show: bool) -> None:
        super().__init__(name="fairlead-pool", daemon=True)
        self.usable = False
        self._size = size
        self._events = events
        self._config = config
        self._show = show
        self._lock = threading.Lock()
        self._dispatch = Dispatch()
        self._link: ZygoteLink
        self._ready: Future[None] = Future()
        self._owner = os.getpid()
        self._oom = OutOfMemoryWatch()
        self._table = make_table()
        self._slots = SlotTable(self._table)
        self._free_slots = list(range(SLOTS - 1, -1, -1))
        self._commands: deque[Callable[[], None]] = deque()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._epoll = select.epoll()
        self._handlers: dict[int, Callable[[int], None]] = {}
        self._deadline: float | None = None  # of closing
        self._over = False
        self._failures = 0
        self._restarts = 0
        self._not_before = 0.0

    # --- from any thread ------------------------------------------------------------

    def start(self) -> None:
        """Start, and wait until the programs are imported."""
        super().start()
        self._ready.result()

    def submit(self, ticket: int, order: AttemptOrder) -> None:
        with self._lock:
            if not self.usable:
                raise BackendError("The worker pool is closed.")
            self._dispatch.add(ticket, order)

    def begun(self, ticket: int) -> float | None:
        with self._lock:
            entry = self._dispatch.entries.get(ticket)
            slot = entry.worker.slot if entry is not None and entry.worker is not None else None
            return slot.begun if slot is not None and slot.ticket == ticket else None

    def pids(self) -> list[int]:
        with self._lock:
            return [worker.pid for worker in self._dispatch.workers.values() if worker.pid]

    def command(self, command: Callable[[], None]) -> None:
        """Have something done by the thread itself; nothing if it has ended."""
        if os.getpid() != self._owner:
            return  # a copy of the driver that somebody forked must leave the workers alone
        self._commands.append(command)
        if not self._over:
            os.eventfd_write(self._wake, 1)

    # --- the thread -----------------------------------------------------------------

    def run(self) -> None:
        """Start the zygote, then pass on what happens until closed."""
        try:
            # Here, because the zygote dies with the thread that started it.
            self._connect()
        except BaseException as error:
            self._over = True
            self._ready.set_exception(error)
            return
        self._watch(self._wake, self._on_wake)
        self.usable = True
        self._ready.set_result(None)
        try:
            self._loop()
        finally:
            self._over = True
            self.usable = False
            self._link.close()

    def _connect(self) -> None:
        self._link = ZygoteLink(self._config, self._table)
        self._watch(self._link.fileno(), self._on_news)
        self._balance()

    def _loop(self) -> None:
        while not self._over:
            for descriptor, event in self._epoll.poll(self._timeout()):
                handler = self._handlers.get(descriptor)
                if handler is not None:
                    handler(event)
            if self._deadline is not None:
                self._go_on_closing(self._deadline)
            elif self._not_before:
                self._balance()
            self._events.settled()

    def _timeout(self) -> float | None:
        times = [time for time in (self._deadline, self._not_before) if time]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _watch(self, descriptor: int, handler: Callable[[int], None]) -> None:
        self._handlers[descriptor] = handler
        self._epoll.register(descriptor, select.EPOLLIN)

    def _unwatch(self, descriptor: int) -> None:
        if self._handlers.pop(descriptor, None) is not None:
            self._epoll.unregister(descriptor)

    def _on_wake(self, event: int) -> None:
        os.eventfd_read(self._wake)
        while self._commands:
            self._commands.popleft()()

    # --- what workers say -----------------------------------------------------------

    def _on_talk(self, worker: WorkerHandle, event: int) -> None:
        some = False
        while (message := worker.receive()) is not None:
            some = True
            self._on_message(worker, message)
            if message.kind == protocol.OUTCOME and not worker.given:
                return  # nothing more can have come: save a look
        if not some and event & (select.EPOLLHUP | select.EPOLLERR):
            self._unwatch(worker.talk.fileno())  # dead; the zygote will tell how

    def _on_message(self, worker: WorkerHandle, message: Message) -> None:
        try:
            if message.kind == protocol.OUTCOME:
                self._on_outcome(worker, message)
            elif message.ticket in worker.given:
                self._on_remark(worker, message)
        except protocol.BadMessageError:
            self._link.kill(worker.index)

    def _on_outcome(self, worker: WorkerHandle, message: Message) -> None:
        outcome = protocol.decode_outcome(message.body())
        with self._lock:
            if message.ticket not in worker.given:
                return
            entry = self._dispatch.finish(message.ticket)
            self._dispatch.refill(worker)
        self._failures = self._restarts = 0
        self._finish(message.ticket, entry, outcome)

    def _on_remark(self, worker: WorkerHandle, message: Message) -> None:
        ticket, body = message.ticket, message.body()
        if message.kind == protocol.LOG:
            self._events.logged(ticket, *protocol.decode_log(body))
        elif message.kind == protocol.REPORT:
            self._events.reported(ticket, *protocol.decode_report(body))
        elif message.kind == protocol.CACHE:
            worker.answer(answer_cache(lambda: self._events.cache_for(ticket), body))
        elif message.kind == protocol.BLOCKED:
            self._on_blocked(worker, ticket, body == b"1")
        else:
            raise protocol.BadMessageError(f"unknown kind {message.kind}")

    def _on_blocked(self, worker: WorkerHandle, ticket: int, is_blocked: bool) -> None:
        with self._lock:
            worker.blocked = is_blocked
            if is_blocked:
                self._dispatch.withdraw(worker)
        self._balance()
        self._events.blocked(ticket, is_blocked)

    def _on_output(self, worker: WorkerHandle, stream: int, event: int) -> None:
        ticket, data = worker.read_output(stream)
        try:
            if data:
                self._feed(ticket, stream, data)
            elif event & (select.EPOLLHUP | select.EPOLLERR):
                self._unwatch(worker.outputs[stream])
        finally:
            worker.output_dealt_with()

    def _feed(self, ticket: int, stream: int, data: bytes) -> None:
        entry = self._dispatch.entries.get(ticket)
        if entry is None:
            # From a thread that a finished task left behind, or a worker that cannot start.
            self._show_text(STREAMS[stream], data.decode(errors="replace"))
            return
        if entry.output is None:
            entry.output = AttemptOutput(lambda name, text: self._on_text(ticket, name, text))
        entry.output.feed(stream, data)

    def _on_text(self, ticket: int, stream: str, text: str) -> None:
        self._events.printed(ticket, stream, text)
        self._show_text(stream, text)

    def _show_text(self, stream: str, text: str) -> None:
        if self._show:
            shown = sys.stdout if stream == "stdout" else sys.stderr
            shown.write(text)
            shown.flush()

    def _finish(self, ticket: int, entry: Entry | None, outcome: AttemptOutcome) -> None:
        if entry is not None and entry.output is not None:
            entry.output.finish()
        self._events.finished(ticket, outcome)

    # --- what the zygote says -------------------------------------------------------

    def _on_news(self, event: int) -> None:
        while True:
            try:
                message = self._link.receive()
            except BlockingIOError:
                return
            if message is None:
                self._on_zygote_lost()
                return
            worker = self._dispatch.workers[message.ticket]
            if message.kind == protocol.STARTED:
                worker.pid = int(message.body())
                self._balance()
            else:
                self._on_exit(worker, *load_exit(message))

    def _on_exit(self, worker: WorkerHandle, status: int | None, why: str) -> None:
        """Settle a worker's tickets: one may have been running, the others go to others."""
        begun = self._bury(worker)
        if begun is None:
            if worker.slot.ticket == 0 and not worker.retiring:
                self._pause()
        else:
            entry = self._dispatch.entries[begun]
            words = entry.output.last_words() if entry.output is not None else ""
            outcome = self._end_of(worker, begun, status or 0, words)
            with self._lock:
                self._dispatch.finish(begun)
            self._finish(begun, entry, outcome)
        self._balance()

    def _end_of(self, worker: WorkerHandle, ticket: int, status: int, words: str) -> AttemptOutcome:
        if worker.killed_for is not None:
            aim, kind = worker.killed_for
            if aim == ticket:
                return exits.killed_outcome(kind)
        end = exits.WorkerEnd(status, self._oom.has_struck(), words)
        return exits.crash_outcome(end, self._config.memory_limit)

    def _bury(self, worker: WorkerHandle) -> int | None:
        """Take in a dead worker's last words; return the ticket that died with it."""
        self._on_talk(worker, 0)
        for stream in (STDOUT, STDERR):
            while self._drain_output(worker, stream):
                pass
        for descriptor in (worker.talk.fileno(), *worker.outputs):
            self._unwatch(descriptor)
        with self._lock:
            del self._dispatch.workers[worker.index]
            self._free_slots.append(worker.index)
            begun = worker.slot.ticket if worker.slot.ticket in worker.given else None
            self._dispatch.put_back(ticket for ticket in worker.given if ticket != begun)
            released = self._aim_not_begun(worker, begun)
        if released is not None:
            self._release(released, "It was to be killed before it had begun.")
        worker.close()
        return begun

    def _drain_output(self, worker: WorkerHandle, stream: int) -> bool:
        ticket, data = worker.read_output(stream)
        if data:
            self._feed(ticket, stream, data)
        return bool(data)

    def _aim_not_begun(self, worker: WorkerHandle, begun: int | None) -> int | None:
        """Return the ticket that the worker was killed for, if it never got to begin it."""
        if worker.killed_for is None:
            return None
        aim = worker.killed_for[0]
        return aim if aim != begun and self._dispatch.drop_waiting(aim) else None

    def _on_zygote_lost(self) -> None:
        """Carry on after something has killed the zygote and with it all workers."""
        self._unwatch(self._link.fileno())
        self._link.close()
        workers = list(self._dispatch.workers.values())
        await_gone([worker.pid for worker in workers if worker.pid])
        for worker in workers:
            begun = self._bury(worker)
            if begun is not None:
                with self._lock:
                    entry = self._dispatch.finish(begun)
                self._finish(begun, entry, exits.lost_outcome("The process of its worker is gone."))
        if self._deadline is None:
            self._restart()

    def _restart(self) -> None:
        self._restarts += 1
        try:
            if self._restarts > _MOST_RESTARTS:
                raise BackendError("The worker processes keep being killed.")
            self._connect()
        except FairleadError as error:
            self.begin_to_close(0.0, str(error))

    # --- how many workers -----------------------------------------------------------

    def resize(self, size: int) -> None:
        self._size = size
        self._balance()

    def _pause(self) -> None:
        """Wait longer and longer before replacing workers that die before any work."""
        self._failures += 1
        pause = min(0.01 * 2**self._failures, _LONGEST_PAUSE)
        self._not_before = time.monotonic() + pause

    def _balance(self) -> None:
        """Have as many workers that take tickets as the pool's size says."""
        if self._deadline is not None or time.monotonic() < self._not_before:
            return
        self._not_before = 0.0
        with self._lock:
            active = [one for one in self._dispatch.workers.values() if one.takes_tickets]
            active.sort(key=lambda worker: len(worker.given), reverse=True)
            for worker in active[self._size :]:
                self._dispatch.withdraw(worker)
                worker.retire()
            for _ in range(min(self._size - len(active), _FORKS_AT_ONCE)):
                self._start_worker()
            self._dispatch.fill()

    def _start_worker(self) -> None:
        if not self._free_slots:
            return
        index = self._free_slots.pop()
        worker = WorkerHandle(index, self._slots.slot(index))
        self._dispatch.workers[index] = worker
        self._watch(worker.talk.fileno(), lambda event: self._on_talk(worker, event))
        for stream in (STDOUT, STDERR):
            self._watch(worker.outputs[stream], self._output_handler(worker, stream))
        self._link.fork(index, worker.seat)
        worker.seat_taken()
        self._dispatch.refill(worker)

    def _output_handler(self, worker: WorkerHandle, stream: int) -> Callable[[int], None]:
        return lambda event: self._on_output(worker, stream, event)

    # --- stopping and killing -------------------------------------------------------

    def stop(self, ticket: int) -> None:
        with self._lock:
            entry = self._dispatch.entries.get(ticket)
            if entry is None:
                return
            entry.stop = True  # if it is sent to a worker from here on
            worker = entry.worker
            if worker is not None:
                worker.slot.ask_to_stop(ticket)
                if worker.slot.ticket != ticket:
                    self._dispatch.withdraw(worker)
                    self._dispatch.fill()

    def kill(self, ticket: int, kind: OutcomeKind) -> None:
        """Kill a ticket's worker, certain that it runs that ticket and nothing else.

        First everything the worker has not taken is taken back; then its messages are
        read.  If the ticket's outcome is not among them, the worker cannot have taken
        another ticket before the queue was emptied.
        """
        worker = self._take_back_around(ticket)
        if worker is None:
            return
        self._on_talk(worker, 0)
        with self._lock:
            runs = ticket in worker.given
            if runs:
                worker.killed_for = (ticket, kind)
            else:
                worker.retiring = False
                self._dispatch.refill(worker)
        if runs:
            self._link.kill(worker.index)
        self._balance()

    def _take_back_around(self, ticket: int) -> WorkerHandle | None:
        """Return the worker that has taken the ticket, if one has.

        Its queue is empty then, and nothing is put into it any more.
        """
        with self._lock:
            entry = self._dispatch.entries.get(ticket)
            if entry is None:
                return None
            worker = entry.worker
            if worker is not None:
                self._dispatch.withdraw(worker)
            waited = self._dispatch.drop_waiting(ticket)
            if worker is not None and not waited:
                worker.retiring = True
            self._dispatch.fill()
        if waited:
            self._release(ticket, "It was to be killed before it had begun.")
            return None
        return worker

    def _release(self, ticket: int, why: str) -> None:
        self._finish(ticket, None, exits.released_outcome(why))

    # --- closing --------------------------------------------------------------------

    def begin_to_close(self, grace: float, why: str = _ENDING) -> None:
        """Give back what has not begun and ask the rest to stop."""
        self.usable = False
        self._deadline = time.monotonic() + grace
        with self._lock:
            for worker in self._dispatch.workers.values():
                self._dispatch.withdraw(worker)
                worker.retire()
                for ticket in worker.given:
                    worker.slot.ask_to_stop(ticket)
        self._release_waiting(why)

    def _release_waiting(self, why: str) -> None:
        with self._lock:
            waiting = list(self._dispatch.backlog)
            for ticket in waiting:
                self._dispatch.drop_waiting(ticket)
        for ticket in waiting:
            self._release(ticket, why)

    def _go_on_closing(self, deadline: float) -> None:
        self._release_waiting(_ENDING)
        if self._dispatch.entries and time.monotonic() < deadline:
            return
        self._link.close()
        for worker in list(self._dispatch.workers.values()):
            self._bury(worker)
        for ticket, entry in self._leftovers():
            self._finish(ticket, entry, exits.released_outcome(_ENDING))
        self._over = True

    def _leftovers(self) -> Iterator[tuple[int, Entry]]:
        with self._lock:
            left = list(self._dispatch.entries.items())
            for ticket, _ in left:
                self._dispatch.finish(ticket)
        yield from left
