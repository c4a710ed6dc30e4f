"""Fairlead itself: durable on disk, in threads or in two worker processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import fairlead
from fairlead import Client, ExecutionContext, Task

if TYPE_CHECKING:
    from _measure import Work


class Noop(Task):
    index: int

    def execute(self, context: ExecutionContext) -> None:
        return None


class Fan(Task):
    n: int

    def execute(self, context: ExecutionContext) -> None:
        context.submit_subtasks([Noop(i) for i in range(self.n)])


class Chain(Task):
    n: int

    def execute(self, context: ExecutionContext) -> None:
        previous = [context.submit_subtask(Noop(0))]
        for i in range(1, self.n):
            previous = [context.submit_subtask(Noop(i), depends_on=previous)]


@contextmanager
def run(root: type[Fan] | type[Chain], processes: int | None) -> Iterator[Work]:
    client = Client()
    runner = client.runner(tasks=[Fan, Chain, Noop], processes=processes)

    def work(n: int) -> Callable[[], int]:
        job = client.jobs().submit("bench", root(n))
        runner.run_all()
        return lambda: count(job)

    yield work


def count(job: fairlead.Job) -> int:
    """Count the tasks below the root, which itself is not one of the measured ones."""
    if job.state.value != "COMPLETED":
        raise SystemExit(f"the job is {job.state.value}")
    return sum(task.state.value == "COMPLETED" for task in job.tasks()) - 1


if __name__ == "__main__":  # workers import this file too, from where _measure is not found
    from _measure import main

    main(
        "fairlead",
        fairlead.__version__,
        {
            "fan": "threads of one process, durable on disk",
            "chain": "threads of one process, durable on disk",
            "processes": "two worker processes, durable on disk",
        },
        {
            "fan": lambda: run(Fan, None),
            "chain": lambda: run(Chain, None),
            "processes": lambda: run(Fan, 2),
        },
    )
