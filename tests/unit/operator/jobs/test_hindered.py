"""A Job says that the operator cannot go on with it, and later that it does."""

from __future__ import annotations

from typing import Any

from fairlead_operator.jobs import hindered as hindrances
from fairlead_operator.jobs.jobrecord import JobRecord

from .world import START, World, task, world


def _hindered(seen: World) -> World:
    """Let a job say that the operator is hindered, as a worker has written it."""
    job = JobRecord.parse(seen.job)
    news = hindrances.hindered(job.conditions, "Forbidden", "a right is missing", START, 1)
    assert news is not None
    seen._patch_job({"conditions": news})
    seen.model = None
    return seen


def _said(seen: World) -> dict[str, Any]:
    return seen.condition(hindrances.HINDERED)


def test_a_job_that_was_never_hindered_says_nothing_of_it() -> None:
    seen = world(task("a")).finish("a")
    assert seen.job_state == "Completed"
    assert hindrances.HINDERED not in {one["type"] for one in seen.job["status"]["conditions"]}


def test_the_same_hindrance_is_not_written_again_and_another_is() -> None:
    first = hindrances.hindered((), "Forbidden", "no", START, 1)
    assert first is not None
    assert hindrances.hindered(first, "Forbidden", "no", START + 9, 1) is None
    other = hindrances.hindered(first, "QuotaExceeded", "full", START + 9, 1)
    assert other is not None
    # It has been hindered all the time.
    assert other[0]["lastTransitionTime"] == first[0]["lastTransitionTime"]


def test_a_job_that_goes_on_says_so() -> None:
    seen = _hindered(world(task("a")))
    seen.operate()
    assert seen.model.hindered
    seen.model.goes_on(seen.now)
    seen.operate()
    assert (_said(seen)["status"], _said(seen)["reason"]) == ("False", "GoesOn")
    assert not seen.model.hindered
    assert hindrances.freed(JobRecord.parse(seen.job).conditions, START, 1) is None
    # The other conditions are as they were.
    assert seen.condition("Finished")["status"] == "False"


def test_a_job_that_ends_is_not_hindered_any_more() -> None:
    seen = _hindered(world(task("a")))
    seen.operate().finish("a")
    assert (seen.job_state, _said(seen)["status"]) == ("Completed", "False")
