"""What happens to Tasks is counted once, however often and however late it is seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.operator.jobs.world import World, children, task, world

from fairlead.core.outcomes import OutcomeKind
from fairlead_operator.driving.lent import Shared
from fairlead_operator.driving.seen import Seen
from fairlead_operator.driving.tally import Tally, reported_usage
from fairlead_operator.jobs.tasks import TaskRecord
from fairlead_operator.kube.kinds import SIZES
from fairlead_operator.metrics import Distributions, Kind, Metrics
from fairlead_operator.observe.event import Event
from fairlead_operator.settings import RunnerSettings

RETRY = {"retry": {"limit": 2, "backoffSeconds": 4, "maxBackoffSeconds": 60}}
USAGE = {"wallMilliseconds": 1500, "cpuMilliseconds": 700, "peakMemoryBytes": 50_000_000}
DO = Kind("acme/Do", "small")


class Counting:
    """A process that sees the Tasks of a world; by default all that happens to them at once."""

    def __init__(self, seen: World, *, acting: bool = True) -> None:
        shared = Shared(RunnerSettings(image="runner", account="runner"), lambda uid: None)
        shared.sizes.observe(Event(SIZES, "ADDED", {"metadata": {"name": "small"}, "spec": {}}))
        self.world = seen
        self.metrics = Metrics()
        self.tally = Tally(self.metrics, shared, lambda: seen.now)
        self.tally.acting = acting
        self.seen = Seen("unit", "job", seen.job["metadata"]["uid"], self.tally)
        self.look()

    def look(self) -> None:
        """See all Tasks as they are now, as a new list of them tells."""
        for raw in self.world.tasks.values():
            record = TaskRecord.parse(raw, self.seen.tasks.get(raw["metadata"]["name"]))
            self.seen.see_task(record, reported_usage(raw))

    def attempts(self) -> dict[str, int]:
        found = Counter[str]()
        for (outcome, _), number in self.metrics.attempts.items():
            found[outcome] += number
        return dict(found)


def number(found: Distributions) -> int:
    return sum(sum(one.counts) for one in found.by_kind.values())


def watched(seen: World, *, acting: bool = True) -> Counting:
    """Return what sees each change of a world."""
    counting = Counting(seen, acting=acting)
    tell: Callable[[str], None] = seen._tell_task

    def told(name: str) -> None:
        counting.look()
        tell(name)

    seen._tell_task = told  # type: ignore[method-assign]
    return counting


def test_an_attempt_is_counted_when_it_begins_and_when_it_ends() -> None:
    seen = world(task("a"))
    counting = watched(seen)
    assert (number(counting.metrics.starts), counting.attempts()) == (0, {})
    seen.wait(3).begin("a")
    counting.look()
    assert (number(counting.metrics.starts), counting.attempts()) == (1, {})
    seen.wait(60).finish("a", usage=USAGE)
    counting.look()
    assert counting.metrics.attempts == {("Succeeded", DO): 1}
    assert counting.metrics.totals.by_kind[DO].sum == 63
    assert counting.metrics.runs.by_kind[DO].sum == 1.5
    assert counting.metrics.cpu.by_kind[DO].sum == 0.7
    assert counting.metrics.memory.by_kind[DO].sum == 50_000_000


def scenario(seen: World, then: Callable[[], None]) -> None:
    """Fail twice, be released, lose a pod, succeed with subtasks, one of which fails."""
    seen.finish("a", OutcomeKind.ERROR, type="ValueError", usage=USAGE).wait(60)
    then()
    seen.finish("a", OutcomeKind.TIMEOUT, usage=USAGE).wait(60)
    then()
    seen.begin("a")
    seen.end_pod(seen.status("a")["podName"]).wait(60)
    then()
    seen.finish("a", OutcomeKind.SUCCEEDED, *children((), ()), usage=USAGE)
    then()
    for key in ("a/0", "a/1"):
        seen.finish(key, usage=USAGE)
    then()


@pytest.mark.parametrize("always", [True, False], ids=["each change", "now and then"])
def test_what_lies_between_two_looks_does_not_matter(always: bool) -> None:
    seen = world(task("a", **RETRY))
    counting = watched(seen) if always else Counting(seen)
    scenario(seen, counting.look)
    assert seen.job_state == "Completed"
    outcomes = counting.attempts()
    recorded = [one["kind"] for one in seen.status("a")["attempts"]]
    assert len(recorded) == 3
    assert outcomes == {"Succeeded": 3, **dict.fromkeys(recorded, 1)}
    # A subtask that is seen first when it runs is known to no start.
    assert number(counting.metrics.starts) == (6 if always else 5)
    # The attempt whose pod was lost was not measured.
    assert number(counting.metrics.runs) == 5
    assert number(counting.metrics.totals) == 3


def test_a_list_anew_counts_nothing_twice() -> None:
    seen = world(task("a", **RETRY))
    counting = watched(seen)
    scenario(seen, counting.look)
    before = (dict(counting.metrics.attempts), number(counting.metrics.starts))
    for name, record in list(counting.seen.tasks.items()):
        raw = seen.tasks[name]
        raw["metadata"]["resourceVersion"] = str(record.resource_version + 1000)
    counting.look()
    counting.seen.forget_tasks()
    counting.look()
    assert (dict(counting.metrics.attempts), number(counting.metrics.starts)) == before


def test_a_standby_counts_nothing_and_a_new_leader_only_what_happens_then() -> None:
    seen = world(task("a"), task("b", "a"))
    counting = watched(seen, acting=False)
    seen.finish("a", usage=USAGE)
    counting.look()
    assert (counting.attempts(), number(counting.metrics.starts)) == ({}, 0)
    counting.tally.acting = True
    counting.look()
    assert counting.attempts() == {}
    seen.finish("b", usage=USAGE)
    counting.look()
    assert counting.attempts() == {"Succeeded": 1}
    # It had begun before.
    assert (number(counting.metrics.starts), number(counting.metrics.runs)) == (0, 1)


def test_a_task_of_the_same_name_made_anew_is_another() -> None:
    seen = world(task("a"))
    counting = watched(seen)
    raw = seen.finish("a").raw("a")
    counting.look()
    raw["metadata"] |= {"uid": "another", "resourceVersion": "99999"}
    raw["status"] = {"state": "Running", "attempt": 1, "podName": "p"}
    counting.look()
    assert (counting.attempts(), number(counting.metrics.starts)) == ({"Succeeded": 1}, 1)


def test_an_attempt_whose_task_is_cancelled_alone_ends_too() -> None:
    seen = world(task("a", failurePolicy="Ignore"), task("b"))
    counting = watched(seen)
    seen.begin("a", "b")
    counting.look()
    seen.annotate("a", "Cancelled")
    counting.look()
    assert seen.state("a") == "Cancelled"
    assert counting.attempts() == {"Cancelled": 1}
    assert number(counting.metrics.starts) == 2


def test_what_never_got_a_runner_has_no_attempt() -> None:
    seen = world(task("a"), task("b", "a"))
    counting = watched(seen)
    seen.finish("a", OutcomeKind.ERROR)
    counting.look()
    assert seen.state("b") == "Cancelled"
    assert counting.attempts() == {"Error": 1}
    assert number(counting.metrics.totals) == 2


def test_populations_are_those_that_are_there() -> None:
    seen = world(task("a"), task("b", "a"), task("c", "b"))
    counting = watched(seen)

    def there() -> dict[str, int]:
        found = Counter[str]()
        for (state, _), number in counting.seen.counts.items():
            found[state.value] += number
        return dict(found)

    assert there() == {"QUEUED": 3}
    seen.begin("a")
    counting.look()
    assert there() == {"QUEUED": 2, "RUNNING": 1}
    seen.finish("a").begin("b")
    counting.look()
    assert there() == {"QUEUED": 1, "RUNNING": 1, "COMPLETED": 1}
    gone: Any = seen.raw("c")["metadata"]
    counting.seen.lose_task(gone["name"], gone["uid"])
    assert there() == {"RUNNING": 1, "COMPLETED": 1}
    counting.seen.forget_tasks()
    assert there() == {}
