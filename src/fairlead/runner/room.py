"""The surroundings of the tasks of one worker, and putting them in order after each.

Output goes into two pipes that the driver reads while the task runs.  A worker goes on
to its next task only once the driver has read all of it, so that every line is counted
to the task that wrote it, whether Python, native code or a child process wrote it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

from fairlead.runner.descendants import end_children, has_children
from fairlead.runner.seat import Seat
from fairlead.runner.slots import Slot
from fairlead.runner.streams import connect_streams

_PATIENCE = 10.0
"""Seconds to wait for the driver to read the output of a task that has ended."""


class Room:
    """What a task finds around it: standard streams, folder, signals, no child processes."""

    def __init__(
        self, seat: Seat, slot: Slot, on_terminate: Callable[[int, FrameType | None], None]
    ) -> None:
        self._slot = slot
        self._outputs = ((seat.stdout, 1), (seat.stderr, 2))
        self._folder = os.getcwd()
        self._pid = os.getpid()
        self._on_terminate = on_terminate
        self._unread = select.poll()
        self._unread.register(seat.stdout_seen, select.POLLIN)
        self._unread.register(seat.stderr_seen, select.POLLIN)
        self._connect_streams()
        self._reset_signals()
        os.register_at_fork(
            before=_fork_guard.hold,
            after_in_parent=_fork_guard.go_on,
            after_in_child=_fork_guard.go_on_as_copy,
        )
        faulthandler.enable(file=2, all_threads=False)

    def tidy(self) -> None:
        """End what the task left running, put back what it changed, hand over its output."""
        if os.getpid() != self._pid:
            os._exit(0)  # a copy that the task forked and let return from its code
        self._flush()
        if has_children():
            end_children()
        self._reset_signals()
        self._reset_folder()
        self._hand_over_output()
        self._reset_streams()

    def _connect_streams(self) -> None:
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        for pipe, number in self._outputs:
            os.dup2(pipe, number)
        connect_streams()
        self._stdout, self._stderr = sys.stdout, sys.stderr

    def _reset_streams(self) -> None:
        if sys.stdout is not self._stdout or sys.stderr is not self._stderr:
            sys.stdout, sys.stderr = self._stdout, self._stderr
        if self._stdout.closed or self._stderr.closed:
            self._connect_streams()

    def _flush(self) -> None:
        for stream in (sys.stdout, sys.stderr, self._stdout, self._stderr):
            # A task may have put anything there, or closed it.
            with contextlib.suppress(ValueError, OSError, AttributeError):
                stream.flush()

    def _hand_over_output(self) -> None:
        pause = 0.00005
        deadline = time.monotonic() + _PATIENCE
        while (self._is_unread() or self._slot.reading) and time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(pause * 1.5, 0.005)

    def _is_unread(self) -> bool:
        # A task may have closed the pipes, which poll reports as well.
        return any(event & select.POLLIN for _, event in self._unread.poll(0))

    def _reset_signals(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        if signal.getsignal(signal.SIGTERM) is not self._on_terminate:
            signal.signal(signal.SIGTERM, self._on_terminate)

    def _reset_folder(self) -> None:
        try:
            moved = os.getcwd() != self._folder
        except FileNotFoundError:
            moved = True
        if moved:
            # The folder itself may be gone: then there is no better place to be.
            with contextlib.suppress(OSError):
                os.chdir(self._folder)


class _ForkGuard(threading.local):
    """Lets a copy that a task forks end by SIGTERM: pools of multiprocessing rely on that.

    A worker's own handler merely asks its task to stop.  The signal is blocked during the
    fork, because Python forgets what reaches a copy before it has come to itself.
    """

    before: frozenset[int] | set[int] = frozenset()

    def hold(self) -> None:
        """Block the signal, before the fork."""
        self.before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

    def go_on(self) -> None:
        """Let it through again, in the worker."""
        signal.pthread_sigmask(signal.SIG_SETMASK, self.before)

    def go_on_as_copy(self) -> None:
        """Let it through again, and let it end the copy."""
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self.go_on()


_fork_guard = _ForkGuard()
