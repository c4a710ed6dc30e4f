"""Runs the coroutines of ``async`` tasks: one event loop for each thread, kept for the next."""

from __future__ import annotations

import threading
from typing import Any

from fairlead.errors import TaskError

_threads = threading.local()


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
        return _runner(asyncio).run(_awaited(awaitable, timeout))
    # This thread is inside a loop already, which cannot be entered twice.
    return _in_own_thread(awaitable, timeout)


def _runner(asyncio: Any) -> Any:
    runner = getattr(_threads, "runner", None)
    if runner is None:
        runner = _threads.runner = asyncio.Runner()
    return runner


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
