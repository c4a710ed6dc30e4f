"""What a job asks of those who give out runners, and what it is told.

The model of a job does not know releases, sizes or pods; it asks through this interface,
which a worker fills from the indexes and the allocator of all jobs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from fairlead_operator.runners.classify import Ending, Stuck
from fairlead_operator.runners.pod_record import PodRecord


class Wanted(NamedTuple):
    """What a task needs of a runner.  Tasks that want the same may share runners."""

    identifier: str
    version: str
    release: str
    size: str
    group: str


@dataclass(frozen=True, slots=True)
class Grant:
    """A runner that was given: one that is there, or leave to make a new pod.

    ``pod_name`` is empty for a new pod; ``details`` is for whoever granted it.
    """

    pod_name: str
    size: str
    release: str
    details: Any = None

    @property
    def warm(self) -> bool:
        """Whether the runner is there already."""
        return bool(self.pod_name)


@dataclass(frozen=True, slots=True)
class Refused:
    """No runner.  With a reason people want to know of it; without, it is only not their turn.

    ``final`` says that waiting is no use: the task fails.
    """

    reason: str = ""
    message: str = ""
    final: bool = False


class Runners(Protocol):
    """Whoever gives out runners to one job."""

    def acquire(self, wanted: Wanted, now: float) -> Grant | Refused:
        """Give a runner, or say why there is none; the job is woken when that may change."""

    def give_back(self, grant: Grant) -> None:
        """Take back what was granted and not used."""

    def bind(self, grant: Grant, pod_name: str, task: str, now: float) -> None:
        """Note which pod a grant became, and for which task."""

    def held(self, pod_name: str, task: str) -> None:
        """Note that a task which was found recorded holds a pod."""

    def idle(self, pod_name: str, now: float) -> None:
        """Note that a pod has reported the end of its task."""

    def forget(self, pod_name: str) -> None:
        """Note that a pod was not made, or is not to get anything any more."""

    def pod(self, pod_name: str) -> PodRecord | None:
        """Return what is known of a pod."""

    def judge(self, pod: PodRecord, now: float) -> Ending | Stuck | None:
        """Say how a pod ended, or why it does not come up."""

    def look_again(self, pod: PodRecord, now: float) -> float | None:
        """Say when that may change without an event."""

    def grows_to(self, size: str) -> str:
        """Return the size to use after running out of memory on this one, or nothing."""
