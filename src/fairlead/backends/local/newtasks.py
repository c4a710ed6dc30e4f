"""Rows and graph nodes of tasks that are new to a job."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from fairlead.backends.local.batch import Batch
from fairlead.backends.local.jsontext import dump_options, dump_refs, load_refs
from fairlead.core.node import Key, NodeSpec, TaskPolicy
from fairlead.sdk.backend import NewTask, TaskOptions


class TaskRows:
    """Numbers new tasks of one job and writes their rows.

    Attributes
    ----------
    next
        The row number that the next new task gets.
    """

    __slots__ = ("known", "next")

    def __init__(self, next_number: int, known: Mapping[str, int]) -> None:
        self.next = next_number
        self.known = known

    def specs(self, tasks: Sequence[NewTask]) -> list[NodeSpec]:
        """Return the graph's nodes for tasks; nothing is numbered for good yet."""
        base = self.next
        policies: dict[int, TaskPolicy] = {}
        specs = []
        for key, task in enumerate(tasks, base):
            options = task.options
            policy = policies.get(id(options))
            if policy is None:
                policy = policies[id(options)] = policy_of(options)
            depends_on = task.depends_on
            if depends_on:
                depends_on = tuple(
                    base + other if isinstance(other, int) else self.known[other]
                    for other in depends_on
                )
            group = (task.identifier, task.version, task.source, options.timeout is not None)
            specs.append(NodeSpec(key, group, depends_on, policy, task.id, task.identifier))
        return specs

    def insert(
        self,
        tasks: Sequence[NewTask],
        specs: Sequence[NodeSpec],
        parent: Key | None,
        depth: int,
        run: int,
        now: float,
        batch: Batch,
    ) -> None:
        """Write the rows; references by position become references by id."""
        ids = [task.id for task in tasks]
        append = batch.inserts.append
        for task, spec in zip(tasks, specs, strict=True):
            refs = depends_on = None
            if task.refs:
                refs = dump_refs(task.refs, ids)
                task.refs = load_refs(refs)
            if spec.depends_on:
                depends_on = json.dumps(spec.depends_on)
            key = spec.key
            append(
                (key, task.id, key, parent, depth, run, task.key, task.identifier, task.version,
                 task.source, task.input, refs, depends_on, dump_options(task.options),
                 task.display, now)
            )  # fmt: skip
        self.next += len(tasks)


def policy_of(options: TaskOptions) -> TaskPolicy:
    """Return the core's policy for a task's options."""
    return TaskPolicy(
        max_retries=options.max_retries,
        backoff=options.backoff,
        max_backoff=options.max_backoff,
        optional=options.optional,
        timeout=options.timeout,
        queue_timeout=options.queue_timeout,
        max_parallel=options.max_parallel,
    )
