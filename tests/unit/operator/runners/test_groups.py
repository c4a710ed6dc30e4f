"""Machine groups: what they make and end, and what their statuses say."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.operator.runners.given import Object, release_object, release_task, releases, size
from tests.unit.operator.runners.pods import at

from fairlead_operator.runners.classify import Stuck
from fairlead_operator.runners.group_plan import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    GroupFacts,
    GroupMemory,
    GroupPlan,
    plan_group,
)
from fairlead_operator.runners.groups import Group, parse_group
from fairlead_operator.runners.lanes import Runner, Use
from fairlead_operator.runners.refusal import Refusal
from fairlead_operator.runners.standing import group_status, release_status, size_status

NOW = 1_800_000_000.0


def group(**spec: Any) -> Group:
    return parse_group(
        {
            "metadata": {
                "name": "mine",
                "namespace": "here",
                "uid": "u",
                "generation": 3,
                "creationTimestamp": at(-1000),
            },
            "spec": {"size": "small", "maxMachines": 4, **spec},
        }
    )


def runner(name: str, use: Use = Use.IDLE, release: str = "flows", since: float = 0) -> Runner:
    return Runner(
        ("here", name), "small", "mine", release, "runner", (), "AcrossJobs",
        use=use, since=NOW + since, up=True,
    )  # fmt: skip


def plan(one: Group, *runners: Runner, now: float = NOW, **more: Any) -> GroupPlan:
    facts: Object = {"group": one, "runners": runners, "release": "flows", **more}
    memory = facts.pop("memory", None) or GroupMemory()
    return plan_group(GroupFacts(**facts), memory, now)


# --- making -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "runners", "more", "make"),
    [
        ({}, [], {}, 0),
        ({"minMachines": 2}, [], {}, 2),
        ({"minMachines": 2}, [runner("a")], {}, 1),
        ({"minMachines": 2}, [runner("a"), runner("b", Use.ASSIGNED)], {}, 0),
        ({"minMachines": 2}, [runner("a", Use.ENDING)], {}, 2),
        ({"minMachines": 2}, [runner("a", release="old")], {}, 2),
        ({"minMachines": 2}, [], {"release": None}, 0),
        ({"minMachines": 2}, [], {"refusal": Refusal("ReleaseBroken", "x")}, 0),
        ({"minMachines": 3}, [], {"room": 2}, 2),
        ({"minMachines": 3}, [], {"room": -1}, 0),
        ({"minMachines": 2}, [], {"memory": GroupMemory(pause=NOW + 1)}, 0),
        ({"minMachines": 2}, [], {"memory": GroupMemory(pause=NOW)}, 2),
        (
            {"minMachines": 4},
            [runner("a", Use.ENDING), runner("b", Use.ENDING), runner("c")],
            {},
            1,
        ),
    ],
    ids=[
        "no minimum",
        "all",
        "one more",
        "a busy one counts",
        "one that ends does not",
        "one of another release does not",
        "unknown release",
        "broken release",
        "little room in the size",
        "no room in the size",
        "after a failure",
        "long after a failure",
        "those that end still take room",
    ],
)
def test_a_group_makes_runners_up_to_its_minimum(
    spec: Object, runners: list[Runner], more: Object, make: int
) -> None:
    assert plan(group(**spec), *runners, **more).make == make


def test_no_number_is_used_twice_even_after_a_restart() -> None:
    one = group()
    memory = GroupMemory()
    first = [memory.next_ordinal(one, NOW) for _ in range(3)]
    assert first == [1000, 1001, 1002]
    assert memory.next_ordinal(one, NOW + 100) == 1100
    assert GroupMemory().next_ordinal(one, NOW + 200) == 1200


def test_pauses_grow_while_runners_do_not_start() -> None:
    memory = GroupMemory()
    pauses = []
    for _ in range(12):
        memory.failed(NOW)
        pauses.append(memory.pause - NOW)
    assert pauses[:3] == [FIRST_PAUSE, FIRST_PAUSE * 2, FIRST_PAUSE * 4]
    assert pauses[-1] == LONGEST_PAUSE
    memory.note([runner("a")], NOW)
    memory.failed(NOW)
    assert memory.pause == NOW + FIRST_PAUSE


def noted(memory: GroupMemory, *runners: Runner, now: float = NOW) -> tuple[str | None, float]:
    memory.note(runners, now)
    return memory.release, memory.busy


def test_the_release_is_that_of_the_latest_task() -> None:
    memory = GroupMemory()
    assert noted(memory) == (None, 0.0)
    idle = runner("a", release="old")
    assert noted(memory, idle, runner("b", release="older", since=-9)) == ("old", 0.0)
    assert noted(memory, idle, runner("b", Use.ASSIGNED, "new")) == ("new", NOW)
    assert noted(memory, idle, now=NOW + 5) == ("new", NOW)


# --- ending ----------------------------------------------------------------------------


def test_idle_runners_above_the_minimum_go_after_their_time() -> None:
    one = group(minMachines=1, idleSeconds=60)
    found = plan(one, runner("a", since=-100), runner("b", since=-61), runner("c", since=-10))
    assert found.end == ("a", "b")
    assert found.again is None


def test_the_plan_says_when_the_next_one_goes() -> None:
    one = group(idleSeconds=60)
    found = plan(one, runner("a", since=-20), runner("b", since=-50))
    assert found.end == ()
    assert found.again == NOW + 10


def test_busy_runners_count_for_the_minimum() -> None:
    one = group(minMachines=1, idleSeconds=60)
    found = plan(one, runner("a", since=-100), runner("b", Use.ASSIGNED, since=-200))
    assert found.end == ("a",)


def test_runners_of_another_release_go_although_the_minimum_is_not_there() -> None:
    one = group(minMachines=2, idleSeconds=60)
    found = plan(one, runner("a", release="old", since=-100), runner("b", since=-100))
    assert found.end == ("a",)
    assert found.make == 1


def test_idle_runners_wait_five_minutes_if_the_group_does_not_say() -> None:
    assert plan(group(), runner("a", since=-299)).end == ()
    assert plan(group(), runner("a", since=-300)).end == ("a",)
    assert plan(group(idleSeconds=0), runner("a")).end == ("a",)


def test_a_terminated_group_lets_its_tasks_finish() -> None:
    one = group(desired="Terminated", minMachines=3)
    found = plan(one, runner("a"), runner("b", Use.ASSIGNED), runner("c", Use.UNCLAIMED))
    assert found.end == ("a", "c")
    assert (found.make, found.state, found.running) == (0, "Terminating", 3)
    assert plan(one, runner("a", Use.ENDING)).state == "Terminating"
    assert plan(one).state == "Terminated"


def test_a_group_terminates_itself_after_its_last_task() -> None:
    one = group(terminateAfterSeconds=30)
    assert plan(one, memory=GroupMemory(busy=NOW - 29)).again == NOW + 1
    assert not plan(one, memory=GroupMemory(busy=NOW - 29)).terminate
    assert plan(one, memory=GroupMemory(busy=NOW - 30)).terminate
    assert not plan(one, runner("a", Use.ASSIGNED), memory=GroupMemory(busy=NOW - 30)).terminate
    assert not plan(group(), memory=GroupMemory(busy=NOW - 10**6)).terminate


def test_a_group_that_never_had_a_task_counts_from_when_it_was_made() -> None:
    assert plan(group(terminateAfterSeconds=999)).terminate
    assert plan(group(terminateAfterSeconds=1001)).again == NOW + 1


# --- what is said of it --------------------------------------------------------------------


def says(one: Group, found: GroupPlan) -> tuple[str, str]:
    status = group_status(one, found, NOW)
    assert status is not None
    (condition,) = status["conditions"]
    assert condition["observedGeneration"] == status["observedGeneration"] == 3
    return condition["status"], condition["reason"]


NOT_UP = Runner(("here", "a"), "small", "mine", "flows", "runner", (), "AcrossJobs", use=Use.IDLE)


@pytest.mark.parametrize(
    ("spec", "runners", "more", "state", "words"),
    [
        ({}, [], {}, "Running", ("True", "Ready")),
        ({"minMachines": 1}, [runner("a")], {}, "Running", ("True", "Ready")),
        ({"minMachines": 1}, [NOT_UP], {}, "Starting", ("False", "Starting")),
        ({"minMachines": 1}, [], {"release": None}, "Starting", ("False", "WaitingForRelease")),
        ({"minMachines": 1}, [], {"room": 0}, "Starting", ("False", "WaitingForRunner")),
        (
            {"minMachines": 1},
            [NOT_UP],
            {"stuck": [Stuck("ImagePull", "no")]},
            "Starting",
            ("False", "ImagePull"),
        ),
        (
            {},
            [],
            {"refusal": Refusal("UnknownMachineSize", "x")},
            "Running",
            ("False", "UnknownMachineSize"),
        ),
        ({"desired": "Terminated"}, [], {}, "Terminated", ("False", "Terminated")),
        ({"desired": "Terminated"}, [runner("a")], {}, "Terminating", ("False", "Terminating")),
    ],
    ids=[
        "empty",
        "ready",
        "starting",
        "no release",
        "no room",
        "stuck",
        "no size",
        "terminated",
        "terminating",
    ],
)
def test_the_status_of_a_group(
    spec: Object, runners: list[Runner], more: Object, state: str, words: tuple[str, str]
) -> None:
    one = group(**spec)
    found = plan(one, *runners, **more)
    assert found.state == state
    assert says(one, found) == words


def test_a_group_that_cannot_be_read_makes_nothing_and_says_so() -> None:
    odd = parse_group({"metadata": {"name": "odd", "namespace": "here"}, "spec": {"max": 1}})
    found = plan(odd)
    assert found.make == 0
    assert found.trouble is not None
    assert found.trouble[0] == "InvalidMachineGroup"


def test_a_status_is_written_only_if_it_says_something_new() -> None:
    one = group()
    found = plan(one, runner("a"))
    status = group_status(one, found, NOW)
    assert status is not None
    assert (status["state"], status["running"], status["idle"]) == ("Running", 1, 1)
    raw: Object = {
        "metadata": {"name": "mine", "namespace": "here", "generation": 3},
        "spec": {"size": "small"},
    }
    assert group_status(parse_group({**raw, "status": status}), found, NOW + 9) is None
    other = plan(one)
    again = group_status(parse_group({**raw, "status": status}), other, NOW + 9)
    assert again is not None
    assert again["conditions"] == status["conditions"]
    raw["metadata"]["generation"] = 4
    newer = group_status(parse_group({**raw, "status": status}), found, NOW + 9)
    assert newer is not None
    assert newer["observedGeneration"] == 4


def test_the_status_of_a_release() -> None:
    index = releases(release_object("a", release_task("A"), release_task("B")))
    found = index.get("here", "a")
    assert found is not None
    status = release_status(found, NOW)
    assert status is not None
    assert status["tasks"] == 2
    assert [(one["type"], one["status"]) for one in status["conditions"]] == [("Ready", "True")]
    index.found_faults("here", "a", ["the ConfigMap x of its package is missing"])
    broken = index.get("here", "a")
    assert broken is not None
    status = release_status(broken, NOW)
    assert status is not None
    (condition,) = status["conditions"]
    assert (condition["status"], condition["reason"]) == ("False", "ReleaseBroken")
    message = "It cannot be used: the ConfigMap x of its package is missing."
    assert condition["message"] == message


def test_the_status_of_a_size() -> None:
    status = size_status(size(), 3, 2, NOW)
    assert status is not None
    assert (status["running"], status["waiting"]) == (3, 2)
    bad = size_status(size(podPatch={"spec": {"hostPID": True}}), 0, 0, NOW)
    assert bad is not None
    (condition,) = bad["conditions"]
    assert condition["reason"] == "InvalidMachineSize"
    assert condition["message"] == "It cannot be used: podPatch.spec.hostPID may not be patched."
