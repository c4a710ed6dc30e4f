"""Print what the core costs: microseconds of CPU a task, for jobs of several shapes.

Run it with ``python tests/bench/core_cost.py [tasks]``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from statistics import median
from time import process_time

from fairlead.core.graph import JobGraph
from fairlead.core.ids import IdSequence
from fairlead.core.node import Key, NodeSpec, TaskPolicy
from fairlead.core.observed import ObservedJob, ObservedTask

ROUNDS = 7
SLOTS = 64
"""How many attempts run side by side."""

POLICY = TaskPolicy()


def spec(key: Key, *depends_on: Key, group: object = ("task", "v0.0")) -> NodeSpec:
    return NodeSpec(key, group, depends_on, POLICY, "token", "task")


def run_to_the_end(graph: JobGraph) -> None:
    while not graph.is_final:
        for key, attempt in graph.start_ready(0.0, SLOTS):
            graph.attempt_finished(key, attempt, "SUCCEEDED", 0.0)
        graph.take_effects()


def fan(tasks: int) -> Iterator[None]:
    """One task commits all others; each is started and finished."""
    graph = JobGraph(max_tasks=10 * tasks)
    graph.tasks_added([spec("root")], 0.0)
    graph.start_ready(0.0, 1)
    specs = [spec(number) for number in range(tasks)]
    yield
    graph.attempt_finished("root", 1, "SUCCEEDED", 0.0, children=specs)
    run_to_the_end(graph)


def groups(tasks: int) -> Iterator[None]:
    """A fan over 20 kinds of task."""
    graph = JobGraph(max_tasks=10 * tasks)
    specs = [spec(number, group=number % 20) for number in range(tasks)]
    yield
    graph.tasks_added(specs, 0.0)
    run_to_the_end(graph)


def chain(tasks: int) -> Iterator[None]:
    """Each task depends on the one before."""
    graph = JobGraph(max_tasks=10 * tasks)
    specs = [spec(0), *[spec(number, number - 1) for number in range(1, tasks)]]
    yield
    graph.tasks_added(specs, 0.0)
    run_to_the_end(graph)


def tree(tasks: int) -> Iterator[None]:
    """Each task commits four more, as long as there are tasks left."""
    graph = JobGraph(max_tasks=10 * tasks)
    specs = [spec(number) for number in range(tasks)]
    yield
    graph.tasks_added(specs[:1], 0.0)
    used = 1
    while not graph.is_final:
        for key, attempt in graph.start_ready(0.0, SLOTS):
            children = specs[used : used + 4]
            used += len(children)
            graph.attempt_finished(key, attempt, "SUCCEEDED", 0.0, children=children)
        graph.take_effects()


def rebuild(tasks: int) -> Iterator[None]:
    """A graph is made from records."""
    observed = ObservedJob([ObservedTask(spec(number)) for number in range(tasks)])
    yield
    JobGraph.rebuild(observed, 0.0)


def ids(tasks: int) -> Iterator[None]:
    """Ids of a task's children are derived."""
    sequence = IdSequence("0123456789abcdefghijklmno", 1, 1.7e9)
    yield
    sequence.ids(0, tasks)


def cost(shape: Callable[[int], Iterator[None]], tasks: int) -> float:
    """Return microseconds a task, without what comes before the shape's ``yield``."""
    steps = shape(tasks)
    next(steps)
    begin = process_time()
    for _ in steps:
        pass
    return (process_time() - begin) / tasks * 1e6


def main() -> None:
    tasks = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    for shape in (fan, groups, chain, tree, rebuild, ids):
        costs = [cost(shape, tasks) for _ in range(ROUNDS)]
        print(f"{shape.__name__:8} {median(costs):6.2f} us a task  ({tasks} tasks)")


if __name__ == "__main__":
    main()
