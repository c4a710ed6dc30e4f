"""Finding and ending every process that a process has started, however deep.

It rests on Linux's *child subreaper*: a process so marked becomes the parent of every
orphan below it, so nothing that a task starts can get away by forking twice.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Callable, Container, Iterable

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_PATIENCE = 5.0
"""Seconds to wait for killed processes to go: one stuck in the kernel must not hang us."""


def die_with_parent(number: int) -> None:
    """Have the kernel send this process a signal when the thread that made it ends."""
    _prctl(_PR_SET_PDEATHSIG, number)


def adopt_orphans() -> None:
    """Become the parent of all descendants whose own parent ends."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def set_dumpable(allowed: bool) -> None:
    """Say whether other processes of the same user may look into this one, and trace it."""
    _prctl(_PR_SET_DUMPABLE, int(allowed))


def has_children() -> bool:
    """Return whether this process has any child, running or not yet reaped."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def end_children(
    spare: Container[int] = (), reaped: Callable[[int, int], None] | None = None
) -> None:
    """Kill and reap all descendants except the children in ``spare``.

    ``reaped`` is told pid and wait status of each child reaped.
    """
    deadline = time.monotonic() + _PATIENCE
    while doomed := [pid for pid in children() if pid not in spare]:
        for pid in doomed:
            _kill(pid)
        for pid in doomed:
            status = _reap(pid, deadline)
            if status is None:
                return
            if reaped is not None:
                reaped(pid, status)


def await_gone(pids: Iterable[int]) -> None:
    """Wait until processes that are about to die, and need not be our children, are dead."""
    deadline = time.monotonic() + _PATIENCE
    for pid in pids:
        while _is_running(pid) and time.monotonic() < deadline:
            time.sleep(0.002)


def _is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _kill(pid: int) -> None:
    # A thread that a task left behind may have reaped it meanwhile.
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _reap(pid: int, deadline: float) -> int | None:
    """Wait for a killed child; None if it does not go."""
    pause = 0.0002
    while time.monotonic() < deadline:
        try:
            found, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            return 0
        if found:
            return status
        time.sleep(pause)
        pause = min(pause * 2, 0.02)
    return None


def children() -> list[int]:
    """Return the pids of this process's own children."""
    try:
        return _children_by_thread()
    except FileNotFoundError:
        return _children_by_scan()


def _children_by_thread() -> list[int]:
    found: list[int] = []
    for thread in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{thread}/children") as file:
            found.extend(int(pid) for pid in file.read().split())
    return found


def _children_by_scan() -> list[int]:
    """Do the same where the kernel keeps no list of children."""
    me = os.getpid()
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and _parent(name) == me]


def _parent(pid: str) -> int:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return -1


def _prctl(option: int, value: int) -> None:
    # The C library is there: the interpreter itself is linked to it.
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
