"""Tasks and pods that come when nobody knew any more whether they had been made."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.api import labels
from fairlead.core.outcomes import OutcomeKind
from fairlead_operator.jobs import actions as orders
from fairlead_operator.runners.pod_record import Container, PodRecord

from .world import NAMESPACE, World, task, world

OPTIONAL = {"failurePolicy": "Ignore"}


def _child(seen: World, parent: str, attempt: int, key: str) -> dict[str, Any]:
    """A subtask as a runner has sent it that held an earlier attempt of its parent."""
    raw = seen.raw(parent)
    meta = raw["metadata"]
    siblings = labels.parent_attempt(meta["uid"], attempt)
    marks = {**meta["labels"], labels.KEY: key, labels.PARENT_ATTEMPT: siblings}
    return {
        "metadata": {"name": f"late-{attempt}-{key}", "labels": marks},
        "spec": {
            **raw["spec"],
            "key": key,
            "identifier": "acme/Child",
            "parent": {"name": meta["name"], "uid": meta["uid"], "attempt": attempt},
            "creator": {"podUID": "a pod that was given up"},
        },
    }


def _pod(name: str, **more: Any) -> PodRecord:
    return PodRecord(NAMESPACE, name, f"uid-{name}", job_uid="job-uid", **more)


# --- subtasks ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "then", ["waits", "runs again", "is computed", "has failed", "was cancelled"]
)
def test_a_subtask_of_an_attempt_that_was_given_up_is_removed_when_it_comes(then: str) -> None:
    seen = world(task("a", retry={"limit": 0 if then == "has failed" else 3}), task("b"))
    seen.begin("b").finish("a", OutcomeKind.ERROR)
    if then not in ("waits", "has failed"):
        seen.wait(60)
    if then == "is computed":
        seen.finish("a", OutcomeKind.SUCCEEDED, {})
    if then == "was cancelled":
        seen.annotate("a", "Cancelled")
    name = seen.create(_child(seen, "a", 1, "0"))
    seen.operate()
    assert name not in seen.tasks
    assert ("a/0" in seen.states()) == (then == "is computed")


def test_what_a_committed_attempt_does_not_count_is_removed_and_the_others_stay() -> None:
    seen = world(task("a", **OPTIONAL))
    seen.begin("a")
    seen.create(_child(seen, "a", 1, "5"))
    seen.finish("a", OutcomeKind.SUCCEEDED, {}, {}).finish("a/0")
    assert set(seen.states()) == {"a", "a/0", "a/1"}
    seen.create(_child(seen, "a", 1, "6"))
    seen.operate()
    assert set(seen.states()) == {"a", "a/0", "a/1"}
    seen.model = None
    seen.create(_child(seen, "a", 1, "7"))
    seen.operate()
    assert set(seen.states()) == {"a", "a/0", "a/1"}
    seen.annotate("a", "Cancelled")
    assert seen.job_state == "Completed"
    # Nor is what has run taken for what was not committed, because its parent was cancelled.
    seen.create(_child(seen, "a", 1, "8"))
    seen.sweep()
    assert set(seen.states()) == {"a", "a/0", "a/1"}


@pytest.mark.parametrize("kind", [OutcomeKind.ERROR, OutcomeKind.SUCCEEDED])
def test_a_subtask_that_comes_after_the_end_of_its_job_is_removed(kind: OutcomeKind) -> None:
    seen = world(task("a", retry={"limit": 1}, **OPTIONAL), task("b", "a"))
    seen.finish("a", OutcomeKind.ERROR).wait(60)
    seen.finish("a", kind).finish("b")
    assert (seen.job_state, seen.model) == ("Completed", None)
    before = seen.states()
    for attempt in (1, 2) if kind is OutcomeKind.ERROR else (1,):
        seen.create(_child(seen, "a", attempt, "0"))
    seen.sweep()
    assert seen.states() == before


# --- tasks of sessions ---------------------------------------------------------------------


@pytest.mark.parametrize("needs", [[], ["0"], ["9"]], ids=["nothing", "another", "missing"])
def test_what_is_added_to_a_session_after_its_end_is_cancelled(needs: list[str]) -> None:
    seen = world().add("0").finish("0").change_job(closed={"tasks": 1})
    assert seen.job_state == "Completed"
    seen.add("1", dependsOn=needs).sweep()
    assert (seen.state("0"), seen.state("1"), seen.job_state) == (
        "Completed",
        "Cancelled",
        "Completed",
    )
    assert "the job ended before" in seen.status("1")["reason"]
    writes = len(seen.done)
    seen.sweep()
    assert len(seen.done) == writes


def test_looking_again_at_what_has_ended_changes_nothing() -> None:
    seen = world(task("a"), task("b", "a"), task("c", **OPTIONAL))
    seen.finish("a", OutcomeKind.SUCCEEDED, {}, {"dependsOn": ["0"]}).finish("c")
    seen.finish("a/0", OutcomeKind.ERROR)
    assert (seen.state("a"), seen.job_state) == ("Computed", "Failed")
    before = len(seen.done)
    seen.sweep()
    assert seen.done[before:] == []


# --- pods ----------------------------------------------------------------------------------


def test_a_pod_that_no_attempt_waits_for_any_more_is_removed() -> None:
    seen = world(task("a"))
    seen._tell_pod(_pod("late"))
    seen.operate()
    (order,) = seen.ordered(orders.DeletePod)
    assert (order.pod_name, seen.pods["late"].gone) == ("late", True)
    assert not seen.pods[seen.status("a")["podName"]].gone


@pytest.mark.parametrize(
    "more",
    [
        {"container": Container(started=1.0), "phase": "Running"},
        {"phase": "Succeeded"},
        {"deletion": 1.0},
    ],
    ids=["started", "ended", "deleted"],
)
def test_a_pod_that_ends_by_itself_is_left_alone(more: dict[str, Any]) -> None:
    seen = world(task("a"))
    seen._tell_pod(_pod("late", **more))
    seen.operate()
    assert seen.ordered(orders.DeletePod) == []


def test_the_pod_of_another_job_is_left_alone() -> None:
    seen = world(task("a"))
    seen._tell_pod(PodRecord(NAMESPACE, "other", "uid", job_uid="another"))
    seen.operate()
    assert seen.ordered(orders.DeletePod) == []
