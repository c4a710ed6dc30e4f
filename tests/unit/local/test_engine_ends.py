"""The end of an engine: no thread is in the store any more, or enters it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

import pytest

from fairlead.backends.local import LocalBackend
from fairlead.backends.local.batch import Batch
from fairlead.sdk.backend import RunnerOptions

PATIENCE = 60.0


def test_it_ends_after_a_turn_that_another_thread_takes() -> None:
    backend = LocalBackend()
    engine = backend.open_engine(RunnerOptions())
    turn_begun, turn_may_end, late = threading.Event(), threading.Event(), threading.Event()

    def slow_event(now: float, batch: Batch) -> None:
        turn_begun.set()
        assert turn_may_end.wait(PATIENCE)

    engine.put(slow_event)
    turning = _in_thread(engine.turn)
    assert turn_begun.wait(PATIENCE)
    closing = _in_thread(lambda: backend.close_engine(engine))
    closing.join(0.1)
    assert closing.is_alive(), "it ended in the middle of a turn"

    turn_may_end.set()
    for thread in (turning, closing):
        thread.join(PATIENCE)
        assert not thread.is_alive()
    engine.put(lambda now, batch: late.set())
    engine.turn()
    assert not late.is_set()


def test_an_interrupt_while_its_clock_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock runs when the interrupt comes through, and ends with the engine."""
    backend = LocalBackend()
    engine = backend.open_engine(RunnerOptions())
    start, before = threading.Thread.start, set(threading.enumerate())

    def interrupted_start(thread: threading.Thread) -> None:
        signal.raise_signal(signal.SIGINT)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", interrupted_start)
    with pytest.raises(KeyboardInterrupt):
        engine.wake_clock()
    [clock] = [one for one in threading.enumerate() if one not in before and "clock" in one.name]
    backend.close_engine(engine)
    clock.join(PATIENCE)
    assert not clock.is_alive()


def test_it_ends_after_the_start_of_its_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread starts the clock just then."""
    backend = LocalBackend()
    engine = backend.open_engine(RunnerOptions())
    start = threading.Thread.start
    begun, may_start = threading.Event(), threading.Event()

    def slow_start(thread: threading.Thread) -> None:
        if thread.name == "fairlead-clock":
            begun.set()
            assert may_start.wait(PATIENCE)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", slow_start)
    _in_thread(engine.wake_clock)
    assert begun.wait(PATIENCE)
    closing = _in_thread(lambda: backend.close_engine(engine))
    closing.join(0.1)
    assert closing.is_alive(), "it did not wait for the clock's start"
    may_start.set()
    closing.join(PATIENCE)
    assert not closing.is_alive()


def test_what_came_while_somebody_looked_is_handled_by_the_next_look() -> None:
    """The clock is asleep, so that nobody else would, and a runner would never be idle."""
    backend = LocalBackend()
    engine = backend.open_engine(RunnerOptions())
    handled = threading.Event()
    with engine._lock:
        engine.put(lambda now, batch: handled.set())
        _in_thread(engine.turn).join(PATIENCE)
    assert not handled.is_set()

    assert engine.is_idle
    assert handled.is_set()
    backend.close_engine(engine)


def _in_thread(call: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    return thread
