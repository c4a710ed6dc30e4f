"""Runs the coroutines of ``async`` tasks: one event loop for each thread, kept for the next."""

from __future__ import annotations

import atexit
import threading
from typing import Any
from weakref import WeakSet

from fairlead.errors import TaskError

_threads = threading.local()


class _Loop:
    """One thread's event loop, closed when the thread ends, or else at exit.

    The garbage collector would come too late for it: by then the loop's sockets may be
    gone, and closing it complains about that.
    """

    def __init__(self) -> None:
        import asyncio

        self.runner = asyncio.Runner()
        self._closed = False
        _loops.add(self)

    def close(self) -> None:
        """Close it, unless a task that never ended still runs in it."""
        if not self._closed and not self.runner.get_loop().is_running():
            self._closed = True
            self.runner.close()

    def __del__(self) -> None:
        self.close()


_loops: WeakSet[_Loop] = WeakSet()


@atexit.register
def _close_all() -> None:
    for loop in list(_loops):
        loop.close()


class TimedOutError(TaskError):
    """A task's coroutine ran longer than its timeout."""


def run_coroutine(awaitable: Any, timeout: float | None) -> Any:
    """Return what an awaitable returns; after ``timeout`` seconds it is cancelled.

    Raises
    ------
    TimedOutError
        After the timeout.
    """
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _loop().runner.run(_awaited(awaitable, timeout))
    # This thread is inside a loop already, which cannot be entered twice.
    return _in_own_thread(awaitable, timeout)


def _loop() -> _Loop:
    loop: _Loop | None = getattr(_threads, "loop", None)
    if loop is None:
        loop = _threads.loop = _Loop()
    return loop


async def _awaited(awaitable: Any, timeout: float | None) -> Any:
    import asyncio

    try:
        async with asyncio.timeout(timeout) as limit:
            return await awaitable
    except TimeoutError:
        if limit.expired():
            raise TimedOutError(f"it ran longer than its timeout of {timeout:g} s") from None
        raise


def _in_own_thread(awaitable: Any, timeout: float | None) -> Any:
    import contextvars
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1, thread_name_prefix="fairlead-async") as pool:
        copied = contextvars.copy_context()
        return pool.submit(copied.run, run_coroutine, awaitable, timeout).result()
