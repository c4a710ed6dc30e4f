"""Prefect: a flow with its own temporary server, on two threads or two processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import prefect
from _measure import Work, main
from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner


@prefect.task
def noop(index: int) -> int:
    return index


@prefect.task
def next_one(index: int) -> int:
    return index + 1


def fan_flow(n: int) -> int:
    return len(noop.map(range(n)).result())


def chain_flow(n: int) -> int:
    value = next_one.submit(0)
    for _ in range(n - 1):
        value = next_one.submit(value)
    return int(value.result())


@contextmanager
def run(body: Callable[[int], int], runner: Any) -> Iterator[Work]:
    flow = prefect.flow(body, task_runner=runner)

    def work(n: int) -> Callable[[], int]:
        result = flow(n)
        return lambda: result

    yield work


if __name__ == "__main__":
    main(
        "prefect",
        prefect.__version__,
        {
            "fan": "temporary server with SQLite, two threads",
            "chain": "temporary server with SQLite, two threads",
            "processes": "temporary server with SQLite, two processes",
        },
        {
            "fan": lambda: run(fan_flow, ThreadPoolTaskRunner(max_workers=2)),
            "chain": lambda: run(chain_flow, ThreadPoolTaskRunner(max_workers=2)),
            "processes": lambda: run(fan_flow, ProcessPoolTaskRunner(max_workers=2)),
        },
        warm_up={"processes": 2},
    )
