"""``docs/reference/failures.md``: every way to fail or not to start, from the operator's table."""

from __future__ import annotations

import pages
from fairlead.api.words import camel
from fairlead.core.outcomes import Budget
from fairlead_operator.driving.hindrances import HINDRANCES, Hindrance
from fairlead_operator.runners.failures import FAILURES, FailureClass

BUDGETS = {
    Budget.USER: "the task's retries",
    Budget.EXHAUSTED: "the task, which is not tried again",
    Budget.PLATFORM: "the platform, ten times a task",
    Budget.UNCHARGED: "nothing",
}


def text() -> str:
    """Return the page."""
    ended = [one for one in FAILURES.values() if one.kind is not None]
    waits = [one for one in FAILURES.values() if one.kind is None]
    return pages.page(
        "Failures on a cluster",
        "Each has a reason, which stands in conditions, events and messages, and a remedy, which "
        "`kubectl describe` and `fairlead tasks info` show behind it.",
        "## How an attempt ends",
        "The outcome is what the Task records of the attempt. What it is charged to decides "
        "whether the task is tried again: failures of its own use up its `retry.limit`, those of "
        "the platform never do. A runner's own report wins over everything else.",
        pages.table(
            ("reason", "outcome", "charged to", "what happened", "what to do"),
            (_ending(one) for one in ended),
        ),
        "## Why a task waits",
        "Nothing has ended and nothing is charged: the task is Queued with the condition "
        "`Runnable` False, and starts once the cause is mended. A task that only waits for its "
        "turn has no such condition. Runners that do not start are in the table above: their "
        "attempt waits in the same way, until its time is over.",
        pages.table(("reason", "what is wrong", "what to do"), (_wait(one) for one in waits)),
        "## Why a job does not go on",
        "The operator itself cannot go on with the job, and tries again by itself. The Job has the "
        "condition `Hindered` True, and False once the operator goes on; nothing fails meanwhile.",
        pages.table(("reason", "what is wrong", "what to do"), (_wait(one) for one in HINDRANCES)),
    )


def _ending(one: FailureClass) -> tuple[str, ...]:
    assert one.kind is not None
    return f"`{one.reason}`", camel(one.kind), BUDGETS[one.budget], one.meaning, one.remedy


def _wait(one: FailureClass | Hindrance) -> tuple[str, ...]:
    return f"`{one.reason}`", one.meaning, one.remedy
