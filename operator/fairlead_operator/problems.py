"""What keeps the whole operator from its work: one table of causes, and which of them lasts.

None of them ends the process: starting again would mend none. Each is one line of the log when
it begins and one when it is over, a number for alerts, and what ``/readyz`` says meanwhile.
The table is also in ``docs/guide/troubleshooting.md``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from fairlead_operator.logs import Log

log = Log("problems")


@dataclass(frozen=True, slots=True)
class Cause:
    """One way in which the operator cannot work.

    Attributes
    ----------
    name
        One word: the label of the metric, and the field of the log.
    meaning
        What is wrong.
    remedy
        What to do about it.
    """

    name: str
    meaning: str
    remedy: str


UNREACHABLE = Cause(
    "unreachable",
    "The API server does not answer, or answers with nothing but failures.",
    "Look after the API server and the way to it: address, certificates, network policies that"
    " keep the operator from it. Tasks that run go on; nothing is lost meanwhile.",
)

UNAUTHORIZED = Cause(
    "unauthorized",
    "The API server does not know the operator: its token has expired or was revoked, or its"
    " service account is gone.",
    "See that the service account exists; where it was deleted and made again, delete the"
    " operator's pod. Else the kubelet renews a pod's token, and it is read again by itself;"
    " elsewhere put a fresh one where the kubeconfig names it.",
)

OLD_SERVER = Cause(
    "old_server",
    "The cluster's Kubernetes is older than Fairlead needs.",
    "Upgrade the cluster.",
)

MISSING_DEFINITIONS = Cause(
    "missing_definitions",
    "The cluster lacks definitions of Fairlead's kinds, or has those of an older Fairlead.",
    "Apply the definitions of the operator's version: `fairlead crds apply`.",
)

DENIED = Cause(
    "denied",
    "The operator's service account lacks rights that the operator needs.",
    "Give it these rights: the chart's roles have all of them (`helm upgrade` puts them back).",
)

UNSYNCED = Cause(
    "unsynced",
    "Not everything has been listed since the operator began.",
    "Look in the log for what is tried again; very many objects, or a busy API server, take"
    " their time.",
)

STALE = Cause(
    "stale",
    "Nothing was heard of some kind of object for too long.",
    "Look after the API server: it answers, but lists and watches of that kind fail.",
)

CAUSES = (
    UNREACHABLE,
    UNAUTHORIZED,
    OLD_SERVER,
    MISSING_DEFINITIONS,
    DENIED,
    UNSYNCED,
    STALE,
)
"""Every cause. Of several that hold at once the first is told: it mostly explains the others."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause that was found.

    Attributes
    ----------
    because
        What exactly: the same words for as long as it is the same.
    detail
        What more there is to say of it, which may be another thing the next time.
    """

    cause: Cause
    because: str
    detail: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.because}: {self.detail}" if self.detail else self.because

    @property
    def text(self) -> str:
        """The cause, what exactly, and what to do about it."""
        return f"{self.cause.name}: {self}. {self.cause.remedy}"


class Problems:
    """Which cause lasts, if any.

    Parameters
    ----------
    clock
        Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = 0.0
        self.lasting: Finding | None = None

    def found(self, finding: Finding | None) -> None:
        """Take note of how things are now; the log gets a line where that is news."""
        before = self.lasting
        if finding == before:
            return
        self.lasting = finding
        if before is not None and (finding is None or finding.cause is not before.cause):
            log.info("over", cause=before.cause.name, seconds=round(self._clock() - self._since))
        if finding is None:
            return
        if before is None or before.cause is not finding.cause:
            self._since = self._clock()
        cause = finding.cause
        log.error("not ready", cause=cause.name, because=str(finding), remedy=cause.remedy)

    def text(self) -> str | None:
        """Return what is wrong and what to do about it; None if nothing is."""
        return self.lasting.text if self.lasting else None

    def numbers(self) -> dict[str, int]:
        """Return, for each cause by name, 1 while it lasts and 0 else."""
        lasting = self.lasting.cause if self.lasting else None
        return {cause.name: int(cause is lasting) for cause in CAUSES}
