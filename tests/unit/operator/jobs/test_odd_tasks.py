"""Tasks that somebody adds to a job who should not have, or not like that."""

from __future__ import annotations

from typing import Any

import pytest

from .world import World, job, task, world


def runnable(seen: World, name: str) -> dict[str, Any]:
    found = seen.tasks[name]["status"].get("conditions", [])
    return next((one for one in found if one["type"] == "Runnable"), {})


def named(seen: World, key: str) -> list[str]:
    found = seen.tasks.items()
    return [name for name, raw in found if raw["spec"]["key"] == key]


def twin(seen: World, key: str) -> str:
    """Add another Task of a key; its name, which comes before that of the first."""
    body = {"metadata": {**seen.raw(key)["metadata"], "name": f"a-{key}"}}
    return seen.create({**body, "spec": seen.raw(key)["spec"]})


@pytest.mark.parametrize("needs", ["5:3", "0:99999999"], ids=["nothing", "too much"])
@pytest.mark.parametrize("again", [False, True], ids=["seen", "found"])
def test_a_dependency_on_no_number_of_tasks_is_told_and_holds_up_nobody(
    needs: str, again: bool
) -> None:
    seen = World(job()).operate()
    if again:
        seen.model = None
    seen.add("odd", dependsOn=[needs])
    (odd,) = named(seen, "odd")
    assert runnable(seen, odd)["status"] == "False"
    assert needs in runnable(seen, odd)["message"]
    seen.model = None
    seen.add("good").finish("good")
    assert (seen.state("good"), seen.state("odd")) == ("Completed", "Queued")


@pytest.mark.parametrize("again", [False, True], ids=["seen", "found"])
def test_a_key_that_is_taken_is_told_and_the_first_task_counts(again: bool) -> None:
    seen = World(job()).operate()
    seen.add("one").finish("one")
    seen.now += 1
    second = twin(seen, "one")
    seen.operate()
    assert runnable(seen, second)["reason"] == "DuplicateKey"
    if again:
        seen.model = None
    seen.add("two").finish("two")
    assert seen.tasks[second]["status"]["state"] == "Queued"
    seen.change_job(closed={"tasks": 2})
    assert seen.job_state == "Completed"


@pytest.mark.parametrize("again", [False, True], ids=["seen", "found"])
def test_a_task_is_not_added_to_a_job_with_a_list(again: bool) -> None:
    seen = world(task("a"), task("b", "a")).finish("a")
    seen.now += 1
    if again:
        seen.model = None
    second = twin(seen, "a")
    seen.operate()
    assert runnable(seen, second)["reason"] == "NotAdded"
    assert "Submit another Job" in runnable(seen, second)["message"]
    seen.finish("b")
    assert seen.job_state == "Completed"
    assert seen.tasks[second]["status"]["state"] == "Queued"
    assert seen.job["status"]["progress"] == "2/2"
