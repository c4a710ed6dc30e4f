"""The loading of a release: it begins with the pod, and the first task waits for it.

A module may wait at import for something that never comes, and a store may never answer.
Whoever waits here does so for a time, and can then tell what the loading was at.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from fairlead.errors import BackendError, FairleadError, LoadTimeoutError
from fairlead.runner.pod.ground import Ground
from fairlead.runner.pod.importing import Halt
from fairlead.runner.pod.settings import PodSettings
from fairlead.runner.pod.stage import Stage
from fairlead.sdk.objectstore import ObjectStore, open_store

LEAST = 60.0
"""Seconds that loading has at least where the task's own time limit would give it less: that is
about its code, and on a busy node large libraries alone take longer than many a task."""


class Loading:
    """Loads the release in a thread of its own.

    Parameters
    ----------
    told
        Is called, in that thread, once it is loaded, or cannot be.
    ground
        Where it is loaded.

    Attributes
    ----------
    store
        The object store; None where there is none, or where it cannot be opened, which the
        first task is told.
    made
        The stage, once the release is loaded.
    """

    def __init__(
        self,
        settings: PodSettings,
        ground: Ground,
        told: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._ground = ground
        self._told = told
        self._failure: FairleadError | None = None
        self._unpacked = False
        self._began = time.monotonic()
        self.store = self._opened(settings.store) if settings.store else None
        self.made: Stage | None = None

    def _opened(self, url: str) -> ObjectStore | None:
        try:
            return open_store(url)
        except FairleadError as error:
            self._failure = BackendError(f"the object store cannot be opened: {error}")
            return None

    def begin(self) -> None:
        """Begin to load."""
        self._began = time.monotonic()
        threading.Thread(target=self._run, name="fairlead-load", daemon=True).start()

    def stage(self) -> Stage | None:
        """Return the stage; None while the release is still being loaded.

        Raises
        ------
        FairleadError
            If it cannot be loaded.
        """
        if self._failure is not None:
            raise self._failure
        return self.made

    def limit(self, since: float, timeout: float | None) -> float:
        """Return until when an attempt waits that came at ``since``, by ``time.monotonic()``.

        ``timeout`` is the task's own time limit in seconds, if it has one.
        """
        end = self._began + self._settings.load_seconds
        return end if timeout is None else min(end, since + max(timeout, LEAST))

    def too_slow(self) -> tuple[LoadTimeoutError, str]:
        """Return the error of a loading that has taken too long, and the stack it stands at."""
        halt = self._ground.halt() if self._unpacked else Halt()
        seconds = time.monotonic() - self._began
        error = LoadTimeoutError(
            f"release {self._settings.release.name} was not loaded after {seconds:.0f} s:"
            f" {self._standing_at(halt)}"
        )
        return error, halt.stack

    def _standing_at(self, halt: Halt) -> str:
        if not self._ground.is_up:
            return (
                "the container with the task's code was not up. `kubectl describe pod` shows what"
                " it waits for."
            )
        if not self._unpacked:
            return (
                "its archive was still being fetched. Look whether the object store answers, and"
                " how large the archive is."
            )
        where = f" at {halt.place}" if halt.place else ""
        return (
            f"its import was still{where}. Let no module wait for anything at import, such as a"
            f" download or a server: do that inside the task. If importing takes that long, raise"
            f" startTimeoutSeconds of the machine size, and the task's timeout if it has one."
        )

    def _run(self) -> None:
        try:
            self._load()
        except FairleadError as error:
            self._failure = error
        except OSError as error:
            self._failure = BackendError(f"the release cannot be read: {error}")
        self._told()

    def _load(self) -> None:
        if self._failure is None:
            self._ground.unpack(self.store)
            self._unpacked = True
            self.made = Stage(self._settings, self._ground)
