"""Who waits in this process for a task or a job to end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from fairlead.backends.local.store import job_of
from fairlead.core.node import Key
from fairlead.core.states import FINAL_TASK_STATES

if TYPE_CHECKING:
    from fairlead.backends.local.driven import DrivenJob

Callback = Callable[[], None]


class Waiters:
    """Callbacks by task (its row) and by job.  Each is called once, outside of any lock."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._tasks: dict[int, list[Callback]] = {}
        self._jobs: dict[int, list[Callback]] = {}

    @property
    def any_task(self) -> bool:
        """Whether anybody waits for a task."""
        return bool(self._tasks)

    def add_task(self, row: int, callback: Callback) -> None:
        """Call back once the task is final."""
        with self._guard:
            self._tasks.setdefault(row, []).append(callback)

    @contextmanager
    def told(self, job: int, task: int | None, callback: Callback) -> Iterator[None]:
        """Within the block, call back once the task or its job is worth another look."""
        with self._guard:
            self._jobs.setdefault(job, []).append(callback)
            if task is not None:
                self._tasks.setdefault(task, []).append(callback)
        try:
            yield
        finally:
            with self._guard:
                _remove(self._jobs, job, callback)
                if task is not None:
                    _remove(self._tasks, task, callback)

    def waited_for(self) -> list[int]:
        """Return the tasks that somebody waits for."""
        with self._guard:
            return list(self._tasks)

    def task_ended(self, row: int) -> list[Callback]:
        """Take the callbacks of one task."""
        with self._guard:
            return self._tasks.pop(row, [])

    def tasks_ended(self, jobs: Mapping[int, DrivenJob], nodes: Iterable[Key]) -> list[Callback]:
        """Take the callbacks of those of the nodes' tasks that are final now."""
        found: list[Callback] = []
        with self._guard:
            for node in nodes:
                job = jobs.get(job_of(cast(int, node)))
                row = cast(int, node) if job is None else job.row(node)
                if row not in self._tasks:
                    continue
                if job is None or job.graph.node(node).state in FINAL_TASK_STATES:
                    found += self._tasks.pop(row)
        return found

    def job_let_go(self, number: int, *, final: bool) -> list[Callback]:
        """Take the callbacks of a job; of its tasks too where they will not change any more."""
        with self._guard:
            found = self._jobs.pop(number, [])
            if final:
                for row in [row for row in self._tasks if job_of(row) == number]:
                    found += self._tasks.pop(row)
            return found


def _remove(table: dict[int, list[Callback]], key: int, callback: Callback) -> None:
    """Take a callback back, if it has not been taken to be called already."""
    callbacks = table.get(key)
    if callbacks is not None and callback in callbacks:
        callbacks.remove(callback)
        if not callbacks:
            del table[key]
