"""Attempts that ended in time, and whose runners take long to record what they made."""

from __future__ import annotations

import pytest

from fairlead.core.outcomes import OutcomeKind
from fairlead_operator.jobs.deliveries import PATIENCE
from fairlead_operator.jobs.effects import LAST_CHANCE

from .world import World, task, world

LIMIT = 60
EVERY = 5.0


def late() -> World:
    """A job whose only task ends just in time."""
    seen = world(task("a", timeoutSeconds=LIMIT))
    seen.begin("a")
    return seen.wait(LIMIT - 1)


def recording(seen: World, seconds: float) -> World:
    """Let the runner say for some time that it is recording."""
    while seconds > 0:
        seen.record("a")
        seen.wait(EVERY)
        seconds -= EVERY
    return seen


def test_an_attempt_is_not_out_of_time_while_what_it_made_is_recorded() -> None:
    seen = recording(late(), 600)
    assert "stop" not in seen.status("a")
    seen.finish("a", OutcomeKind.SUCCEEDED, {}, {})
    assert seen.state("a") == "Computed"
    seen.finish("a/0").finish("a/1")
    assert seen.job_state == "Completed"


def test_a_runner_that_records_no_more_has_its_attempt_ended() -> None:
    seen = recording(late(), 100).wait(PATIENCE)
    assert seen.status("a")["stop"] == "Timeout"
    pod = seen.pods[seen.status("a")["podName"]]
    seen.wait(16)
    assert seen.pods[pod.name].gone


def test_a_runner_may_say_so_only_after_it_was_told_that_its_time_is_over() -> None:
    """The API server was away when its code ended."""
    seen = late().wait(12)
    assert seen.status("a")["stop"] == "Timeout"
    recording(seen, 300)
    assert not seen.pods[seen.status("a")["podName"]].gone
    seen.finish("a", OutcomeKind.SUCCEEDED, {})
    seen.finish("a/0")
    assert seen.job_state == "Completed"


def test_a_runner_has_its_last_chance_from_when_it_could_be_told() -> None:
    """While the API server is away, neither the stop nor a runner's word is written."""
    seen = late()
    seen.now += 600
    seen.model.clock_reached(seen.now)
    stop, *others = seen.model.take_actions()
    assert (stop.status, others) == ({"stop": "Timeout"}, [])
    seen.now += 600
    seen.model.clock_reached(seen.now)
    assert seen.model.take_actions() == []
    seen._apply(stop)
    seen.wait(LAST_CHANCE - 1)
    recording(seen, 60).finish("a")
    assert seen.job_state == "Completed"


def test_a_new_operator_waits_for_the_runners_next_word() -> None:
    seen = recording(late(), 100)
    seen.model = None
    seen.operate().wait(PATIENCE - 1)
    assert "stop" not in seen.status("a")
    recording(seen, 60)
    assert "stop" not in seen.status("a")
    seen.wait(PATIENCE)
    assert seen.status("a")["stop"] == "Timeout"


def test_the_word_of_an_earlier_attempt_does_not_count_for_the_next() -> None:
    seen = world(task("a", timeoutSeconds=LIMIT, retry={"limit": 1, "backoffSeconds": 1}))
    seen.begin("a").wait(LIMIT - 1)
    recording(seen, 30).finish("a", OutcomeKind.ERROR).wait(5)
    assert "deliveryTime" not in seen.status("a")
    seen.begin("a").wait(LIMIT + 11)
    assert seen.status("a")["stop"] == "Timeout"


@pytest.mark.parametrize(("told", "kind"), [(True, "Lost"), (False, "Timeout")])
def test_a_runner_that_dies_while_it_records_was_not_out_of_time(told: bool, kind: str) -> None:
    seen = late().wait(12)
    assert seen.status("a")["stop"] == "Timeout"
    if told:
        seen.record("a")
    seen.end_pod(seen.status("a")["podName"])
    if told:
        assert seen.status("a")["attempts"][0]["kind"] == kind
        assert seen.status("a")["platformFailures"] == 1
    else:
        assert seen.status("a")["reason"].startswith(f"{kind}: ")


def test_a_task_that_is_cancelled_is_not_waited_for() -> None:
    optional = {"failurePolicy": "Ignore", "timeoutSeconds": LIMIT, "graceSeconds": 5}
    seen = world(task("a", **optional), task("b"))
    seen.begin("a", "b")
    recording(seen, 10).annotate("a", "Cancelled")
    pod = seen.status("a")["podName"]
    recording(seen, 21)
    assert seen.pods[pod].gone
