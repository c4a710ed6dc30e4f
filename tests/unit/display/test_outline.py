from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.sdk.backend import TaskView
from fairlead.sdk.display.outline import Item, Kind, Outline, full_outline, outline
from fairlead.sdk.display.tree import FAILING, TaskTree, failures, job_seconds, span

from . import generated as made
from .generated import (
    BEGIN,
    CANCELLED,
    COMPLETED,
    FAILED,
    FAILED_OPTIONAL,
    QUEUED,
    RUNNING,
    JobMaker,
    Made,
)


def grown(job: Made, limit: int = 56, most_failures: int = 10) -> tuple[TaskTree, Outline]:
    tree = TaskTree(job[1])
    return tree, outline(tree, limit=limit, most_failures=most_failures)


def all_items(shown: Outline) -> list[Item]:
    items = list(shown.items)
    for item in items:  # the list grows while it is read
        items.extend(item.children)
    return items


def sketch(items: Iterable[Item], tree: TaskTree) -> list[str]:
    """Write items in the shortest way: a title, or a name with number and manner."""
    return [
        tree.names.handle(item.task)
        if item.kind is Kind.TASK
        else f"{tree.group_title(item.members)} x{len(item.members)} {item.manner}".strip()
        for item in items
    ]


def test_five_alike_are_shown_and_six_collapse() -> None:
    tree, shown = grown(made.images())
    assert len(shown.items[0].children) == 5
    tree, shown = grown(made.squares())
    assert sketch(shown.items[0].children, tree) == ["Square x6", "Sum"]


def test_few_siblings_collapse_when_their_subtrees_are_large() -> None:
    tree, shown = grown(made.quadtree(6))
    names = sketch(all_items(shown), tree)
    assert names == ["Tile(0)", *(f"Tile x{4**level}" for level in range(1, 7))]


def test_a_deep_recursion_is_one_item() -> None:
    tree, shown = grown(made.quadtree(7))
    assert sketch(all_items(shown), tree) == ["Tile(0)", "Tile x21844 in 7 levels"]


@pytest.mark.parametrize(
    ("job", "names"),
    [
        (made.chain(5), ["Step(0)", "Step(1)", "Step(2)", "Step(3)", "Step(4)"]),
        (made.chain(6), ["Step x6 in a chain"]),
        (made.chain(10_000), ["Step x10000 in a chain"]),
        (made.nested(5), [f"Countdown({n})" for n in (5, 4, 3, 2, 1)]),
        (made.nested(10_000), ["Countdown x10000 nested"]),
        (made.nested(10_000, ("A", "B")), ["A/B x10000 nested"]),
        (made.turns(50), ["train x50 in turns", "evaluate x50 in turns", "report"]),
    ],
)
def test_a_long_way_is_one_item(job: Made, names: list[str]) -> None:
    tree, shown = grown(job)
    assert sketch(all_items(shown), tree) == names


def test_layers_within_a_group_are_told() -> None:
    job = JobMaker()
    level = [job.add("Merge") for _ in range(8)]
    while len(level) > 1:
        level = [job.add("Merge", after=level[n : n + 2]) for n in range(0, len(level), 2)]
    tree, shown = grown((job.job(), job.tasks))
    assert sketch(shown.items, tree) == ["Merge x15 in 4 steps"]


def test_failed_come_first_then_a_few_running_then_the_rest() -> None:
    tree, shown = grown(made.fan(100, failed=2, running=20, queued=8))
    states = [item.task.state for item in shown.items[0].children]
    assert states[:5] == [FAILED, FAILED, RUNNING, RUNNING, RUNNING]
    assert sketch(shown.items[0].children[5:], tree) == ["Square x95", "Sum"]


def test_nothing_is_pointed_out_where_all_run() -> None:
    tree, shown = grown(made.fan(100, failed=0, running=100, queued=0))
    assert sketch(shown.items[0].children, tree) == ["Square x100", "Sum"]


def test_the_way_to_a_failure_is_open() -> None:
    tree, shown = grown(made.quadtree(6, failed=[3000]))
    failed = next(item for item in all_items(shown) if item.task.id == "t003000")
    assert failed.kind is Kind.TASK
    items = all_items(shown)
    for above in tree.ancestors(failed.task):
        assert any(item.kind is Kind.TASK and item.task is above for item in items)


def test_a_failure_below_a_long_way_is_reached() -> None:
    tree, shown = grown(made.nested(5000, ("A", "B"), fails=True))
    assert sketch(all_items(shown), tree) == ["A/B x4999 nested", "B(1)"]


def test_failures_too_deep_for_the_room_are_listed_apart() -> None:
    job = JobMaker()
    parent = job.add("A")
    for n in range(200):  # every level has a sibling, so no level can be left out
        job.add("Beside", parent=parent)
        parent = job.add("AB"[n % 2], parent=parent)
    parent.state = FAILED
    _, shown = grown((job.job(), job.tasks), limit=20)
    assert shown.deeper == [parent]
    assert len(all_items(shown)) + len(shown.deeper) <= 20


