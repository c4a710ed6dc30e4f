"""The bare executors of the standard library: no store, no graph, no retries."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager

from _measure import Work, main


def noop(index: int) -> int:
    return index


def next_one(index: int) -> int:
    return index + 1


def fan_on(pool: Executor) -> Work:
    def work(n: int) -> Callable[[], int]:
        results = [future.result() for future in [pool.submit(noop, i) for i in range(n)]]
        return lambda: len(results)

    return work


@contextmanager
def fan() -> Iterator[Work]:
    with ThreadPoolExecutor(2) as pool:
        yield fan_on(pool)


@contextmanager
def processes() -> Iterator[Work]:
    with ProcessPoolExecutor(2) as pool:
        yield fan_on(pool)


@contextmanager
def chain() -> Iterator[Work]:
    """Each task is submitted when the one before it has ended: the executor has no graph."""
    with ThreadPoolExecutor(2) as pool:

        def work(n: int) -> Callable[[], int]:
            value = 0
            for _ in range(n):
                value = pool.submit(next_one, value).result()
            return lambda: value

        yield work


if __name__ == "__main__":
    main(
        "executor",
        platform.python_version(),
        {
            "fan": "ThreadPoolExecutor(2), nothing kept",
            "chain": "ThreadPoolExecutor(2), one submitted after the other",
            "processes": "ProcessPoolExecutor(2), nothing kept",
        },
        {"fan": fan, "chain": chain, "processes": processes},
    )
