"""``Client``: where a program meets a backend."""

from __future__ import annotations

import os
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any

from fairlead.errors import BackendUnavailableError, InvalidRequestError
from fairlead.sdk import settings
from fairlead.sdk.backend import BACKENDS, Backend

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Unpack

    from fairlead.sdk.cache import JobCache
    from fairlead.sdk.jobs import Jobs
    from fairlead.sdk.machines import MachineGroup
    from fairlead.sdk.options import Options
    from fairlead.sdk.runners import Runner
    from fairlead.sdk.runs import TaskRun

_opened: dict[tuple[str, str, int], Backend] = {}
_guard = threading.Lock()


def open_backend(name: str | None = None) -> Backend:
    """Return the backend of that name; the same object for each process, store and cluster.

    Parameters
    ----------
    name
        ``"local"`` or ``"kubernetes"`` (``"remote"`` means that too); None for what
        ``FAIRLEAD_BACKEND`` says.

    Raises
    ------
    InvalidRequestError
        If there is no backend of that name.
    BackendUnavailableError
        If it is not installed.
    """
    chosen = settings.backend() if name is None else name
    chosen = "kubernetes" if chosen == "remote" else chosen
    if chosen not in BACKENDS:
        raise InvalidRequestError(
            f"there is no backend {chosen!r}; choose one of {', '.join(sorted(BACKENDS))}"
        )
    key = chosen, f"{settings.home()}|{settings.cluster()}", os.getpid()
    with _guard:
        if key not in _opened:
            _opened[key] = _backend_class(chosen)()
        return _opened[key]


def _backend_class(name: str) -> Any:
    module, _, cls = BACKENDS[name].partition(":")
    try:
        return getattr(import_module(module), cls)
    except ImportError as error:
        raise BackendUnavailableError(
            f"the {name} backend is not installed here: pip install 'fairlead[{name}]' ({error})"
        ) from error


class Client:
    """Submits tasks, and runs and watches jobs, on one backend.

    Parameters
    ----------
    backend
        ``"local"`` or ``"kubernetes"``; the environment's ``FAIRLEAD_BACKEND`` or else
        ``"local"`` by default.  A backend object is used as it is.
    """

    def __init__(self, backend: str | Backend | None = None) -> None:
        self._backend: Backend | None = None
        self._name: str | None = None
        if backend is None or isinstance(backend, str):
            self._name = backend
            self._check_name()
        else:
            self._backend = backend

    def _check_name(self) -> None:
        if self._name is not None and self._name not in (*BACKENDS, "remote"):
            raise InvalidRequestError(
                f"there is no backend {self._name!r}; choose one of {', '.join(sorted(BACKENDS))}"
            )

    @property
    def backend(self) -> Backend:
        """The backend, opened when first used."""
        if self._backend is None:
            self._backend = open_backend(self._name)
        return self._backend

    def jobs(self) -> Jobs:
        """Return what submits, finds and changes jobs."""
        from fairlead.sdk.jobs import Jobs

        return Jobs(self)

    def runner(
        self,
        tasks: Iterable[Any] | None = None,
        cache: JobCache | None = None,
        threads: int | None = None,
        processes: int | None = None,
    ) -> Runner:
        """Return a runner.

        Parameters
        ----------
        tasks
            The task classes and functions that it runs; None for all that the program
            defines.
        cache
            Where the jobs' cache is kept; None for the store's own.
        threads, processes
            How many tasks run at once, in threads of this process or in worker
            processes; None for what ``FAIRLEAD_WORKERS`` says.

        Raises
        ------
        ConflictingDefinitionError
            If two of the tasks differ under one identifier and version.
        """
        from fairlead.sdk.runners import Runner

        return Runner(self, tasks, cache, threads, processes)

    def run(self, task: Any, on: MachineGroup | None = None, **options: Unpack[Options]) -> TaskRun:
        """Start one task as a run of its own, and print how to follow it.

        Parameters
        ----------
        task
            An instance of a task class, or a task function with its arguments.  Every
            call starts another run.
        on
            The machine group to run on.
        options
            As for ``ExecutionContext.submit_subtask``.
        """
        from fairlead.sdk.runs import start_run

        return start_run(self, task, on, options)
