"""Outcomes and states as labels have them, and the colours that they always have."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.api.words import camel
from fairlead.core.outcomes import BUDGETS, Budget, OutcomeKind

GREEN, BLUE, YELLOW, ORANGE, RED, PURPLE, GREY = (
    "green",
    "blue",
    "yellow",
    "orange",
    "red",
    "purple",
    "text",
)
QUIET_GREEN = "dark-green"

STATES: Mapping[str, str] = {
    "Queued": YELLOW,
    "Running": BLUE,
    "Computed": PURPLE,
    "Suspended": GREY,
    "Completed": GREEN,
    "Failed": RED,
    "FailedOptional": ORANGE,
    "Skipped": "light-blue",
    "Cancelled": "dark-orange",
}
"""Colours of the states of tasks and jobs."""

RUNNERS: Mapping[str, str] = {"busy": BLUE, "idle": QUIET_GREEN, "pending": YELLOW}

OUTCOMES: Mapping[str, str] = {
    "Succeeded": GREEN,
    "Error": RED,
    "NonRetryable": "dark-red",
    "Timeout": ORANGE,
    "OutOfMemory": PURPLE,
    "Crashed": "dark-orange",
    "Disrupted": BLUE,
    "NeverStarted": YELLOW,
    "Lost": "dark-purple",
    "Released": GREY,
    "Cancelled": "super-light-orange",
}


def charged(*budgets: Budget) -> str:
    """Return a pattern of the outcomes that are charged to one of some budgets."""
    return "|".join(
        camel(OutcomeKind(kind)) for kind, budget in BUDGETS.items() if budget in budgets
    )


OWN_FAILURES = charged(Budget.USER, Budget.EXHAUSTED)
"""What the task's code or its needs are the reason of."""

PLATFORM_FAILURES = charged(Budget.PLATFORM)
"""What the cluster is the reason of."""
