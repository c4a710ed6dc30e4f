"""What may keep the operator from going on with a job, and what to do about it.

The table stands in the Job's condition Hindered, in events, and in
``docs/reference/failures.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

from fairlead_operator.driving.applying import SurpriseError
from fairlead_operator.kube.errors import (
    ForbiddenError,
    InvalidError,
    KubeError,
    QuotaError,
    TooManyRequestsError,
    UnauthorizedError,
    UnavailableError,
)


@dataclass(frozen=True, slots=True)
class Hindrance:
    """One thing that keeps the operator from going on.

    Attributes
    ----------
    reason
        Its name: one word, that of the condition.
    meaning
        What is wrong.
    remedy
        What to do about it.
    """

    reason: str
    meaning: str
    remedy: str


QUOTA = Hindrance(
    "QuotaExceeded",
    "A quota of the namespace has no room for the job's Tasks.",
    "Raise the quota (`kubectl describe quota`), or delete jobs that have ended.",
)

FORBIDDEN = Hindrance(
    "Forbidden",
    "The API server forbids the operator a request: a right is missing, or a webhook refuses it.",
    "Give the operator's service account the right that the message names, or change the webhook"
    " or policy that it names.",
)

REFUSED = Hindrance(
    "Refused",
    "The API server takes what the operator writes for wrong: an admission policy or a rule of"
    " the definition says so.",
    "Change the policy or webhook that the message names; where it names a rule of Fairlead's own,"
    " apply the definitions of the operator's version: `fairlead crds apply`.",
)

UNAVAILABLE = Hindrance(
    "Unavailable",
    "The API server, or a webhook that it asks, fails or does not answer.",
    "Look after the API server, or after the webhook that the message names; nothing is lost"
    " meanwhile.",
)

CONTESTED = Hindrance(
    "Contested",
    "Somebody else writes the job's objects while the operator does.",
    "Find out who, by `kubectl get --show-managed-fields`; one operator alone may look after a"
    " namespace.",
)

MISTAKEN = Hindrance(
    "OperatorFailed",
    "The operator makes a mistake about this job.",
    "The operator's log has the traceback: please report it. Other jobs are not concerned.",
)

HINDRANCES = (QUOTA, FORBIDDEN, REFUSED, UNAVAILABLE, CONTESTED, MISTAKEN)


def hindrance_of(error: Exception) -> Hindrance:
    """Return what an error that ended the driving of a job stands for."""
    if isinstance(error, SurpriseError):
        # What was refused as invalid is a surprise to the model first of all.
        return REFUSED if isinstance(error.__cause__, InvalidError) else CONTESTED
    for kinds, hindrance in _BY_ERROR:
        if isinstance(error, kinds):
            return hindrance
    return MISTAKEN


_BY_ERROR: tuple[tuple[type[KubeError] | tuple[type[KubeError], ...], Hindrance], ...] = (
    (QuotaError, QUOTA),
    ((ForbiddenError, UnauthorizedError), FORBIDDEN),
    ((UnavailableError, TooManyRequestsError), UNAVAILABLE),
    (KubeError, REFUSED),
)


def told(error: Exception) -> str:
    """Return an error as a sentence, with the remedy behind it."""
    what = f"{error}".strip() or type(error).__name__
    end = "" if what.endswith((".", "!", "?", "…")) else "."
    return f"{what}{end} It is tried again, ever more slowly. {hindrance_of(error).remedy}"
