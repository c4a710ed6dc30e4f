"""Dagster: in-process execution, with an ephemeral instance or one on disk, or processes.

The multiprocess executor starts a process for every op, so its counts are small.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dagster
from _measure import Work, main

QUIET = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}
TWO_PROCESSES = {
    "execution": {
        "config": {"multiprocess": {"max_concurrent": 2, "start_method": {"forkserver": {}}}}
    }
}


@dagster.op
def noop() -> int:
    return 0


@dagster.op
def next_one(index: int) -> int:
    return index + 1


def fan_job(n: int) -> dagster.JobDefinition:
    @dagster.job(name="fan")
    def job() -> None:
        for i in range(n):
            noop.alias(f"noop_{i}")()

    return job


def chain_job(n: int) -> dagster.JobDefinition:
    @dagster.job(name="chain")
    def job() -> None:
        value = noop()
        for i in range(n - 1):
            value = next_one.alias(f"next_{i}")(value)

    return job


def steps_done(result: Any) -> int:
    return sum(event.is_step_success for event in result.all_events)


@contextmanager
def in_process(
    build: Callable[[int], dagster.JobDefinition], durable: bool = False
) -> Iterator[Work]:
    kind = dagster.DagsterInstance
    with kind.get() if durable else kind.ephemeral() as instance:

        def work(n: int) -> Callable[[], int]:
            result = build(n).execute_in_process(instance=instance, run_config=QUIET)
            return lambda: steps_done(result)

        yield work


@contextmanager
def processes() -> Iterator[Work]:
    with dagster.DagsterInstance.get() as instance:

        def work(n: int) -> Callable[[], int]:
            job = dagster.build_reconstructable_job(
                "dagster_",
                "fan_job",
                reconstructable_args=(n,),
                reconstructor_working_directory=os.path.dirname(__file__),
            )
            with dagster.execute_job(
                job, instance=instance, run_config={**QUIET, **TWO_PROCESSES}
            ) as result:
                done = steps_done(result)
            return lambda: done

        yield work


if __name__ == "__main__":
    main(
        "dagster",
        dagster.__version__,
        {
            "fan": "in process, ephemeral instance",
            "chain": "in process, ephemeral instance",
            "durable": "in process, instance with SQLite on disk",
            "processes": "multiprocess executor (a process for each op), SQLite",
        },
        {
            "fan": lambda: in_process(fan_job),
            "chain": lambda: in_process(chain_job),
            "durable": lambda: in_process(fan_job, durable=True),
            "processes": processes,
        },
        warm_up={"processes": 1},
    )
