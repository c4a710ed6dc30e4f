"""Looking for the end of tasks whose jobs are not driven by this process.

Where a job is driven here, the commit that ends a task calls back.  For any other, one
thread looks into the store from time to time while somebody waits.
"""

from __future__ import annotations

import threading
from time import sleep
from typing import TYPE_CHECKING

from fairlead.backends.local.store import job_of
from fairlead.backends.local.waiting import LOOK_AGAIN, is_over

if TYPE_CHECKING:
    from fairlead.backends.local.backend import LocalBackend


class Watcher:
    """Calls back for tasks that end elsewhere."""

    def __init__(self, backend: LocalBackend) -> None:
        self._backend = backend
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None

    def watch(self, task: int) -> None:
        """See to it that those who wait for the task are called back, at once if it has ended."""
        self._look(task)
        with self._guard:
            if self._thread is None and self._backend.waiters.any_task:
                self._thread = threading.Thread(
                    target=self._run, name="fairlead-watch", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        while True:
            for task in self._backend.waiters.waited_for():
                if self._backend.driver(job_of(task)) is None:
                    self._look(task)
            with self._guard:
                if not self._backend.waiters.any_task:
                    self._thread = None
                    return
            sleep(LOOK_AGAIN)

    def _look(self, task: int) -> None:
        if is_over(self._backend.store, job_of(task), task):
            for callback in self._backend.waiters.task_ended(task):
                callback()
