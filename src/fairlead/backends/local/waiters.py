"""Who waits in this process for a task or a job to end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, cast

from fairlead.backends.local.store import job_of
from fairlead.core.node import Key
from fairlead.core.states import FINAL_TASK_STATES

if TYPE_CHECKING:
    from fairlead.backends.local.driven import DrivenJob

Callback = Callable[[], None]


class Waiters:
    """Callbacks by task and by job.  Each is called once, outside of any lock."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._tasks: dict[Key, list[Callback]] = {}
        self._jobs: dict[int, list[Callback]] = {}

    @property
    def any_task(self) -> bool:
        """Whether anybody waits for a task."""
        return bool(self._tasks)

    def add_task(self, node: int, callback: Callback) -> None:
        """Call back once the task is final."""
        with self._guard:
            self._tasks.setdefault(node, []).append(callback)

    def add_job(self, number: int, callback: Callback) -> None:
        """Call back once the job is final."""
        with self._guard:
            self._jobs.setdefault(number, []).append(callback)

    def waited_for(self) -> list[int]:
        """Return the tasks that somebody waits for."""
        with self._guard:
            return [cast(int, node) for node in self._tasks]

    def task_ended(self, node: int) -> list[Callback]:
        """Take the callbacks of one task."""
        with self._guard:
            return self._tasks.pop(node, [])

    def tasks_ended(self, jobs: Mapping[int, DrivenJob], nodes: Iterable[Key]) -> list[Callback]:
        """Take the callbacks of those of the nodes that are final now."""
        found: list[Callback] = []
        with self._guard:
            for node in nodes:
                if node not in self._tasks:
                    continue
                job = jobs.get(job_of(cast(int, node)))
                if job is None or job.graph.node(node).state in FINAL_TASK_STATES:
                    found += self._tasks.pop(node)
        return found

    def job_ended(self, number: int) -> list[Callback]:
        """Take the callbacks of a job, and of its tasks, which will not change any more."""
        with self._guard:
            found = self._jobs.pop(number, [])
            for node in [node for node in self._tasks if job_of(cast(int, node)) == number]:
                found += self._tasks.pop(node)
            return found
