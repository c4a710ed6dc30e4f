"""Worker processes that run attempts, as used by a driver in its own process.

The pool promises that each submitted ticket is finished exactly once, whatever becomes
of the workers, and that nothing outlives the driver.

One *zygote* process imports the user's programs once and forks workers from itself in
milliseconds (``zygote.py``).  Each worker has its own queue, which the driver keeps a
few tickets ahead and from which it can take back what has not been begun, so that the
freest worker always has work (``dispatch.py``).  One thread of the driver listens to
all workers (``reader.py``, ``listener.py``) and calls the owner's events.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairlead.errors import BackendError, BackendUnavailableError
from fairlead.runner.events import PoolEvents
from fairlead.runner.protocol import encode_order
from fairlead.runner.reader import Reader
from fairlead.runner.zygote import ZygoteConfig
from fairlead.sdk.attempt import AttemptOrder, OutcomeKind

if TYPE_CHECKING:
    from fairlead.runner.distrust import ZygoteSource
    from fairlead.runner.early import EarlyZygote

EXECUTOR = "fairlead.runner.registered:execute_registered"
LOADER = "fairlead.runner.program:import_program"


class WorkerPool:
    """A number of worker processes that run attempts.

    Making one blocks until the programs have been imported.  All methods may be called
    from any thread, also from within the events.

    Parameters
    ----------
    size
        How many tasks run at a time.
    events
        Is told what happens.
    programs
        Files or modules whose import defines the tasks.
    grace
        Seconds that :meth:`close` gives running tasks to stop.
    memory_limit
        Bytes that a task may take beyond what the imported program takes; None for any.
    files_root
        The folder under which tasks leave files, as ``<job>/<task>``.
    show
        Whether what tasks print is shown on the driver's own streams.
    executor, loader
        ``module:function`` of what runs an order, and of what imports a program.
    early
        The zygote, where one was made beforehand; another takes its place should it die.
    source
        What starts zygotes where they run apart from the driver; then nothing that workers
        say is trusted.
    measures
        Whether outcomes are to say what attempts took.

    Raises
    ------
    ProgramError
        If a program cannot be imported.
    BackendUnavailableError
        If this system is not Linux: the ends of processes are not made sure of elsewhere.
    """

    def __init__(
        self,
        size: int,
        events: PoolEvents,
        *,
        programs: Sequence[str] = (),
        grace: float = 10.0,
        memory_limit: int | None = None,
        files_root: str,
        show: bool = True,
        executor: str = EXECUTOR,
        loader: str = LOADER,
        early: EarlyZygote | None = None,
        source: ZygoteSource | None = None,
        measures: bool = False,
    ) -> None:
        if not sys.platform.startswith("linux"):
            raise BackendUnavailableError(
                f"Worker processes need Linux, and this is {sys.platform}. Use threads:"
                f" FAIRLEAD_WORKERS=threads."
            )
        config = ZygoteConfig(
            list(programs),
            loader,
            executor,
            files_root,
            memory_limit,
            list(sys.path),
            sys.argv[:],
            is_bounded=source is not None,
            measures=measures,
        )
        self._grace = grace
        self._reader = Reader(size, events, config, show, early, source)
        self._reader.start()

    def submit(self, ticket: int, order: AttemptOrder) -> None:
        """Run an attempt as soon as a worker is free.

        ``ticket`` is any number from 1 up that this pool has not had before.

        Raises
        ------
        BackendError
            If the pool is closed, or cannot keep workers alive.
        """
        body = encode_order(order)
        dispatch = self._reader.dispatch
        with dispatch.lock:
            if not self._reader.usable:
                raise BackendError("The worker pool is closed.")
            dispatch.add(ticket, body)

    def stop(self, ticket: int) -> None:
        """Ask an attempt to stop; what it returns counts."""
        self._reader.command(lambda: self._reader.stop(ticket))

    def kill(self, ticket: int, kind: OutcomeKind) -> None:
        """Kill the worker that runs an attempt, which then ends with an outcome of that kind.

        An attempt that has not begun is taken back and ends RELEASED; one whose outcome
        has already arrived keeps it.
        """
        self._reader.command(lambda: self._reader.kill(ticket, kind))

    def begun(self, ticket: int) -> float | None:
        """Return when an attempt was begun (``time.monotonic()``), None if it was not yet."""
        dispatch = self._reader.dispatch
        with dispatch.lock:
            return dispatch.begun(ticket)

    def resize(self, size: int) -> None:
        """Change how many tasks run at a time; running ones are not disturbed."""
        self._reader.command(lambda: self._reader.resize(size))

    def close(self, grace: float | None = None) -> None:
        """End the pool: give back what has not begun, ask the rest to stop, then kill it.

        What had to be killed ends RELEASED.  Returns when all workers are gone, except
        when called from within an event.
        """
        seconds = self._grace if grace is None else grace
        self._reader.command(lambda: self._reader.begin_to_close(seconds))
        if threading.current_thread() is not self._reader.thread:
            self._reader.thread.join()

    @property
    def alive(self) -> bool:
        """Whether attempts can be submitted."""
        return self._reader.usable

    @property
    def pids(self) -> list[int]:
        """The process ids of the present workers."""
        dispatch = self._reader.dispatch
        with dispatch.lock:
            return [worker.pid for worker in dispatch.workers.values() if worker.pid]

    @property
    def zygote(self) -> int | None:
        """The process id of the zygote; None while there is none."""
        return self._reader.zygote
