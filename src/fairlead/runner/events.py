"""What a pool of worker processes tells its owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from fairlead.sdk.attempt import AttemptOutcome
    from fairlead.sdk.backend import Progress
    from fairlead.sdk.cache import JobCache


class PoolEvents(Protocol):
    """Called from the pool's one thread, so never two at a time; an exception ends the pool.

    While one of these runs, nothing else of the pool moves on.
    """

    def finished(self, ticket: int, outcome: AttemptOutcome) -> None:
        """Take the outcome; called exactly once for each ticket, after all else of it."""

    def logged(self, ticket: int, level: str, message: str, fields: dict[str, Any]) -> None:
        """Take a line that the task logged."""

    def reported(
        self,
        ticket: int,
        display: str | None,
        progress: tuple[Progress, ...],
        status_text: str | None,
    ) -> None:
        """Take the task's present display, progress and status."""

    def printed(self, ticket: int, stream: str, text: str) -> None:
        """Take whole lines that the task wrote to ``stdout`` or ``stderr``."""

    def cache_for(self, ticket: int) -> JobCache:
        """Return the cache of the task's job."""

    def blocked(self, ticket: int, is_blocked: bool) -> None:
        """Learn that the task begins or ends waiting for others and holds no place."""

    def settled(self) -> None:
        """Learn that all that had arrived has been passed on: a good moment to commit."""
