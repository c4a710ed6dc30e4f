"""The agent: takes one task after another, and ends when there are no more for it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from types import FrameType

from fairlead.runner.descendants import adopt_orphans, children
from fairlead.runner.pod.assignment import Assignment, Object, assigned, selects_assigned
from fairlead.runner.pod.attempt import Attempt, PodBrokenError
from fairlead.runner.pod.context import Inbox, Pod
from fairlead.runner.pod.errors import StoppedWaitingError
from fairlead.runner.pod.following import Follower
from fairlead.runner.pod.ground import Ground
from fairlead.runner.pod.health import serve_health
from fairlead.runner.pod.loading import Loading
from fairlead.runner.pod.patience import persistently
from fairlead.runner.pod.rest import TaskApi
from fairlead.runner.pod.settings import PodSettings
from fairlead.runner.pod.stage import Stage

_TICK = 1.0
"""Seconds between looks for orphans while there is nothing to do."""


class Agent:
    """One pod's life."""

    def __init__(self, settings: PodSettings, ground: Ground, inbox: Inbox) -> None:
        self._settings = settings
        loading = Loading(settings, ground, lambda: inbox.put(None, "loaded"))
        api = TaskApi(settings.api, f"fairlead-runner/{settings.name}")
        self._pod = Pod(settings, api, loading.store, ground, loading, inbox)
        self._done: set[tuple[str, int]] = set()
        self._cleaning: threading.Thread | None = None

    def run(self) -> int:
        """Run tasks until the pod is not needed any more; return its exit code."""
        self._prepare()
        self._pod.loading.begin()
        try:
            return self._run()
        except StoppedWaitingError:
            return 0  # told to end while there was nothing to report
        finally:
            self._close()

    def _run(self) -> int:
        assignment = self._first()
        while True:
            if assignment is None:
                if not self._waits():
                    return 0
                assignment = self._idle()
                if assignment is None:
                    return self._end_of_waiting()
            self._await_clean()
            try:
                self._see_through(assignment)
            except PodBrokenError as error:
                print(f"fairlead: {error}", file=sys.stderr, flush=True)
                return 1
            if self._pod.terminating.is_set() or not self._settings.reuse:
                return 0
            assignment = None
            stage = self._pod.loading.stage()
            if stage is None:
                continue  # nothing has run
            if not stage.alive:
                print("fairlead: worker processes keep being killed", file=sys.stderr, flush=True)
                return 1
            self._clean(stage)

    def _end_of_waiting(self) -> int:
        """Return the exit code of a runner that nobody has given a task."""
        if not self._pod.ground.gone:
            return 0
        print("fairlead: the container with the task's code has ended", file=sys.stderr, flush=True)
        return 1

    def _clean(self, stage: Stage) -> None:
        """Begin to remove what a task has left, while the next one is looked for."""
        self._cleaning = threading.Thread(target=stage.clear, name="fairlead-clean", daemon=True)
        self._cleaning.start()

    def _await_clean(self) -> None:
        if self._cleaning is not None:
            self._cleaning.join()
            self._cleaning = None

    def _waits(self) -> bool:
        """Return whether a runner that has no task waits for one."""
        return self._settings.reuse or self._settings.task is None

    def _see_through(self, assignment: Assignment) -> None:
        self._done.add((assignment.uid, assignment.attempt))
        Attempt(self._pod, assignment).run()

    # --- getting a task -------------------------------------------------------------

    def _first(self) -> Assignment | None:
        """Return what the pod was made for, unless that has changed already."""
        name = self._settings.task
        if name is None:
            return None
        task = persistently(lambda: self._pod.api.get(name), self._pod.terminating)
        return None if task is None else assigned(task, self._settings.name)

    def _idle(self) -> Assignment | None:
        """Wait for the next task; None if there comes none, or the pod is to end."""
        selector = selects_assigned(self._settings.name)
        seconds = self._settings.reuse_seconds
        end = float("inf") if seconds is None else time.monotonic() + seconds
        listed = persistently(
            lambda: self._pod.api.tasks(fieldSelector=selector), self._pod.terminating
        )
        tasks, version = listed or ([], "")
        for task in tasks:
            self._offered(task, False)
        follower = Follower(self._pod.api, self._offered, version, fieldSelector=selector)
        try:
            return self._awaited(end)
        finally:
            follower.close()

    def _awaited(self, end: float) -> Assignment | None:
        while not self._pod.terminating.is_set() and (left := end - time.monotonic()) > 0:
            message = self._pod.inbox.get(self, min(left, _TICK))
            self._reap()
            if self._pod.ground.gone:
                return None
            if message is not None and message.what == "assigned":
                assignment: Assignment = message.value
                return assignment
        return None

    def _offered(self, task: Object, gone: bool) -> None:
        """Take a Task that names this pod, from the watching thread."""
        found = None if gone else assigned(task, self._settings.name)
        if found is not None and (found.uid, found.attempt) not in self._done:
            self._pod.inbox.put(self, "assigned", found)

    # --- the process ----------------------------------------------------------------

    def _prepare(self) -> None:
        settings = self._settings
        # Whatever a task leaves behind becomes our child, be we the pod's first process or not.
        adopt_orphans()
        signal.signal(signal.SIGTERM, self._on_terminate)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if settings.health_port:
            serve_health(settings.health_port)

    def _on_terminate(self, number: int, frame: FrameType | None) -> None:
        self._pod.terminate()

    def _reap(self) -> None:
        """Bury orphans: the pod's first process inherits them all."""
        stage = self._pod.loading.made
        zygote = stage.zygote if stage is not None else None
        for pid in children():
            if zygote is not None and pid != zygote:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)

    def _close(self) -> None:
        # A release that is still being loaded goes with this process.
        if (stage := self._pod.loading.made) is not None:
            stage.close()
