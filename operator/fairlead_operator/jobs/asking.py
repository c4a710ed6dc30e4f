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
    """A runner that was given.

    Attributes
    ----------
    pod_name
        The pod that holds the attempt.
    new
        Whether that pod is still to be made.
    warm
        Whether it is up and waits, so that the assignment itself starts the task.
    details
        What whoever granted it needs to make the pod.
    """

    pod_name: str
    size: str
    release: str
    new: bool = True
    warm: bool = False
    details: Any = None


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

    def available(self, wanted: Wanted) -> Refused | None:
        """Say what keeps all tasks that want this from running, whatever comes free."""

    def acquire(self, wanted: Wanted, pod_name: str, now: float) -> Grant | Refused:
        """Give a runner, or leave to make one of that name; the job is woken after a refusal."""

    def again(self, grant: Grant, now: float) -> Refused | None:
        """Ask once more for a pod that was granted and then refused; None if it may be made."""

    def held(self, pod_name: str, now: float) -> None:
        """Note that a task which was found recorded holds a pod."""

    def idle(self, pod_name: str, since: float, now: float) -> None:
        """Note that a pod has reported the end of its task."""

    def overstays(self, pod_name: str, now: float) -> bool:
        """Say whether a pod is there that has no task and should have ended by itself."""

    def leaving(self, pod_name: str, now: float) -> None:
        """Note that a pod has reported and is about to end."""

    def give_up(self, pod_name: str, now: float, uid: str | None = None) -> None:
        """Note that a pod will not be made; with ``uid``, that its node is lost."""

    def pod(self, pod_name: str) -> PodRecord | None:
        """Return what is known of a pod."""

    def judge(self, pod: PodRecord, now: float) -> Ending | Stuck | None:
        """Say how a pod ended, or why it does not come up."""

    def look_again(self, pod: PodRecord, now: float) -> float | None:
        """Say when that may change without an event."""

    def grows_to(self, size: str) -> str:
        """Return the size to use after running out of memory on this one, or nothing."""
