"""An operator that is killed between any two of its actions, and one that goes on from there.

A run is played by the same script of what runners and people do; only the operator dies,
after every single one of its actions in turn.  The end must always be the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

import pytest

from fairlead.core.outcomes import OutcomeKind
from fairlead.core.states import FINAL_TASK_STATES, TaskState
from fairlead_operator.jobs.tasks import TaskRecord

from .world import World, job, task

RETRY = {"retry": {"limit": 2, "backoffSeconds": 1, "maxBackoffSeconds": 2}}
OPTIONAL = {"failurePolicy": "Ignore"}

Script = Mapping[str, Callable[[int], tuple[OutcomeKind, int]]]
"""By path of a task, how its executions end and how many subtasks they make, by their number."""


def succeeds(children: int = 0) -> Callable[[int], tuple[OutcomeKind, int]]:
    return lambda _: (OutcomeKind.SUCCEEDED, children)


def fails(times: int, kind: OutcomeKind = OutcomeKind.ERROR, children: int = 0):
    return lambda number: (kind, 0) if number <= times else (OutcomeKind.SUCCEEDED, children)


class Play:
    """Plays all runners of a world until nothing is left to do."""

    def __init__(self, world: World, script: Script, chance: random.Random) -> None:
        self.world = world
        self.script = script
        self.chance = chance
        self.executions: dict[str, int] = {}

    def run(self, most: int = 400) -> World:
        world = self.world
        for _ in range(most):
            world.operate()
            if world.job_state in ("Completed", "Failed", "Cancelled"):
                return world
            held = [record for record in world.records() if record.held and not record.reported]
            if held:
                self._finish(self.chance.choice(held))
            else:
                world.wait(1)
        raise AssertionError(f"the job does not end: {world.states()}")

    def _finish(self, record: TaskRecord) -> None:
        path = self.world.path(self.world.tasks[record.name])
        number = self.executions[path] = self.executions.get(path, 0) + 1
        kind, children = self.script.get(path, succeeds())(number)
        self.world.finish(path, kind, *({} for _ in range(children)))


def graph() -> World:
    return World(
        job(
            task("a"),
            task("b", "a", **RETRY),
            task("c", "a", **OPTIONAL),
            task("d", "b", "c"),
        )
    )


SCRIPTS: dict[str, Script] = {
    "all goes well": {"b": succeeds(2), "d": succeeds(1)},
    "an optional task with subtasks fails": {"c": succeeds(3), "c/1": fails(1)},
    "a task is tried again": {"b": fails(2, children=2)},
    "a task fails the job": {"b": fails(3)},
    "a subtask fails the job": {"b": succeeds(2), "b/1": fails(1)},
    "runners are lost": {"a": fails(2, OutcomeKind.LOST), "d": fails(1, OutcomeKind.DISRUPTED)},
}


def ended(world: World) -> tuple[str, dict[str, str], str]:
    return world.job_state, dict(sorted(world.states().items())), world.job["status"]["progress"]


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_a_crash_after_any_action_changes_nothing(script: Script) -> None:
    reference = Play(graph(), script, random.Random(1)).run()
    actions = len(reference.done) + 10
    for crash in range(actions):
        world = graph()
        world.die_after = crash
        Play(world, script, random.Random(1)).run()
        assert ended(world) == ended(reference), f"killed after {crash} actions"


@pytest.mark.parametrize("seed", range(30))
def test_many_crashes_and_another_order_change_nothing(seed: int) -> None:
    chance = random.Random(seed)
    script = chance.choice([one for name, one in SCRIPTS.items() if "fails the job" not in name])
    reference = Play(graph(), script, random.Random(1)).run()
    world = graph()
    play = Play(world, script, chance)
    for _ in range(1000):
        world.die_after = chance.randrange(12)
        try:
            play.run(most=2)
        except AssertionError:
            continue
        break
    assert ended(world) == ended(reference)


def steered(world: World) -> None:
    """Let people do things while the job runs, at moments that do not depend on the operator."""
    world.operate()
    world.begin("a")
    world.change_job(desired="Suspended")
    world.finish("a")
    world.change_job(desired="Running")
    world.annotate("c", "Cancelled")
    world.finish("b", OutcomeKind.SUCCEEDED, {}, {})
    world.begin("b/0")
    world.change_job(desired="Cancelled")
    world.finish("b/0", OutcomeKind.ERROR)
    world.wait(100)
    world.change_job(run=2, desired="Running")
    for path in ("c", "b/0", "b/1", "d"):
        world.finish(path)


def test_a_crash_after_any_action_forgets_nothing_that_people_asked_for() -> None:
    reference = graph()
    steered(reference)
    assert reference.job_state == "Completed"
    for crash in range(len(reference.done) + 10):
        world = graph()
        world.die_after = crash
        steered(world)
        assert ended(world) == ended(reference), f"killed after {crash} actions"


@pytest.mark.parametrize("seed", range(40))
def test_whatever_happens_the_job_ends_and_all_of_it_is_final(seed: int) -> None:
    """Runners end in any way, pods vanish, people ask for things, the operator dies often."""
    chance = random.Random(1000 + seed)
    world = graph()
    script = {
        path: lambda number, chance=chance: (
            chance.choice([kind for kind in OutcomeKind if kind is not OutcomeKind.RELEASED]),
            chance.choice([0, 0, 2]),
        )
        for path in ("a", "b", "c", "d", "b/0", "b/1", "c/0", "c/1")
    }
    play = Play(world, script, chance)
    for _ in range(3000):
        if chance.random() < 0.3:
            world.die_after = chance.randrange(9)
        world.operate()
        if world.job_state in ("Completed", "Failed", "Cancelled"):
            break
        happen(world, play, chance)
    assert world.job_state in ("Completed", "Failed", "Cancelled")
    for record in world.records():
        if record.facts.is_top:
            unfinished = record.state is TaskState.COMPUTED and world.job_state != "Completed"
            assert record.state in FINAL_TASK_STATES or unfinished


def happen(world: World, play: Play, chance: random.Random) -> None:
    held = [record for record in world.records() if record.held and not record.reported]
    alive = [pod for pod in world.pods.values() if not pod.ended]
    luck = chance.random()
    if luck < 0.6 and held:
        play._finish(chance.choice(held))
    elif luck < 0.75 and alive:
        world.end_pod(chance.choice(alive).name)
    elif luck < 0.78:
        world.change_job(desired=chance.choice(["Running", "Suspended"]))
    elif luck < 0.79 and held:
        world.annotate(world.path(world.tasks[held[0].name]), "Stopped")
    else:
        world.wait(chance.choice([0.5, 5, 50]))
        if world.job["spec"]["desired"] == "Suspended":
            world.change_job(desired="Running")
