"""Why a task gets no runner now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Remedy(Enum):
    """Who can change that a task gets no runner."""

    PATIENCE = "patience"
    """Nobody need: runners come free.  Worth no condition."""
    MENDING = "mending"
    """Somebody: what is wrong must be mended, and then the task runs."""
    NONE = "none"
    """Nobody: waiting is no use, the task fails."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A task gets no runner now.

    Attributes
    ----------
    reason
        One word, that of a condition.
    message
        Why, and what to do about it.
    remedy
        Who can change it.
    """

    reason: str
    message: str
    remedy: Remedy = Remedy.MENDING

    @property
    def ordinary(self) -> bool:
        """Whether the task just waits its turn."""
        return self.remedy is Remedy.PATIENCE

    @property
    def final(self) -> bool:
        """Whether the task will never run."""
        return self.remedy is Remedy.NONE
