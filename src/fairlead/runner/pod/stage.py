"""Where tasks run: a pool of one worker, a new process for every task."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

from fairlead.runner.pod import WORKER
from fairlead.runner.pod.ground import Ground
from fairlead.runner.pod.settings import PodSettings
from fairlead.runner.pool import WorkerPool

if TYPE_CHECKING:
    from fairlead.sdk.attempt import AttemptOrder, AttemptOutcome, OutcomeKind
    from fairlead.sdk.backend import Progress
    from fairlead.sdk.cache import JobCache

_GONE_WITHIN = 15.0


class Player(Protocol):
    """Is told what the task on the stage does, from the pool's thread."""

    def finished(self, outcome: AttemptOutcome) -> None: ...

    def logged(self, level: str, message: str, fields: dict[str, Any]) -> None: ...

    def reported(
        self, display: str | None, progress: tuple[Progress, ...], status_text: str | None
    ) -> None: ...

    def printed(self, stream: str, text: str) -> None: ...

    def cache(self) -> JobCache: ...


class Stage:
    """Runs one attempt at a time; the :class:`fairlead.runner.events.PoolEvents` of its pool.

    Making one blocks until the release is imported.

    Raises
    ------
    ProgramError
        If it cannot be imported.
    """

    def __init__(self, settings: PodSettings, ground: Ground) -> None:
        self._ground = ground
        self._player: Player | None = None
        self._ticket = 0
        self._lock = threading.Lock()
        self._pool = WorkerPool(
            1,
            self,
            programs=[f"The release {settings.release.name}"],
            grace=0.0,
            files_root=ground.files,
            executor=f"{WORKER}:execute_listed",
            loader=f"{WORKER}:load_release",
            early=ground.early,
            source=ground.source,
            measures=True,
        )

    def play(self, order: AttemptOrder, player: Player) -> None:
        """Begin to run an attempt.

        Raises
        ------
        BackendError
            If worker processes cannot be kept alive.
        """
        with self._lock:
            self._ticket += 1
            self._player = player
        self._pool.submit(self._ticket, order)

    def stop(self) -> None:
        """Ask the present attempt to stop; what it returns counts."""
        self._pool.stop(self._ticket)

    def kill(self, kind: OutcomeKind) -> None:
        """End the present attempt by force; unless it has just ended, its outcome is of a kind."""
        self._pool.kill(self._ticket, kind)

    def begun(self) -> float | None:
        """Return when the present attempt's code began, by the monotonic clock."""
        return self._pool.begun(self._ticket)

    def clear(self) -> None:
        """Have a new worker, and nothing left of the last task: no process and no file."""
        self._pool.resize(0)
        deadline = time.monotonic() + _GONE_WITHIN
        while self._pool.pids and time.monotonic() < deadline:
            time.sleep(0.005)
        self._ground.clean()
        self._pool.resize(1)

    @property
    def alive(self) -> bool:
        """Whether attempts can be run."""
        return self._pool.alive

    def close(self) -> None:
        """End all processes."""
        self._pool.close(0.0)

    @property
    def zygote(self) -> int | None:
        """The process id of the zygote, while there is one."""
        return self._pool.zygote

    # --- called by the pool's thread --------------------------------------------------

    def finished(self, ticket: int, outcome: AttemptOutcome) -> None:
        """Pass on the outcome, if it is the present attempt's."""
        if (player := self._playing(ticket)) is not None:
            player.finished(outcome)

    def logged(self, ticket: int, level: str, message: str, fields: dict[str, Any]) -> None:
        """Pass on a log line."""
        if (player := self._playing(ticket)) is not None:
            player.logged(level, message, fields)

    def printed(self, ticket: int, stream: str, text: str) -> None:
        """Pass on printed lines."""
        if (player := self._playing(ticket)) is not None:
            player.printed(stream, text)

    def reported(
        self,
        ticket: int,
        display: str | None,
        progress: tuple[Progress, ...],
        status_text: str | None,
    ) -> None:
        """Pass on what the task shows of itself."""
        if (player := self._playing(ticket)) is not None:
            player.reported(display, progress, status_text)

    def cache_for(self, ticket: int) -> JobCache:
        """Return the cache of the present attempt's job."""
        player = self._playing(ticket)
        assert player is not None, "only the attempt that runs asks"
        return player.cache()

    def blocked(self, ticket: int, is_blocked: bool) -> None:
        """Take no notice: a pod runs one task at a time, whatever that waits for."""

    def settled(self) -> None:
        """Take no notice."""

    def _playing(self, ticket: int) -> Player | None:
        with self._lock:
            return self._player if ticket == self._ticket else None
