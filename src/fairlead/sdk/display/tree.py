"""The tree of a job's tasks, built from flat records.

Everything here is iterative: a tree may be thousands of levels deep, and Python's
recursion is not.  What later steps ask of every task is gathered once, from the
leaves up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from fairlead.core.states import TaskState
from fairlead.sdk.backend import JobView, TaskView
from fairlead.sdk.display.words import Names

FAILING = frozenset({TaskState.FAILED, TaskState.FAILED_OPTIONAL})
"""States that a picture points out, with the reason."""

ENDED_WELL = frozenset({TaskState.COMPLETED, TaskState.FAILED_OPTIONAL, TaskState.SKIPPED})
"""States that count as done."""

FEW_ALIKE = 5
"""Up to so many siblings of one identifier are each shown, if their subtrees are small."""


class TaskTree:
    """A job's present tasks, by parent.

    Parameters
    ----------
    tasks
        The records as a backend returns them, in order of creation.  Superseded ones
        (of earlier runs) are left out; a task whose parent is not among the records
        stands at the top level, so that nothing is lost.

    Attributes
    ----------
    tasks
        Every task that is shown.
    roots
        The tasks at the top level.
    names
        The names of the identifiers.
    """

    def __init__(self, tasks: Iterable[TaskView]) -> None:
        self.tasks: list[TaskView] = [task for task in tasks if not task.superseded]
        self.names = Names({task.identifier for task in self.tasks})
        self.by_id = {task.id: task for task in self.tasks}
        self.roots: list[TaskView] = []
        self._children: dict[str, list[TaskView]] = {}
        for task in self.tasks:
            if task.parent_id in self.by_id:
                self._children.setdefault(task.parent_id, []).append(task)
            else:
                self.roots.append(task)
        self._lines: dict[str, int] = {}
        self._estimate_lines()

    def children(self, task: TaskView) -> Sequence[TaskView]:
        """Return a task's subtasks in order of creation."""
        return self._children.get(task.id, ())

    def children_of_all(self, tasks: Iterable[TaskView]) -> list[TaskView]:
        """Return the subtasks of several tasks as one list."""
        return [child for task in tasks for child in self._children.get(task.id, ())]

    def lines(self, task: TaskView) -> int:
        """Return about how many lines a task takes with everything below it, grouped."""
        return self._lines.get(task.id, 1)

    def descendants(self, tasks: Iterable[TaskView]) -> list[TaskView]:
        """Return everything below the given tasks, parents before their children."""
        below = self.children_of_all(tasks)
        for task in below:  # the list grows while it is read
            below.extend(self._children.get(task.id, ()))
        return below

    def ancestors(self, task: TaskView) -> Iterable[TaskView]:
        """Yield a task's parent, its parent's parent and so on."""
        above = self.by_id.get(task.parent_id or "")
        while above is not None:
            yield above
            above = self.by_id.get(above.parent_id or "")

    def handles(self, tasks: Iterable[TaskView]) -> dict[str, str]:
        """Return by id how others refer to the tasks that these depend on, if on one."""
        single = {task.depends_on[0] for task in tasks if len(task.depends_on) == 1}
        return {
            id_: self.names.handle(self.by_id[id_]) for id_ in sorted(single) if id_ in self.by_id
        }

    def group_title(self, tasks: Iterable[TaskView]) -> str:
        """Return the name that some tasks share, or the first names that they have."""
        names = [self.names.of(id_) for id_ in dict.fromkeys(task.identifier for task in tasks)]
        return "/".join(names[:3]) + ("/…" if len(names) > 3 else "")

    def _estimate_lines(self) -> None:
        parents_first = [*self.roots, *self.descendants(self.roots)]
        for task in reversed(parents_first):
            if children := self._children.get(task.id):
                self._lines[task.id] = 1 + sum(map(self._block_lines, by_identifier(children)))

    def _block_lines(self, alike: list[TaskView]) -> int:
        if len(alike) > FEW_ALIKE:
            return max(map(self.lines, alike))
        return sum(map(self.lines, alike))


def by_identifier(tasks: Iterable[TaskView]) -> list[list[TaskView]]:
    """Split tasks into blocks of one identifier, in order of first appearance."""
    blocks: dict[str, list[TaskView]] = {}
    for task in tasks:
        blocks.setdefault(task.identifier, []).append(task)
    return list(blocks.values())


def count_states(tasks: Iterable[TaskView]) -> Counter[TaskState]:
    """Count tasks by state."""
    return Counter(task.state for task in tasks)


def failures(tasks: Iterable[TaskView]) -> list[TaskView]:
    """Return the failed tasks: those that failed the job first, then the optional ones.

    Within each, the one that failed earliest comes first: it is the likeliest cause.
    """
    failed = [task for task in tasks if task.state in FAILING]
    never = float("inf")
    return sorted(
        failed,
        key=lambda task: (
            task.state is TaskState.FAILED_OPTIONAL,
            never if task.ended is None else task.ended,
        ),
    )


def span(tasks: Sequence[TaskView], now: float | None = None) -> float | None:
    """Return the seconds from the first start to the last end of some tasks.

    None where none has started, or where some still run and ``now`` is not known.
    """
    begun = [task for task in tasks if task.started is not None]
    if not begun:
        return None
    start = min(task.started for task in begun if task.started is not None)
    ends = [task.ended for task in begun if task.ended is not None]
    if len(ends) == len(begun):
        return max(ends) - start
    return None if now is None else now - start


def job_seconds(job: JobView, now: float | None = None) -> float | None:
    """Return how long a job has run, or None where that is not known."""
    end = job.ended if job.ended is not None else now
    begin = job.started if job.started is not None else job.created
    return None if end is None else end - begin
