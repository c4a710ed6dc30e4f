"""The agent: takes one task after another, and ends when there are no more for it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from types import FrameType

from fairlead.errors import BackendError, FairleadError
from fairlead.runner.descendants import adopt_orphans, children
from fairlead.runner.pod.assignment import Assignment, Object, assigned, selects_assigned
from fairlead.runner.pod.attempt import Attempt, PodBrokenError
from fairlead.runner.pod.context import Inbox, Pod
from fairlead.runner.pod.errors import StoppedWaitingError
from fairlead.runner.pod.following import Follower
from fairlead.runner.pod.health import serve_health
from fairlead.runner.pod.patience import persistently
from fairlead.runner.pod.rest import TaskApi
from fairlead.runner.pod.rooms import Rooms, unpack_release
from fairlead.runner.pod.settings import PodSettings
from fairlead.runner.pod.stage import Stage
from fairlead.sdk.objectstore import ObjectStore, open_store
from fairlead.sdk.settings import BACKEND, RELEASE

_TICK = 1.0
"""Seconds between looks for orphans while there is nothing to do."""


class Agent:
    """One pod's life."""

    def __init__(self, settings: PodSettings) -> None:
        self._settings = settings
        self._no_store: FairleadError | None = None
        store = self._opened(settings.store) if settings.store else None
        self._pod = Pod(
            settings,
            TaskApi(settings.api, f"fairlead-runner/{settings.name}"),
            store,
            Rooms(settings),
            Inbox(),
        )
        self._done: set[tuple[str, int]] = set()

    def _opened(self, url: str) -> ObjectStore | None:
        """Return the store; if it cannot be opened, the first task is told why."""
        try:
            return open_store(url)
        except FairleadError as error:
            self._no_store = BackendError(f"the object store cannot be opened: {error}")
            return None

    def run(self) -> int:
        """Run tasks until the pod is not needed any more; return its exit code."""
        self._prepare()
        loading = threading.Thread(target=self._load, name="fairlead-load", daemon=True)
        loading.start()
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
                    return 0
            try:
                self._see_through(assignment)
            except PodBrokenError as error:
                print(f"fairlead: {error}", file=sys.stderr, flush=True)
                return 1
            if self._pod.terminating.is_set() or not self._settings.reuse:
                return 0
            assignment = None
            stage = self._pod.stage.result()
            if not stage.alive:
                print("fairlead: worker processes keep being killed", file=sys.stderr, flush=True)
                return 1
            stage.clear()

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
        os.environ["TMPDIR"] = settings.tmp
        # A client inside a task means this cluster, and runs what this pod runs.
        os.environ.setdefault(BACKEND.name, "kubernetes")
        os.environ.setdefault(RELEASE.name, settings.release.name)
        os.chdir(self._pod.rooms.task)

    def _on_terminate(self, number: int, frame: FrameType | None) -> None:
        self._pod.terminating.set()
        self._pod.inbox.put(None, "terminate")

    def _load(self) -> None:
        """Load the release; how that went is for the first task to tell."""
        try:
            if self._no_store is not None:
                raise self._no_store
            unpack_release(self._settings, self._pod.rooms, self._pod.store)
            self._pod.stage.set_result(Stage(self._settings, self._pod.rooms))
        except FairleadError as error:
            self._pod.stage.set_exception(error)
        except OSError as error:
            self._pod.stage.set_exception(BackendError(f"the release cannot be read: {error}"))

    def _reap(self) -> None:
        """Bury orphans: the pod's first process inherits them all."""
        zygote = None
        if self._pod.stage.done() and self._pod.stage.exception() is None:
            zygote = self._pod.stage.result().zygote
        for pid in children():
            if zygote is not None and pid != zygote:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)

    def _close(self) -> None:
        # A release that is still being loaded goes with this process.
        if self._pod.stage.done() and self._pod.stage.exception() is None:
            self._pod.stage.result().close()
