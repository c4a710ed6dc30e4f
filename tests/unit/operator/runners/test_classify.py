"""How pods end, and what they are stuck at.

The statuses are those that pods showed on a real cluster; ``tests/integration/pods`` asks it
again.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.operator.runners.pods import (
    EVICTED,
    NOW,
    PREPARED,
    RUNNING,
    SCHEDULED,
    condition,
    pod,
    raw_pod,
    terminated,
    waiting,
)

from fairlead.core.outcomes import OutcomeKind
from fairlead_operator.runners.classify import (
    CHAIN,
    DISRUPTIONS,
    ENDED_BY_CLUSTER,
    WAITING,
    Ending,
    Patience,
    Stuck,
    classify,
    look_again,
    not_begun,
)
from fairlead_operator.runners.failures import FAILURES
from fairlead_operator.runners.pod_record import parse_pod

UNSCHEDULABLE = condition("PodScheduled", "False", "Unschedulable", "0/2 nodes are available")
GATED = condition("PodScheduled", "False", "SchedulingGated", "Scheduling is blocked")
KUBELET = condition(
    "DisruptionTarget", "True", "TerminationByKubelet", "The node was low on memory"
)
TAINTED = condition("DisruptionTarget", "True", "DeletionByTaintManager", "Taint manager: deleting")
COLLECTED = condition("DisruptionTarget", "True", "DeletionByPodGC", "PodGC: node no longer exists")
PREEMPTED = condition("DisruptionTarget", "True", "PreemptionByScheduler", "preempting")
NEW_REASON = condition("DisruptionTarget", "True", "SomethingNew", "why")

FINE = {
    "new": pod(),
    "on its node": pod("Pending", waiting("ContainerCreating"), SCHEDULED),
    "running": pod("Running", RUNNING, SCHEDULED, PREPARED),
    "being evicted": pod("Running", RUNNING, SCHEDULED, EVICTED, deletion=45),
    "being deleted": pod("Running", RUNNING, SCHEDULED, deletion=45),
    "deleted and late, but not lost yet": pod("Running", RUNNING, SCHEDULED, deletion=-59),
    "no longer stuck, as it is deleted": pod(
        "Pending", waiting("ImagePullBackOff"), SCHEDULED, deletion=45
    ),
}


@pytest.mark.parametrize("record", FINE.values(), ids=FINE)
def test_nothing_is_wrong(record) -> None:
    assert classify(record, NOW) is None


ENDINGS = {
    "exit code 0": (pod("Succeeded", terminated(0, "Completed"), SCHEDULED), "Lost"),
    "exit code 1": (pod("Failed", terminated(1), SCHEDULED), "Lost"),
    "killed": (pod("Failed", terminated(137), SCHEDULED), "Lost"),
    "ended, phase not yet": (pod("Running", terminated(1), SCHEDULED), "Lost"),
    "out of memory": (pod("Failed", terminated(137, "OOMKilled"), SCHEDULED), "OutOfMemory"),
    "out of memory, phase not yet": (
        pod("Running", terminated(137, "OOMKilled"), SCHEDULED),
        "OutOfMemory",
    ),
    "no such program": (
        pod("Failed", terminated(128, "StartError", "no such file", "1970-01-01T00:00:00Z")),
        "StartError",
    ),
    "evicted by the API": (
        pod("Succeeded", terminated(0, "Completed"), SCHEDULED, EVICTED, deletion=-1),
        "Evicted",
    ),
    "evicted and gone": (pod("Running", RUNNING, SCHEDULED, EVICTED, gone=True), "Evicted"),
    "evicted by its node": (
        pod("Failed", terminated(137), SCHEDULED, KUBELET, reason="Evicted"),
        "Evicted",
    ),
    "its node shut down": (
        pod("Failed", terminated(143), SCHEDULED, KUBELET, reason="Terminated"),
        "NodeShutdown",
    ),
    "evicted by an older node": (pod("Failed", None, SCHEDULED, reason="Evicted"), "Evicted"),
    "tainted": (pod("Failed", terminated(143), SCHEDULED, TAINTED, deletion=-1), "NodeTainted"),
    "preempted": (pod("Failed", terminated(143), SCHEDULED, PREEMPTED, deletion=-1), "Preempted"),
    "preempted by its node": (pod("Failed", None, SCHEDULED, reason="Preempting"), "Preempted"),
    "collected": (pod("Failed", None, COLLECTED, node="gone", deletion=-1, gone=True), "NodeLost"),
    "disrupted by something new": (pod("Failed", terminated(1), NEW_REASON), "Disrupted"),
    "evicted, though its memory was used up then": (
        pod("Failed", terminated(137, "OOMKilled"), SCHEDULED, EVICTED, deletion=-1),
        "Evicted",
    ),
    "deleted": (pod("Failed", terminated(137), SCHEDULED, deletion=-1), "PodDeleted"),
    "deleted, out of memory": (
        pod("Failed", terminated(137, "OOMKilled"), SCHEDULED, deletion=-1),
        "OutOfMemory",
    ),
    "deleted by force": (pod("Running", RUNNING, SCHEDULED, deletion=0, gone=True), "PodDeleted"),
    "deleted before it had a node": (pod("Pending", None, node="", gone=True), "PodDeleted"),
    "deleted and never gone": (
        pod("Running", RUNNING, SCHEDULED, deletion=-60),
        "NodeLost",
    ),
    "a deadline": (pod("Failed", terminated(137), reason="DeadlineExceeded"), "DeadlineExceeded"),
    "its node is full": (
        pod("Failed", None, reason="OutOfcpu", message="Pod was rejected"),
        "NodeRefused",
    ),
    "its node is another": (
        pod("Failed", None, reason="NodeAffinity", message="Pod was rejected"),
        "NodeRefused",
    ),
    "its node has an unknown reason": (
        pod("Failed", None, reason="UnexpectedAdmissionError", message="x"),
        "NodeRefused",
    ),
    "failed without a word": (pod("Failed"), "NeverStarted"),
    "no name of an image": (
        pod("Pending", waiting("InvalidImageName", "couldn't parse"), SCHEDULED),
        "InvalidImageName",
    ),
}


@pytest.mark.parametrize(("record", "reason"), ENDINGS.values(), ids=ENDINGS)
def test_endings(record, reason: str) -> None:
    found = classify(record, NOW)
    assert isinstance(found, Ending)
    assert found.reason == reason
    assert found.kind is FAILURES[reason].kind
    assert found.message
    assert found.remedy in found.explained


STUCK: dict[str, tuple[Any, str, float | None]] = {
    "unschedulable": (pod("Pending", None, UNSCHEDULABLE, node=""), "Unschedulable", None),
    "gated": (pod("Pending", None, GATED, node=""), "SchedulingGated", None),
    "no image": (
        pod("Pending", waiting("ErrImagePull", "not found"), SCHEDULED),
        "ImagePull",
        NOW - 9 + 300,
    ),
    "no image, for a while": (
        pod("Pending", waiting("ImagePullBackOff", "Back-off"), SCHEDULED),
        "ImagePull",
        NOW - 9 + 300,
    ),
    "no image here": (
        pod("Pending", waiting("ErrImageNeverPull"), SCHEDULED),
        "ImagePull",
        NOW - 9 + 300,
    ),
    "no secret": (
        pod("Pending", waiting("CreateContainerConfigError", "secret not found"), SCHEDULED),
        "ContainerConfig",
        NOW - 9 + 300,
    ),
}


@pytest.mark.parametrize(("record", "reason", "until"), STUCK.values(), ids=STUCK)
def test_stuck(record, reason: str, until: float | None) -> None:
    found = classify(record, NOW)
    assert isinstance(found, Stuck)
    assert (found.reason, found.until) == (reason, until)
    assert found.message
    assert found.remedy in found.explained
    assert look_again(record, NOW) == until


@pytest.mark.parametrize(("record", "reason", "until"), STUCK.values(), ids=STUCK)
def test_what_is_stuck_too_long_has_never_started(record, reason: str, until) -> None:
    late = Patience(start=5)
    found = classify(record, NOW, late)
    assert isinstance(found, Ending)
    assert (found.kind, found.reason) == (OutcomeKind.NEVER_STARTED, reason)
    if until is not None:
        assert isinstance(classify(record, until - 1), Stuck)
        assert isinstance(classify(record, until), Ending)


def test_what_cannot_be_scheduled_waits_for_ever_unless_the_size_says_otherwise() -> None:
    record = pod("Pending", None, UNSCHEDULABLE, node="")
    assert isinstance(classify(record, NOW + 10**6), Stuck)
    assert isinstance(classify(record, NOW + 10**6, Patience(start=3600)), Ending)


@pytest.mark.parametrize(
    ("prepared", "what"), [((), "volumes and network"), ((PREPARED,), "its image")]
)
def test_a_pod_that_waits_on_its_node_is_told_of_after_a_minute(prepared, what: str) -> None:
    record = pod("Pending", waiting("ContainerCreating"), SCHEDULED, *prepared)
    assert classify(record, NOW + 50) is None
    assert look_again(record, NOW + 50) == NOW + 51
    found = classify(record, NOW + 51)
    assert isinstance(found, Stuck)
    assert found.reason == "NotStarting"
    assert what in found.message
    assert found.until is None
    assert isinstance(classify(record, NOW + 10**6), Stuck)


def test_the_size_says_how_long_a_pod_may_wait_on_its_node() -> None:
    record = pod("Pending", waiting("ContainerCreating"), SCHEDULED)
    patience = Patience(start=30)
    assert classify(record, NOW, patience) is None
    assert look_again(record, NOW, patience) == NOW - 9 + 30
    found = classify(record, NOW - 9 + 30, patience)
    assert isinstance(found, Ending)
    assert found.reason == "NotStarting"


def test_the_size_says_when_a_node_counts_as_lost() -> None:
    record = pod("Running", RUNNING, SCHEDULED, deletion=-5)
    assert classify(record, NOW, Patience(node_lost=6)) is None
    assert look_again(record, NOW, Patience(node_lost=6)) == NOW + 1
    found = classify(record, NOW + 1, Patience(node_lost=6))
    assert isinstance(found, Ending)
    assert "node1" in found.message


def test_a_pod_that_no_scheduler_looks_at_is_told_of_after_a_minute() -> None:
    record = pod("Pending", None, node="", created=0)
    assert classify(record, NOW + 59) is None
    assert look_again(record, NOW + 59) == NOW + 60
    found = classify(record, NOW + 60)
    assert isinstance(found, Stuck)
    assert found.reason == "Unschedulable"
    assert "No scheduler" in found.message
    assert isinstance(classify(record, NOW + 60, Patience(start=60)), Ending)


def test_the_message_about_an_image_does_not_change_while_it_is_tried_again_and_again() -> None:
    why = "failed to resolve reference"
    tried = pod("Pending", waiting("ErrImagePull", why), SCHEDULED)
    back = f'Back-off pulling image "registry.example/acme:1": ErrImagePull: {why}'
    paused = pod("Pending", waiting("ImagePullBackOff", back), SCHEDULED)
    found = classify(tried, NOW)
    assert isinstance(found, Stuck)
    assert found == classify(paused, NOW)
    assert found.message == f"Image registry.example/acme:1 cannot be had: {why}"


def test_an_image_of_isolated_tasks_that_cannot_be_had_is_named() -> None:
    raw = raw_pod("Pending", waiting("ContainerCreating"), SCHEDULED)
    raw["spec"]["containers"].append({"name": "task", "image": "theirs.example/theirs:1"})
    theirs = {"name": "task", "state": waiting("ErrImagePull", "not found")}
    raw["status"]["containerStatuses"].append(theirs)
    found = classify(parse_pod(raw), NOW)
    assert isinstance(found, Stuck)
    assert found.message == "Image theirs.example/theirs:1 cannot be had: not found"


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        (1, "first\nlast line\n\n", "with exit code 1; it wrote last: last line"),
        (137, "", "by signal 9."),
        (0, "", "with exit code 0."),
    ],
)
def test_a_lost_runner_is_told_by_how_it_ended(code: int, message: str, words: str) -> None:
    found: Any = classify(pod("Failed", terminated(code, "Error", message), SCHEDULED), NOW)
    assert found.message == f"Pod nightly-fetch-a1 ended without a report, {words}"


@pytest.mark.parametrize("reason", ["", "OOMKilled"])
def test_a_runner_that_ends_before_it_has_begun_was_never_started(reason: str) -> None:
    found = classify(pod("Failed", terminated(1, reason, "No module named fairlead")), NOW)
    assert isinstance(found, Ending)
    counts = not_begun(found)
    assert (counts.kind, counts.reason) == (OutcomeKind.NEVER_STARTED, "RunnerCrashed")
    assert counts.message == found.message


def test_a_disruption_before_the_task_has_begun_stays_one() -> None:
    found = classify(pod("Failed", terminated(143), EVICTED, deletion=-1), NOW)
    assert isinstance(found, Ending)
    assert not_begun(found) is found


def test_what_a_runner_wrote_last_is_cut() -> None:
    found: Any = classify(pod("Failed", terminated(1, "Error", "x" * 4000), SCHEDULED), NOW)
    assert len(found.message) < 500


def test_a_pod_with_other_containers_ends_with_its_runner() -> None:
    record = pod("Running", terminated(1), SCHEDULED)
    assert record.ended
    assert record.lingers
    assert not pod("Failed", terminated(1), SCHEDULED).lingers


def parted(agent: Any, tasks: Any, phase: str = "Running") -> Any:
    """A pod of isolated tasks: the states of its two containers."""
    both = [{"name": "runner", "state": agent}, {"name": "task", "state": tasks}]
    return pod(phase, None, SCHEDULED, containerStatuses=both)


PARTED = {
    "memory of the tasks": (terminated(1), terminated(137, "OOMKilled"), "OutOfMemory"),
    "memory of the agent": (terminated(137, "OOMKilled"), terminated(0, "Completed"), "Lost"),
    "the agent": (terminated(137), terminated(0, "Completed"), "Lost"),
    "the keeper": (terminated(1), terminated(137), "Lost"),
}


@pytest.mark.parametrize(("agent", "tasks", "reason"), PARTED.values(), ids=PARTED)
def test_two_containers_end_as_one_does(agent: Any, tasks: Any, reason: str) -> None:
    found = classify(parted(agent, tasks, "Failed"), NOW)
    assert isinstance(found, Ending)
    assert found.reason == reason
    # One of them may be told of earlier than the other, and only both say how it was.
    assert classify(parted(agent, tasks), NOW) == found
    assert classify(parted(agent, RUNNING), NOW) is None
    assert classify(parted(RUNNING, tasks), NOW) is None


def test_a_container_for_tasks_that_cannot_start_is_not_waited_for() -> None:
    found = classify(parted(RUNNING, terminated(127, "StartError", "no python3")), NOW)
    assert isinstance(found, Ending)
    assert (found.reason, found.message) == ("StartError", "no python3")


def test_a_container_for_tasks_that_waits_is_told_of() -> None:
    found = classify(parted(RUNNING, waiting("CreateContainerConfigError", "no secret")), NOW)
    assert isinstance(found, Stuck)
    assert found.reason == "ContainerConfig"


def test_nothing_more_is_expected_of_what_has_ended() -> None:
    assert look_again(pod("Failed", terminated(1), SCHEDULED), NOW) is None
    assert look_again(pod("Running", RUNNING, SCHEDULED), NOW) is None


def test_every_reason_is_in_the_table() -> None:
    for reason in {*DISRUPTIONS.values(), *ENDED_BY_CLUSTER.values(), *WAITING.values()}:
        assert FAILURES[reason].kind is not None


def test_the_order_of_the_rules() -> None:
    assert [rule.__name__ for rule in CHAIN] == [
        "_disrupted",
        "_ended_by_cluster",
        "_out_of_memory",
        "_start_error",
        "_deleted",
        "_never_ran",
        "_lost",
        "_node_lost",
        "_unscheduled",
        "_container_waits",
        "_not_starting",
    ]