def test_different_siblings_beyond_the_room_become_one_item() -> None:
    _, shown = grown(made.assorted(50), limit=20)
    assert [item.kind for item in shown.items] == [Kind.TASK] * 19 + [Kind.REST]
    _, shown = grown(made.assorted(5000, failed=30), limit=40, most_failures=8)
    assert [item.task.state for item in shown.items[-9:-1]] == [FAILED] * 8
    assert len(shown.items) == 12 + 8 + 1


def test_what_waits_stands_after_what_it_waits_for() -> None:
    job = JobMaker()
    last, first = job.add("last"), job.add("first")
    last.depends_on = (first.id,)
    tree, shown = grown((job.job(), job.tasks))
    assert sketch(shown.items, tree) == ["first", "last"]
    assert [item.layer for item in shown.items] == [0, 1]
    assert shown.items[1].waits == [shown.items[0]]


def test_superseded_tasks_are_left_out_and_orphans_are_not() -> None:
    job = JobMaker()
    old = job.add("Old", superseded=True)
    job.add("Orphan", parent=old)
    tree = TaskTree(job.tasks)
    assert [task.identifier for task in tree.roots] == ["Orphan"]


def test_the_earliest_failure_of_the_job_comes_first() -> None:
    job = JobMaker()
    tolerated = job.add("C", state=FAILED_OPTIONAL, at=0)
    late, early = job.add("A", state=FAILED, at=9), job.add("B", state=FAILED, at=1)
    never = job.add("D", state=FAILED, started=None, ended=None)
    assert failures(job.tasks) == [early, late, never, tolerated]


def test_the_span_of_tasks() -> None:
    job = JobMaker()
    first = job.add("A", at=1, seconds=2)
    second = job.add("B", at=2, seconds=4)
    waiting = job.add("C", state=QUEUED)
    running = job.add("D", state=RUNNING, at=3)
    assert span([first, second, waiting]) == 5
    assert span([waiting]) is None
    assert span([first, running]) is None
    assert span([first, running], BEGIN + 11) == 10
    cancelled = replace(waiting, state=CANCELLED, ended=BEGIN + 500)
    assert span([first, cancelled]) == 2


def test_the_seconds_of_a_job() -> None:
    job, _ = made.squares()
    assert job_seconds(job) == pytest.approx(0.041)
    assert job_seconds(replace(job, ended=None)) is None
    assert job_seconds(replace(job, ended=None, started=None), BEGIN + 3) == 3


# --- whatever the job -------------------------------------------------------------


@st.composite
def any_job(draw: st.DrawFn) -> list[TaskView]:
    """Trees of any form over few identifiers, with dependencies among siblings."""
    job = JobMaker()
    number = draw(st.integers(0, 60))
    states = st.sampled_from([COMPLETED] * 6 + [RUNNING, QUEUED, FAILED, FAILED_OPTIONAL])
    shape = st.tuples(st.integers(-1, 60), st.sampled_from("AAABC"), states, st.integers(0, 3))
    for parent, identifier, state, waits in draw(st.lists(shape, min_size=number, max_size=number)):
        above = job.tasks[parent] if 0 <= parent < len(job.tasks) else None
        siblings = [task for task in job.tasks if task.parent_id == (above and above.id)]
        job.add(identifier, parent=above, state=state, after=siblings[len(siblings) - waits :])
    return job.tasks


def counted(tree: TaskTree, items: Sequence[Item]) -> list[str]:
    """Return the ids of all tasks that items show or count as being below."""
    ids = [task.id for item in items for task in item.members]
    hidden = [item for item in items if not item.opened]
    return ids + [task.id for item in hidden for task in tree.descendants(item.tail)]


@given(any_job(), st.integers(8, 40), st.integers(0, 5))
def test_every_task_is_counted_once_within_the_limit(
    tasks: list[TaskView], limit: int, most_failures: int
) -> None:
    tree = TaskTree(tasks)
    shown = outline(tree, limit=limit, most_failures=most_failures)
    items = all_items(shown)
    assert len(items) + len(shown.deeper) <= limit
    assert sorted(counted(tree, items)) == sorted(task.id for task in tasks)


@given(any_job(), st.integers(8, 40), st.integers(0, 5))
def test_the_first_failures_are_shown_each_for_itself(
    tasks: list[TaskView], limit: int, most_failures: int
) -> None:
    tree = TaskTree(tasks)
    shown = outline(tree, limit=limit, most_failures=most_failures)
    singles = {item.task.id for item in all_items(shown) if item.kind is Kind.TASK}
    singles |= {task.id for task in shown.deeper}
    named = sum(task.id in singles for task in tasks if task.state in FAILING)
    failed = sum(task.state in FAILING for task in tasks)
    assert named >= min(failed, most_failures)


@given(any_job())
def test_items_stand_after_what_they_wait_for(tasks: list[TaskView]) -> None:
    shown = outline(TaskTree(tasks), limit=40, most_failures=5)
    for item in all_items(shown):
        for child in item.children:
            assert child.depth == item.depth + 1
            assert child.layer == 0 or any(before.layer < child.layer for before in child.waits)


@given(any_job())
def test_the_full_outline_shows_every_task_in_its_place(tasks: list[TaskView]) -> None:
    tree = TaskTree(tasks)
    items = all_items(full_outline(tree))
    assert sorted(item.task.id for item in items) == sorted(task.id for task in tasks)
    for item in items:
        assert {child.task.parent_id for child in item.children} <= {item.task.id}
