"""One task in the graph: what it was submitted with, and where it is now.

Nodes are mutable and slotted because ten thousand of them change state many times a
second.  Only the core changes them; a driver reads.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TypeAlias

from fairlead.core.ready import Lane
from fairlead.core.states import TaskState

Key: TypeAlias = Hashable
"""Names a task within its job; stays the same over attempts and over the job's runs."""


@dataclass(slots=True)
class TaskPolicy:
    """How a task is retried, limited and timed.  Shared by many tasks, never changed.

    Times are seconds.  ``timeout`` bounds one attempt; ``queue_timeout`` bounds the wait
    for a runner, from when the task could have started; ``max_parallel`` bounds how many
    tasks of one ``limit_name`` run at once in the job.  None means no bound.
    """

    max_retries: int = 0
    backoff: float = 1.0
    max_backoff: float = 60.0
    optional: bool = False
    timeout: float | None = None
    queue_timeout: float | None = None
    max_parallel: int | None = None


@dataclass(slots=True)
class NodeSpec:
    """A task as it is submitted.

    Attributes
    ----------
    key
        Unique in the job.
    group
        Whatever a runner is chosen by (identifier, version, pool ...): tasks of equal
        groups can be run by the same runners.
    depends_on
        Keys of siblings submitted with it; for a top-level task, of any top-level task.
    policy
        Shared by the tasks that were submitted with the same options.
    token
        Text that is stable over restarts; jitter is derived from it.
    limit_name
        What ``policy.max_parallel`` counts by: the task's identifier.
    """

    key: Key
    group: Hashable
    depends_on: tuple[Key, ...]
    policy: TaskPolicy
    token: str
    limit_name: str


class Node:
    """A task's place in the graph and its present state.

    A driver may read ``key``, ``spec``, ``policy``, ``depth``, ``state``, ``reason``,
    ``attempt`` (of the latest attempt, from 1; 0 before the first), ``user_failures``,
    ``platform_failures``, ``not_before`` (end of the backoff, else None),
    ``stop_requested`` and ``parent``.
    """

    __slots__ = (
        "attempt",
        "children",
        "closed",
        "dependents",
        "depth",
        "key",
        "lane",
        "not_before",
        "open_children",
        "open_dependencies",
        "parent",
        "platform_failures",
        "policy",
        "position",
        "reason",
        "root",
        "spec",
        "state",
        "stop_requested",
        "user_failures",
        "waiting",
        "waiting_since",
    )

    def __init__(self, spec: NodeSpec, parent: Node | None, position: int, lane: Lane) -> None:
        policy = spec.policy
        self.spec = spec
        self.key = spec.key
        self.policy = policy
        self.parent = parent
        self.position = position
        """Order of becoming known; the earlier of two ready tasks starts first."""
        self.lane = lane
        if parent is None:
            self.depth = 0
            self.root: Node | None = self if policy.optional else None
            """The optional root: the nearest task from here upwards that is optional itself."""
        else:
            self.depth = parent.depth + 1
            self.root = self if policy.optional else parent.root
        self.state = TaskState.QUEUED
        self.reason: str | None = None
        self.attempt = 0
        self.user_failures = 0
        self.platform_failures = 0
        self.not_before: float | None = None
        self.stop_requested = False
        self.closed = False
        """Of an optional root: something under it failed, so it takes no new work."""
        self.children: list[Node] | None = None
        self.open_children = 0
        """How many children have not ended well yet."""
        self.dependents: list[Node] | None = None
        self.open_dependencies = 0
        """How many dependencies have not ended well yet."""
        self.waiting = False
        """Whether it stands in its lane: it could start now."""
        self.waiting_since = 0.0

    def __repr__(self) -> str:
        return f"Node({self.key!r}, {self.state.value}, attempt={self.attempt})"
