"""The one thread of a pool: it starts the zygote, listens, and deals with every end.

All that touches workers happens on this thread, except that a ticket may be handed to a
worker by whoever submits it; the dispatch's lock is for that.  Events are called
without the lock, so an event may submit.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from fairlead.errors import BackendError, FairleadError
from fairlead.runner import exits, protocol
from fairlead.runner.descendants import await_gone
from fairlead.runner.dispatch import Dispatch
from fairlead.runner.distrust import MOST_NEWS
from fairlead.runner.events import PoolEvents
from fairlead.runner.handle import WorkerHandle
from fairlead.runner.listener import Listener
from fairlead.runner.oom import OutOfMemoryWatch
from fairlead.runner.slots import SlotTable, make_table
from fairlead.runner.staff import Staff
from fairlead.runner.watch import Watch
from fairlead.runner.wire import Message
from fairlead.runner.zygote import ZygoteConfig
from fairlead.runner.zygote_link import ZygoteLink, load_exit
from fairlead.sdk.attempt import AttemptOutcome, OutcomeKind

if TYPE_CHECKING:
    from fairlead.runner.distrust import ZygoteSource
    from fairlead.runner.early import EarlyZygote

_MOST_RESTARTS = 5
"""Zygotes that may die in a row, no ticket finished between, before the pool gives up."""

_NOT_BEGUN = "It was to be killed before it had begun."
_ENDING = "The program is ending."


class Reader:
    """The thread and what it knows.

    Attributes
    ----------
    thread
        The thread itself.
    dispatch
        All unfinished tickets.
    usable
        Whether tickets are taken.
    """

    def __init__(
        self,
        size: int,
        events: PoolEvents,
        config: ZygoteConfig,
        show: bool,
        early: EarlyZygote | None,
        source: ZygoteSource | None = None,
    ) -> None:
        self.thread = threading.Thread(target=self._run, name="fairlead-pool", daemon=True)
        self.dispatch = Dispatch()
        self.usable = False
        self._events = events
        self._config = config
        self._owner = os.getpid()
        self._oom = OutOfMemoryWatch()
        self._early = early  # until the pool has it
        self._source = source
        trusted = source is None
        self._table = make_table() if early is None else early.table
        self._watch = Watch()
        self._listener = Listener(
            self._watch, self.dispatch, events, show, self._end_worker, self._balance, trusted
        )
        self._staff = Staff(
            size, self.dispatch, SlotTable(self._table), self._listener.attend, trusted
        )
        self._link: ZygoteLink | None = None  # while there is a zygote
        self._ready: Future[None] = Future()
        self._commands: deque[Callable[[], None]] = deque()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._deadline: float | None = None  # of closing
        self._restarts = 0
        self._finished_before = 0

    # --- from any thread ------------------------------------------------------------

    def start(self) -> None:
        """Start the thread, and wait until the programs are imported."""
        self.thread.start()
        try:
            self._ready.result()
        except BaseException:
            # An interrupt, while the programs are still being imported.
            self.command(lambda: self.begin_to_close(0.0))
            raise

    @property
    def zygote(self) -> int | None:
        """The process id of the zygote; None while there is none."""
        link = self._link
        return None if link is None else link.pid

    def command(self, command: Callable[[], None]) -> None:
        """Have something done by the thread; nothing happens once it has ended."""
        if os.getpid() == self._owner:  # not in a copy of the driver that somebody forked
            with self.dispatch.lock:
                if self._wake >= 0:
                    self._commands.append(command)
                    os.eventfd_write(self._wake, 1)

    # --- the thread -----------------------------------------------------------------

    def _run(self) -> None:
        try:
            # On this thread, because the zygote dies with the thread that started it.
            self._connect()
        except BaseException as error:
            self._let_go()
            self._ready.set_exception(error)
            return
        self._watch.add(self._wake, self._on_wake)
        self.usable = True
        self._ready.set_result(None)
        try:
            self._loop()
        except BaseException as error:
            self._abandon(f"The pool of worker processes has failed: {error}")
            raise
        finally:
            self.usable = False
            self._disconnect()
            self._let_go()

    def _connect(self) -> None:
        early, self._early = self._early, None
        self._link = ZygoteLink(self._config, self._table, early, self._source)
        self._watch.add(self._link.fileno(), self._on_news)
        self._balance()

    def _disconnect(self) -> None:
        """Let the zygote die, or have died, with all workers."""
        if self._link is not None:
            self._watch.remove(self._link.fileno())
            self._link.close()
            self._link = None

    def _loop(self) -> None:
        while True:
            self._watch.wait(self._timeout())
            if self._deadline is not None and self._has_closed(self._deadline):
                return
            if self._staff.not_before:
                self._balance()
            self._events.settled()

    def _abandon(self, why: str) -> None:
        """Finish all tickets after an error of the pool's own, or the owner waits for ever."""
        self.usable = False
        self._disconnect()
        with self.dispatch.lock:
            tickets = list(self.dispatch.entries)
        for ticket in tickets:
            self._finish(ticket, exits.lost_outcome(why))
        self._events.settled()

    def _timeout(self) -> float | None:
        times = [moment for moment in (self._deadline, self._staff.not_before) if moment]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _let_go(self) -> None:
        with self.dispatch.lock:
            self._watch.close()
            self._staff.close()
            os.close(self._wake)
            self._wake = -1
            os.close(self._table)

    def _on_wake(self, gone: bool) -> None:
        os.eventfd_read(self._wake)
        while self._commands:
            self._commands.popleft()()

    def _balance(self) -> None:
        if self._deadline is None and self._link is not None:
            self._staff.balance(self._link)

    # --- ends -----------------------------------------------------------------------

    def _on_news(self, gone: bool) -> None:
        while self._link is not None:
            try:
                message = self._link.receive()
            except BlockingIOError:
                return
            if message is None:
                self._on_zygote_lost()
                return
            try:
                worker = self.dispatch.workers[message.ticket]
                news = _news(message)
            except (LookupError, ValueError):
                if self._source is None:
                    raise
                self._on_zygote_lost()  # somebody speaks in its place
                return
            if isinstance(news, int):
                worker.pid = news
                self._balance()
            else:
                self._on_exit(worker, *news)

    def _on_exit(self, worker: WorkerHandle, status: int | None, why: str) -> None:
        """Settle a dead worker's tickets: at most one was begun, the others go elsewhere."""
        begun = self._bury(worker)
        if begun is not None:
            entry = self.dispatch.entries[begun]
            words = entry.output.last_words() if entry.output is not None else ""
            outcome = self._end_of(worker, begun, status or 0, words)
            outcome.usage = worker.slot.usage(begun)
            self._finish(begun, outcome)
        self._balance()

    def _end_of(self, worker: WorkerHandle, ticket: int, status: int, words: str) -> AttemptOutcome:
        if worker.killed_for is not None and worker.killed_for[0] == ticket:
            return exits.killed_outcome(worker.killed_for[1])
        end = exits.WorkerEnd(status, self._oom.has_struck(), words)
        return exits.crash_outcome(end, self._config.memory_limit)

    def _bury(self, worker: WorkerHandle) -> int | None:
        """Take in a dead worker's last words; return the ticket that died with it."""
        self._listener.take_leave(worker)
        with self.dispatch.lock:
            self._staff.remove(worker)
            begun = worker.slot.ticket if worker.slot.ticket in worker.given else None
            self.dispatch.put_back(ticket for ticket in worker.given if ticket != begun)
            missed = self._missed_aim(worker)
        if missed is not None:
            self._release(missed, _NOT_BEGUN)
        worker.close()
        return begun

    def _missed_aim(self, worker: WorkerHandle) -> int | None:
        """Return the ticket that the worker was killed for, if it never got to begin it."""
        if worker.killed_for is None:
            return None
        aim = worker.killed_for[0]
        return aim if self.dispatch.drop_waiting(aim) else None

    def _finish(self, ticket: int, outcome: AttemptOutcome) -> None:
        with self.dispatch.lock:
            entry = self.dispatch.finish(ticket)
        self._listener.finish(ticket, entry, outcome)

    def _release(self, ticket: int, why: str) -> None:
        self._listener.finish(ticket, None, exits.released_outcome(why))

    def _on_zygote_lost(self) -> None:
        """Carry on after something has killed the zygote and with it all workers."""
        self._disconnect()
        workers = list(self.dispatch.workers.values())
        if self._source is None:  # else they ended before the zygote was said to have
            await_gone([worker.pid for worker in workers if worker.pid])
        for worker in workers:
            begun = self._bury(worker)
            if begun is not None:
                self._finish(begun, exits.lost_outcome("The process of its worker is gone."))
        if self._deadline is None:
            self._restart()

    def _restart(self) -> None:
        if self._listener.finished > self._finished_before:
            self._finished_before = self._listener.finished
            self._restarts = 0
        self._restarts += 1
        try:
            if self._restarts > _MOST_RESTARTS:
                raise BackendError("The worker processes keep being killed.")
            self._connect()
        except FairleadError as error:
            self.begin_to_close(0.0, str(error))

    # --- on command -----------------------------------------------------------------

    def resize(self, size: int) -> None:
        """Have another number of workers."""
        self._staff.size = size
        self._balance()

    def stop(self, ticket: int) -> None:
        """Ask a ticket to stop, wherever it is."""
        with self.dispatch.lock:
            entry = self.dispatch.entries.get(ticket)
            if entry is None:
                return
            entry.stop = True  # if it is sent to a worker from here on
            worker = entry.worker
            if worker is None:
                return
            if worker.slot.ticket != ticket:
                self.dispatch.withdraw(worker)
            if ticket in worker.given:
                worker.ask_to_stop(ticket)
            self.dispatch.fill()

    def kill(self, ticket: int, kind: OutcomeKind) -> None:
        """Kill a ticket's worker, certain that it runs that ticket and nothing else.

        First everything the worker has not taken is taken back; then its messages are
        read.  If the ticket's outcome is not among them, the worker cannot have taken
        another ticket before the queue was emptied.
        """
        worker = self._take_back_around(ticket)
        if worker is None:
            return
        self._listener.catch_up(worker)
        with self.dispatch.lock:
            runs = ticket in worker.given
            if runs:
                worker.killed_for = (ticket, kind)
            else:
                worker.retiring = False
                self.dispatch.refill(worker)
        if runs:
            self._end_worker(worker)
        self._balance()

    def _take_back_around(self, ticket: int) -> WorkerHandle | None:
        """Return the worker that has taken the ticket, if one has.

        Its queue is empty then, and nothing is put into it any more.
        """
        with self.dispatch.lock:
            entry = self.dispatch.entries.get(ticket)
            if entry is None:
                return None
            worker = entry.worker
            if worker is not None:
                self.dispatch.withdraw(worker)
            waited = self.dispatch.drop_waiting(ticket)
            if worker is not None and not waited:
                worker.retiring = True
            self.dispatch.fill()
        if waited:
            self._release(ticket, _NOT_BEGUN)
            return None
        return worker

    def _end_worker(self, worker: WorkerHandle) -> None:
        if self._link is not None:
            self._link.kill(worker.index)

    # --- closing --------------------------------------------------------------------

    def begin_to_close(self, grace: float, why: str = _ENDING) -> None:
        """Give back what has not begun and ask the rest to stop."""
        self.usable = False
        self._deadline = time.monotonic() + grace
        with self.dispatch.lock:
            for worker in self.dispatch.workers.values():
                self.dispatch.withdraw(worker)
                worker.retire()
                for ticket in worker.given:
                    worker.ask_to_stop(ticket)
        self._release_waiting(why)

    def _release_waiting(self, why: str) -> None:
        with self.dispatch.lock:
            waiting = list(self.dispatch.backlog)
            for ticket in waiting:
                self.dispatch.drop_waiting(ticket)
        for ticket in waiting:
            self._release(ticket, why)

    def _has_closed(self, deadline: float) -> bool:
        """Go on closing; return whether that is done, all tickets finished."""
        self._release_waiting(_ENDING)
        if self.dispatch.entries and time.monotonic() < deadline:
            return False
        self._disconnect()
        for worker in list(self.dispatch.workers.values()):
            begun = self._bury(worker)
            if begun is not None:
                self._finish(begun, exits.released_outcome(_ENDING))
        self._release_waiting(_ENDING)
        self._events.settled()
        return True


def _news(message: Message) -> int | tuple[int | None, str]:
    """Return the pid of a worker that has started, or how one has ended."""
    if message.kind == protocol.STARTED:
        return int(message.body(MOST_NEWS))
    return load_exit(message)
