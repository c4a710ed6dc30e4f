"""Boxes never overlap, and lines never run through them, whatever the job."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings

from fairlead.sdk.backend import TaskView
from fairlead.sdk.display.boxes import Box, BoxWriter
from fairlead.sdk.display.layout import WIDEST_BAND, Area, lay_out
from fairlead.sdk.display.outline import full_outline, outline
from fairlead.sdk.display.routes import Point, Route, areas, arrow_routes, parent_routes
from fairlead.sdk.display.tree import TaskTree

from . import generated as made
from .generated import JobMaker, Made
from .test_outline import any_job


def laid_out(tasks: list[TaskView], *, expand: bool = False) -> Area:
    tree = TaskTree(tasks)
    shown = full_outline(tree) if expand else outline(tree, limit=32, most_failures=8)
    return lay_out(shown.items, BoxWriter(tree, None))


def boxes_of(top: Area) -> list[Box]:
    return [block.box for _, area in areas(top) for block in area.blocks]


def routes_of(top: Area) -> list[Route]:
    routes: list[Route] = []
    for owner, area in areas(top):
        routes.extend(parent_routes(owner, area) if owner else ())
        routes.extend(arrow_routes(area))
    return routes


def overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.outer_width
        and other.x < one.x + one.outer_width
        and one.y < other.y + other.outer_height
        and other.y < one.y + one.outer_height
    )


def crosses(start: Point, end: Point, box: Box) -> bool:
    """Whether a level or upright line runs through the inside of a box."""
    left, right = sorted((start[0], end[0]))
    high, low = sorted((start[1], end[1]))
    inside = 0.5
    return (
        left < box.x + box.width - inside
        and right > box.x + inside
        and high < box.y + box.height - inside
        and low > box.y + inside
    )


def assert_tidy(top: Area) -> None:
    boxes = boxes_of(top)
    assert not [pair for pair in combinations(boxes, 2) if overlap(*pair)]
    for box in boxes:
        assert box.x >= 0
        assert box.x + box.outer_width <= top.width
        assert box.y >= 0
        assert box.y + box.outer_height <= top.height
    for route in routes_of(top):
        for start, end in pairwise(route.points):
            assert start[0] == end[0] or start[1] == end[1], "lines are level or upright"
            assert not [box for box in boxes if crosses(start, end, box)]
            assert min(start[0], end[0]) >= -0.5
            assert max(start[0], end[0]) <= top.width + 0.5
            assert max(start[1], end[1]) <= top.height + 0.5


@given(any_job())
@settings(max_examples=60)
def test_any_job_is_tidy(tasks: list[TaskView]) -> None:
    assert_tidy(laid_out(tasks))
    assert_tidy(laid_out(tasks, expand=True))


def long_workflow() -> Made:
    job = JobMaker()
    before: list[TaskView] = []
    for n in range(20):
        before = [job.add(f"Step{n:02}", after=before)]
    first = job.tasks[0]
    job.add("Beside", after=[first])
    job.add("End", after=[job.tasks[-1], job.tasks[7], before[0]])
    return job.job(), job.tasks


@pytest.mark.parametrize(
    "job",
    [made.pipeline(), made.nightly(), made.fan(), made.turns(9), long_workflow()],
    ids=["pipeline", "nightly", "fan", "turns", "long"],
)
def test_known_jobs_are_tidy(job: Made) -> None:
    assert_tidy(laid_out(job[1]))


def test_a_long_workflow_goes_on_in_further_bands() -> None:
    top = laid_out(long_workflow()[1])
    assert len(top.bands) > 1
    assert top.width < WIDEST_BAND + 100
    tops = [band.y for band in top.bands]
    assert tops == sorted(tops)


def test_what_waits_stands_right_of_what_it_waits_for() -> None:
    top = laid_out(made.nightly()[1])
    edges = list(top.edges)
    assert len(edges) >= 7
    assert all(source.x + source.width < target.x for source, target in edges)


def test_a_join_stands_in_the_middle_of_what_it_joins() -> None:
    job = JobMaker()
    parts = [job.add("Part") for _ in range(3)]
    job.add("Join", after=parts)
    first, second, third, join = (block.y for block in laid_out(job.tasks).blocks)
    assert first < second == join < third


def test_an_arrow_that_follows_from_others_is_not_drawn() -> None:
    job = JobMaker()
    first = job.add("first")
    second = job.add("second", after=[first])
    job.add("third", after=[first, second])
    top = laid_out(job.tasks)
    drawn = [
        (source.item.task.identifier, target.item.task.identifier) for source, target in top.edges
    ]
    assert drawn == [("first", "second"), ("second", "third")]


def test_every_dependent_is_reached_by_an_arrow() -> None:
    top = laid_out(made.pipeline()[1])
    reached = {route.points[-1] for route in routes_of(top) if route.head}
    for _, area in areas(top):
        for _, target in area.edges:
            assert (target.x, target.anchor) in reached
