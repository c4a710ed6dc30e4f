"""Worker threads: they take started attempts from one deque and run them.

A thread that has run an attempt puts the outcome into the engine's inbox.  It goes on
with the next started attempt while there is one and the oldest outcome is younger than
the commit interval; else it takes a turn itself, which commits the outcomes and starts
more.

Threads share one interpreter lock, so waking another to run a task of 20 us makes both
slower.  While tasks are short, one thread therefore runs them all, and another is woken
only if the clock finds that nothing has moved for 1.5 ms; once tasks are not short, each
thread that takes one wakes the next at once.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING

from fairlead.backends.local.running import RunningAttempt
from fairlead.core.effects import StopKind
from fairlead.runner.execute import execute
from fairlead.sdk.attempt import AttemptOutcome, OutcomeKind

if TYPE_CHECKING:
    from fairlead.backends.local.engine import Engine

COMMIT_WITHIN = 0.002
"""Seconds an outcome may wait for others to share its commit."""

MOST_AHEAD = 64
"""Most attempts started beyond the number of threads, however short they are."""

_SHORT = 0.0005
"""Tasks that take longer than this (seconds, mean of the last few) are never started ahead."""

_is_copy = False
"""Whether this process was forked off another one of Python."""


def _note_copy() -> None:
    global _is_copy
    _is_copy = True


os.register_at_fork(after_in_child=_note_copy)

current = threading.local()
"""``current.attempt`` is the attempt that the calling worker thread runs, where it does."""


class ThreadWorkers:
    """The threads of one engine that run attempts.

    Attributes
    ----------
    in_flight
        Attempts handed over and not yet finished.  Written under the turn's lock.
    done
        How many attempts have been run.
    """

    lag = 0.0

    def __init__(self, engine: Engine, size: int) -> None:
        self.size = size
        self.in_flight = 0
        self._engine = engine
        self._process = os.getpid()
        self._ready: deque[RunningAttempt] = deque()
        self._idle: list[threading.Lock] = []
        self._threads: set[threading.Thread] = set()
        self._surplus = 0
        self._mean = _SHORT / 2
        self.done = 0
        self._done_before = -1
        self._closed = False
        self._guard = threading.Lock()

    @property
    def pace(self) -> float:
        """Seconds that an attempt takes, the mean of the last few."""
        return self._mean

    @property
    def room(self) -> int:
        """How many more attempts may be started now."""
        mean = self._mean
        ahead = min(MOST_AHEAD, int(COMMIT_WITHIN / mean)) if mean < _SHORT else 0
        return self.size + self._surplus + ahead - self.in_flight

    def hand_over(self, attempts: list[RunningAttempt]) -> None:
        """Take attempts whose starts have been committed."""
        self._ready.extend(attempts)
        # A thread that takes the turn inside a task (which then waits) runs none of them.
        runs_one = getattr(current, "worker", None) is self and current.attempt is None
        more = len(self._ready) > 1
        if not runs_one:
            self._wake_one()
        if more:
            if self._mean < _SHORT:
                self._engine.arm()
            elif runs_one:
                self._wake_one()

    def relieve(self) -> None:
        """Wake a thread if started attempts wait and nothing moves, or tasks are not short."""
        if self._ready and (self.done == self._done_before or self._mean >= _SHORT):
            self._wake_one()
        self._done_before = self.done

    @property
    def waiting(self) -> bool:
        """Whether started attempts wait for a thread."""
        return bool(self._ready)

    def take_back(self) -> list[RunningAttempt]:
        """Return the attempts that no thread has begun."""
        taken = []
        while True:
            try:
                taken.append(self._ready.popleft())
            except IndexError:
                return taken

    def stop(self, attempt: RunningAttempt, kind: StopKind) -> None:
        """Do nothing: a thread's task looks at its attempt's flag."""

    def give_up(self, attempt: RunningAttempt) -> None:
        """Make up for a thread that does not come back."""
        self.change_slots(+1)

    def change_slots(self, by: int) -> None:
        """Make room for one attempt more or less: one waits inside, or was abandoned."""
        with self._guard:
            self._surplus += by
        if by > 0 and self._ready:
            self._wake_one()

    def close(self) -> None:
        """Let every thread end after what it runs."""
        self._closed = True
        while self._idle:
            self._wake_one()

    def _wake_one(self) -> None:
        try:
            self._idle.pop().release()
        except IndexError:
            if len(self._threads) < self.size + self._surplus and not self._closed:
                thread = threading.Thread(target=self._work, name="fairlead-worker", daemon=True)
                self._threads.add(thread)
                thread.start()

    def _work(self) -> None:
        current.worker = self
        current.attempt = None
        sleeper = threading.Lock()
        sleeper.acquire()
        try:
            while not self._closed:
                self._run_ready()
                # If another thread takes a turn just now, it looks at the inbox again
                # before it ends: nothing is left lying.
                self._engine.turn()
                if not self._ready:
                    self._sleep(sleeper)
        finally:
            self._threads.discard(threading.current_thread())

    def _end_copy(self, outcome: AttemptOutcome) -> None:
        """End the process if the task has forked it off: what it returns is not the task's."""
        if os.getpid() != self._process:
            os._exit(0 if outcome.kind is OutcomeKind.SUCCEEDED else 1)

    def _sleep(self, sleeper: threading.Lock) -> None:
        self._idle.append(sleeper)
        if self._ready or self._closed:
            # Something came between the last look and lying down.
            try:
                self._idle.remove(sleeper)
            except ValueError:
                sleeper.acquire()  # already being woken: take that wake-up with us
            return
        sleeper.acquire()

    def _run_ready(self) -> None:
        ready, engine = self._ready, self._engine
        before = perf_counter()
        while True:
            try:
                attempt = ready.popleft()
            except IndexError:
                return
            if ready and self._mean >= _SHORT:
                self._wake_one()
            if attempt.abandoned:
                engine.put(attempt)  # it was given up before a thread came to it
                continue
            current.attempt = attempt
            attempt.outcome = execute(attempt.definition, attempt.order, attempt)
            if _is_copy:
                self._end_copy(attempt.outcome)
            current.attempt = None
            self.done += 1
            after = perf_counter()
            taken, mean = after - before, self._mean
            # Falls fast and rises slowly: a thread that waited for the interpreter lock
            # measures the others' time as its own.
            self._mean = mean + (taken - mean) * (0.5 if taken < mean else 0.125)
            before = after
            engine.put(attempt)
            if not ready or after - engine.oldest > COMMIT_WITHIN:
                engine.turn()
                before = perf_counter()
