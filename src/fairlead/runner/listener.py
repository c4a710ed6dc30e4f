"""Reads what workers say, keeps the dispatch up to date and passes on the events."""

from __future__ import annotations

import sys
from collections.abc import Callable

from fairlead.runner import distrust, protocol
from fairlead.runner.dispatch import Dispatch, Entry
from fairlead.runner.events import PoolEvents
from fairlead.runner.handle import STDERR, STDOUT, WorkerHandle
from fairlead.runner.output import STREAMS, AttemptOutput
from fairlead.runner.remote_cache import answer_cache
from fairlead.runner.watch import Watch
from fairlead.runner.wire import Message
from fairlead.sdk.attempt import AttemptOutcome


class Listener:
    """The ears of a pool's thread.

    Parameters
    ----------
    events
        Is told of all that concerns a ticket.
    show
        Whether what tasks print is shown on this process's own streams.
    end_worker
        Is called to kill a worker that talks nonsense.
    rebalance
        Is called when a task begins or ends waiting.
    trusted
        Whether workers may do all that this process may.

    Attributes
    ----------
    finished
        How many outcomes workers have sent.
    """

    def __init__(
        self,
        watch: Watch,
        dispatch: Dispatch,
        events: PoolEvents,
        show: bool,
        end_worker: Callable[[WorkerHandle], None],
        rebalance: Callable[[], None],
        trusted: bool = True,
    ) -> None:
        self.finished = 0
        self._watch = watch
        self._dispatch = dispatch
        self._events = events
        self._show = show
        self._end_worker = end_worker
        self._rebalance = rebalance
        self._trusted = trusted

    def attend(self, worker: WorkerHandle) -> None:
        """Listen to a worker from now on."""
        self._watch.add(worker.talk.fileno(), lambda gone: self._on_talk(worker, gone))
        for stream in (STDOUT, STDERR):
            self._attend_output(worker, stream)

    def _attend_output(self, worker: WorkerHandle, stream: int) -> None:
        descriptor = worker.outputs[stream]
        self._watch.add(descriptor, lambda gone: self._on_output(worker, stream, gone))

    def take_leave(self, worker: WorkerHandle) -> None:
        """Take in all that a dead worker has left to say, and listen no more."""
        self.catch_up(worker)
        for stream in (STDOUT, STDERR):
            while self._read_output(worker, stream):
                pass
        for descriptor in (worker.talk.fileno(), *worker.outputs):
            self._watch.remove(descriptor)

    def catch_up(self, worker: WorkerHandle) -> bool:
        """Take in the messages that have come from a worker; return whether there were any."""
        some = False
        # One that sends without end must not keep the pool's thread from all else.
        for _ in range(distrust.MOST_MESSAGES):
            if (message := worker.receive()) is None:
                break
            some = True
            self._on_message(worker, message)
            if message.kind == protocol.OUTCOME and not worker.given:
                break  # nothing more can have come: save a look
        return some

    def finish(self, ticket: int, entry: Entry | None, outcome: AttemptOutcome) -> None:
        """Pass on the outcome of a ticket that the dispatch has forgotten."""
        if entry is not None and entry.output is not None:
            entry.output.finish()
        self._events.finished(ticket, outcome)

    def _on_talk(self, worker: WorkerHandle, gone: bool) -> None:
        if not self.catch_up(worker) and gone:
            # It is dead; how it died, the zygote will tell.
            self._watch.remove(worker.talk.fileno())

    def _on_message(self, worker: WorkerHandle, message: Message) -> None:
        try:
            if message.kind == protocol.OUTCOME:
                self._on_outcome(worker, message)
            elif message.ticket in worker.given:
                self._on_remark(worker, message)
            else:
                message.drop()
        except protocol.BadMessageError:
            self._end_worker(worker)

    def _on_outcome(self, worker: WorkerHandle, message: Message) -> None:
        outcome = self._outcome_of(message)
        with self._dispatch.lock:
            if message.ticket not in worker.given:
                return
            entry = self._dispatch.finish(message.ticket)
            self._dispatch.refill(worker)
        self.finished += 1
        outcome.usage = worker.slot.usage(message.ticket)
        self.finish(message.ticket, entry, outcome)

    def _outcome_of(self, message: Message) -> AttemptOutcome:
        if self._trusted:
            return protocol.decode_outcome(message.body())
        data = message.body(distrust.MOST_OUTCOME)
        if protocol.details_size(data) > distrust.MOST_DETAILS:
            raise protocol.BadMessageError("an outcome with too much in it")
        outcome = protocol.decode_outcome(data)
        distrust.check_outcome(outcome)
        return outcome

    def _on_remark(self, worker: WorkerHandle, message: Message) -> None:
        ticket = message.ticket
        body = message.body(None if self._trusted else distrust.MOST_REMARK)
        if message.kind == protocol.LOG:
            line = protocol.decode_log(body)
            if not self._trusted:
                distrust.check_log(*line)
            self._events.logged(ticket, *line)
        elif message.kind == protocol.REPORT:
            display, progress, status_text = protocol.decode_report(body)
            if not self._trusted:
                distrust.check_report(display, status_text, progress)
            self._events.reported(ticket, display, progress, status_text)
        elif message.kind == protocol.CACHE:
            worker.answer(answer_cache(lambda: self._events.cache_for(ticket), body))
        elif message.kind == protocol.BLOCKED:
            self._on_blocked(worker, ticket, body == b"1")
        else:
            raise protocol.BadMessageError(f"unknown kind {message.kind}")

    def _on_blocked(self, worker: WorkerHandle, ticket: int, is_blocked: bool) -> None:
        with self._dispatch.lock:
            worker.blocked = is_blocked
            if is_blocked:
                self._dispatch.withdraw(worker)
        self._rebalance()
        self._events.blocked(ticket, is_blocked)

    def _on_output(self, worker: WorkerHandle, stream: int, gone: bool) -> None:
        if not self._read_output(worker, stream) and gone:
            self._watch.remove(worker.outputs[stream])

    def _read_output(self, worker: WorkerHandle, stream: int) -> bool:
        """Pass on what a worker has written; return whether there was anything."""
        ticket, data = worker.read_output(stream)
        try:
            if data:
                self._feed(ticket, stream, data)
        finally:
            worker.output_dealt_with()
        return bool(data)

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
        shown = sys.stdout if stream == STREAMS[STDOUT] else sys.stderr
        if not self._show or shown is None:
            return
        try:
            shown.write(text)
            shown.flush()
        except (OSError, ValueError):
            self._show = False  # nobody looks any more: a closed pipe or stream
