from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from fairlead.core.states import JobState, TaskState
from fairlead.sdk.backend import TaskView
from fairlead.sdk.display import render_svg
from fairlead.sdk.display.measure import text_width
from fairlead.sdk.display.palette import DARK, LIGHT, mark
from fairlead.sdk.display.svg import MOST_BOXES, MOST_FAILURES

from . import generated as made
from .generated import BEGIN, JobMaker, Made
from .golden import assert_golden
from .test_outline import any_job

SVG = "{http://www.w3.org/2000/svg}"

PICTURES = {
    "squares": made.squares(),
    "nightly": made.nightly(),
    "fan": made.fan(),
    "pipeline": made.pipeline(),
    "states": made.every_state(),
    "quadtree": made.quadtree(6),
    "chain-failed": made.chain(10_000, failed_at=5_000),
    "hostile": made.hostile(),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures(name: str) -> None:
    assert_golden(f"{name}.svg", render_svg(*PICTURES[name]))


def parse(drawn: str) -> ElementTree.Element:
    return ElementTree.fromstring(drawn)


def box_count(drawn: str) -> int:
    """Count boxes: each is a group that begins with its tooltip."""
    return sum(
        len(group) > 0 and group[0].tag == f"{SVG}title" for group in parse(drawn).iter(f"{SVG}g")
    )


def words(drawn: str) -> list[str]:
    return [said(text) for text in parse(drawn).iter(f"{SVG}text")]


def said(text: ElementTree.Element) -> str:
    """Return what a text element shows, without its tooltip."""
    spans = "".join((part.text or "") + (part.tail or "") for part in text.iter(f"{SVG}tspan"))
    tails = "".join(part.tail or "" for part in text.iter(f"{SVG}title"))
    return (text.text or "") + tails + spans


def test_what_is_said_of_a_task_and_a_group() -> None:
    drawn = words(render_svg(*made.fan()))
    assert {"fan", "SumOfSquares", "Square×4,995", "4,920 COMPLETED"} <= set(drawn)
    assert "ValueError: 0 has no square" in drawn
    assert "4,920 COMPLETED · 57 RUNNING" in drawn
    assert "FAILED · 2 ms · attempt 3 of 3" in drawn


def test_text_from_outside_cannot_become_markup() -> None:
    drawn = render_svg(*made.hostile())
    elements = {element.tag for element in parse(drawn).iter()}
    known = {"svg", "title", "style", "rect", "g", "circle", "path", "text", "tspan"}
    assert elements <= {f"{SVG}{name}" for name in known}
    assert "<script>alert('x')</script>" in "".join(words(drawn))
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", drawn)


def test_a_long_display_is_cut_and_whole_in_the_tooltip() -> None:
    job = JobMaker()
    job.add("Task", display="a very long display " * 20 + "END")
    drawn = render_svg(job.job(), job.tasks)
    assert not any("END" in text for text in words(drawn))
    assert any("END" in (title.text or "") for title in parse(drawn).iter(f"{SVG}title"))


def test_every_state_has_a_mark_of_its_own_form() -> None:
    colourless = {
        state: re.sub(r'(class|fill|stroke)="[^"]*"', "", mark(state.value, 0, 0))
        for state in TaskState
    }
    assert len(set(colourless.values())) == len(TaskState)
    assert {mark(state.value, 0, 0) for state in JobState}


def test_every_colour_has_a_dark_one() -> None:
    assert set(LIGHT) == set(DARK)
    style = parse(render_svg(*made.squares())).find(f"{SVG}style")
    assert style is not None
    assert all(color in (style.text or "") for color in DARK.values())


@pytest.mark.parametrize("use", ["ink", "quiet", *(state.value for state in TaskState)])
@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_what_is_written_stands_out_from_its_ground(colors: dict[str, str], use: str) -> None:
    assert min(contrast(colors[use], colors[ground]) for ground in ("box", "card")) >= 4.5


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio as the Web Content Accessibility Guidelines define it."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_job_without_tasks() -> None:
    drawn = render_svg(JobMaker("empty").job(JobState.QUEUED), [])
    assert words(drawn) == ["empty", "QUEUED  ·  0/0", "no tasks"]


def test_a_failure_of_the_job_itself_is_told() -> None:
    job = JobMaker("lost")
    job.add("Task")
    failed = job.job(JobState.FAILED, failure=made.failure("CacheLostError", "gone"), run=3)
    drawn = words(render_svg(failed, job.tasks))
    assert "CacheLostError: gone" in drawn
    assert "FAILED  ·  1/1  ·  41 ms  ·  run 3" in drawn


def test_the_present_time_tells_how_long_things_run() -> None:
    job, tasks = made.fan(10, failed=0, running=2, queued=0)
    assert "RUNNING · 1 m 14 s · 3/10" in words(render_svg(job, tasks, now=BEGIN + 75))


def test_failures_too_deep_have_boxes_below_the_tree() -> None:
    job = JobMaker()
    parent = job.add("A")
    for n in range(200):
        job.add("Beside", parent=parent)
        parent = job.add("AB"[n % 2], parent=parent)
    parent.state, parent.failure = made.FAILED, made.failure()
    drawn = render_svg(job.job(), job.tasks)
    assert "failed deeper in the tree" in words(drawn)
    assert "ValueError: no tiles for 2026-11-20" in words(drawn)
    assert box_count(drawn) <= MOST_BOXES


def test_expanded_every_task_has_a_box() -> None:
    job, tasks = made.fan(500)
    assert box_count(render_svg(job, tasks, expand=True)) == len(tasks)
    job, tasks = made.nested(2_000)
    assert box_count(render_svg(job, tasks, expand=True)) == len(tasks)


def test_lines_that_are_left_out_are_counted() -> None:
    job = JobMaker()
    first = [job.add("First") for _ in range(60)]
    for n in range(200):
        job.add("Second", after=[task for task in first if int(task.id[1:]) % 60 != n % 60])
    drawn = words(render_svg(job.job(), job.tasks, expand=True))
    assert any(re.fullmatch(r"runs after \([\d,]+ lines more are not drawn\)", w) for w in drawn)


@pytest.mark.parametrize(
    "job",
    [
        made.fan(50_000),
        made.quadtree(7),
        made.chain(20_000),
        made.nested(20_000),
        made.assorted(20_000, failed=50),
        made.quadtree(6, failed=range(100, 5_000, 100)),
        made.fan(5_000, failed=1_000),
    ],
    ids=["fan", "quadtree", "chain", "nested", "assorted", "failed-tree", "failed-fan"],
)
def test_a_large_job_is_a_small_picture_that_names_its_failures(job: Made) -> None:
    drawn = render_svg(*job)
    assert box_count(drawn) <= MOST_BOXES
    assert len(drawn) < 60_000
    failed = sum(task.state is made.FAILED for task in job[1])
    assert sum(": " in text for text in words(drawn)) >= min(failed, MOST_FAILURES)


@given(any_job())
@settings(max_examples=50)
def test_any_picture_is_valid_and_no_text_leaves_it(tasks: list[TaskView]) -> None:
    job = JobMaker("any").job()
    drawn = render_svg(job, tasks)
    assert drawn == render_svg(job, tasks)
    root = parse(drawn)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for x, y, text, size in placed_texts(root):
        assert x >= 0
        assert x + text_width(text, size) <= width
        assert 0 <= y <= height
    counts = Counter(re.findall(r"(?m)^.*$", "\n".join(words(drawn))))
    for state in {task.state for task in tasks}:
        number = sum(task.state is state for task in tasks)
        assert counts[f"{number:,} {state.value}"] >= 1


def placed_texts(root: ElementTree.Element) -> Iterator[tuple[float, float, str, float]]:
    """Yield where each text begins, with what it says and how large."""
    for element in root:
        shift_x = shift_y = 0.0
        if moved := re.match(r"translate\(([\d.]+) ([\d.]+)\)", element.get("transform", "")):
            shift_x, shift_y = float(moved[1]), float(moved[2])
        for text in element.iter(f"{SVG}text"):
            x, y = float(text.attrib["x"]) + shift_x, float(text.attrib["y"]) + shift_y
            yield x, y, said(text), float(text.attrib["font-size"])
