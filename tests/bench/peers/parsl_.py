"""Parsl: its thread executor, or its high-throughput executor with two workers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import parsl
from _measure import Work, main
from parsl.config import Config
from parsl.executors import HighThroughputExecutor, ThreadPoolExecutor
from parsl.providers import LocalProvider


@parsl.python_app
def noop(index: int) -> int:
    return index


@parsl.python_app
def next_one(index: int) -> int:
    return index + 1


def executor(processes: bool) -> HighThroughputExecutor | ThreadPoolExecutor:
    if not processes:
        return ThreadPoolExecutor(max_threads=2)
    return HighThroughputExecutor(
        address="127.0.0.1",
        max_workers_per_node=2,
        provider=LocalProvider(init_blocks=1, min_blocks=1, max_blocks=1),
    )


@contextmanager
def loaded(processes: bool) -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        config = Config(
            executors=[executor(processes)],
            run_dir=folder,
            strategy="none",
            usage_tracking=0,
            initialize_logging=False,
        )
        with parsl.load(config):
            yield


@contextmanager
def fan(processes: bool = False) -> Iterator[Work]:
    with loaded(processes):

        def work(n: int) -> Callable[[], int]:
            results = [future.result() for future in [noop(i) for i in range(n)]]
            return lambda: len(results)

        yield work


@contextmanager
def chain() -> Iterator[Work]:
    with loaded(processes=False):

        def work(n: int) -> Callable[[], int]:
            value = next_one(0)
            for _ in range(n - 1):
                value = next_one(value)
            result = int(value.result())
            return lambda: result

        yield work


if __name__ == "__main__":
    main(
        "parsl",
        parsl.__version__,
        {
            "fan": "thread executor, two threads, nothing kept",
            "chain": "thread executor, two threads, nothing kept",
            "processes": "high-throughput executor, two workers, nothing kept",
        },
        {"fan": fan, "chain": chain, "processes": lambda: fan(processes=True)},
    )
