"""Pods that the API server refuses: how soon, and how many at a time, are asked for again.

A quota that is used up refuses whatever is asked, for a time that nobody can know.  So the
first refusal closes the way for pods of its kind; after a pause, or when a pod has ended
there, one may be tried.  If it is made, two may be, then four, until hardly anything is held
back any more; if it is refused, the next pause is twice as long.  However many tasks wait, the API
server is asked once a pause.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fairlead_operator.runners.refusal import Refusal

PodKey = tuple[str, str]
"""Namespace and name."""

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 15.0
"""Seconds until it is tried again.  A quota may be raised, which nothing tells of."""

WIDE = 64
"""How many may be tried at a time at most."""

FORGOTTEN_SECONDS = 60.0
"""A hold that nobody has run into for so long after its pause is over."""


@dataclass(slots=True)
class Hold:
    """What keeps pods of one kind from being made.

    Attributes
    ----------
    refusal
        What the API server said.
    until
        When one may be tried again.
    pause
        How long the next pause will be.
    closed
        Whether none may be tried now.
    window
        How many may be tried at a time.
    tried
        Those that are tried now.
    """

    refusal: Refusal
    until: float = 0.0
    pause: float = FIRST_PAUSE
    closed: bool = True
    window: int = 1
    tried: set[PodKey] = field(default_factory=set)

    @property
    def free(self) -> int:
        """How many more may be tried now."""
        return 0 if self.closed else self.window - len(self.tried)

    def refused(self, pod: PodKey, refusal: Refusal, now: float) -> None:
        """Take note that a pod was refused."""
        self.tried.discard(pod)
        self.refusal = refusal
        if self.closed and self.until > now:
            return  # Of several that were asked for together, the first has said it.
        self.closed, self.window = True, 1
        self.until = now + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE)

    def made(self, pod: PodKey) -> None:
        """Take note that a pod was made."""
        if pod in self.tried:
            self.tried.discard(pod)
            self.window = min(self.window * 2, WIDE)
            self.pause = FIRST_PAUSE

    def open(self) -> None:
        """Let one be tried."""
        self.closed = False

    @property
    def is_quota(self) -> bool:
        """Whether there is room again once other pods have ended."""
        return self.refusal.reason == "QuotaExceeded"

    @property
    def wide(self) -> bool:
        """Whether it hardly holds anything back any more."""
        return self.window >= WIDE
