"""What is written in the box of each item of an outline, and how large the box is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fairlead.core.states import TaskState
from fairlead.sdk.backend import TaskView
from fairlead.sdk.display.durations import format_counts, format_duration
from fairlead.sdk.display.measure import elide, text_width, wrap
from fairlead.sdk.display.outline import Item, Kind
from fairlead.sdk.display.palette import MARK_SIZE, SUMMARY_ORDER
from fairlead.sdk.display.tree import FAILING, TaskTree, count_states, span
from fairlead.sdk.display.words import (
    after_words,
    attempt_words,
    clean,
    clip,
    progress_words,
    reason_words,
)

TITLE_SIZE = 13
LINE_SIZE = 11
LINE_HEIGHT = 16
TITLE_HEIGHT = 28
BOTTOM = 8
BAR_HEIGHT = 14
"""Of the bar of states, with the space around it."""

LEFT = 12 + MARK_SIZE + 8
"""Where text begins in a box, in pixels from its left."""

RIGHT = 14
LEAST_WIDTH = 150
MOST_TEXT = 250
"""Pixels of text in a line; longer ones are cut, and whole in the tooltip."""

STACK = 4
"""How far each sheet of a group's stack shows behind the one before it."""


@dataclass(slots=True)
class Line:
    """A line of small text; ``color`` names one of the palette."""

    text: str
    color: str = "quiet"
    lead: str = ""
    lead_color: str = ""

    @property
    def width(self) -> float:
        return text_width(self.lead + self.text, LINE_SIZE)


@dataclass(slots=True, eq=False)
class Box:
    """The box of one item.

    Attributes
    ----------
    state
        The state whose mark it wears.
    title, number
        The bold line: a name, and for a group how many.
    lines
        What is written below.
    bar
        Counts by state, drawn as a bar; empty where all members are in one state.
    tooltip
        Everything, uncut.
    sheets
        Sheets behind it: 0 for a task, 2 for a group.
    x, y, width, height
        Its place and size in pixels, without the sheets.
    """

    state: TaskState
    title: str
    number: str = ""
    lines: list[Line] = field(default_factory=list)
    bar: Mapping[TaskState, int] = field(default_factory=dict)
    tooltip: str = ""
    sheets: int = 0
    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0

    @property
    def outer_width(self) -> float:
        return self.width + self.sheets * STACK

    @property
    def outer_height(self) -> float:
        return self.height + self.sheets * STACK

    def fit(self) -> None:
        """Take the size that the text needs."""
        title = text_width(f"{self.title} {self.number}", TITLE_SIZE, bold=True)
        widest = max([title, *(line.width for line in self.lines)])
        self.width = round(max(LEAST_WIDTH, LEFT + widest + RIGHT))
        bar = BAR_HEIGHT if self.bar else 0
        self.height = TITLE_HEIGHT + bar + len(self.lines) * LINE_HEIGHT + BOTTOM


class BoxWriter:
    """Writes the boxes of one picture."""

    def __init__(self, tree: TaskTree, now: float | None) -> None:
        self._tree = tree
        self._now = now
        self._handles = tree.handles(tree.tasks)

    def box(self, item: Item) -> Box:
        """Return the box of an item, with its size but not yet its place."""
        box = self.task_box(item.task) if item.kind is Kind.TASK else self._group_box(item)
        if not item.opened and (below := self._tree.descendants(item.tail)):
            box.lines.append(Line(f"+ {len(below):,} below"))
            box.tooltip += f"\n+ {len(below):,} below: {format_counts(count_states(below))}"
        box.fit()
        return box

    def task_box(self, task: TaskView) -> Box:
        """Return the box of one task."""
        title, display = self._tree.names.title(task)
        facts = [self._seconds([task]), attempt_words(task), progress_words(task)]
        box = Box(task.state, elide(title, MOST_TEXT, TITLE_SIZE, bold=True))
        box.lines = _state_lines(task.state, [fact for fact in facts if fact])
        reason = reason_words(task)
        if reason:
            color = task.state.value if task.state in FAILING else "quiet"
            box.lines.append(Line(elide(reason, MOST_TEXT, LINE_SIZE), color))
        if display:
            box.lines.append(Line(elide(display, MOST_TEXT, LINE_SIZE)))
        after = after_words(list(task.depends_on), self._handles)
        box.tooltip = _tooltip(
            title, clean(task.identifier), display, task.state.value, *facts, reason, after
        )
        box.fit()
        return box

    def _group_box(self, item: Item) -> Box:
        counts = count_states(item.members)
        title, number = self._group_title(item)
        state = next(state for state in SUMMARY_ORDER if counts[state])
        facts = [fact for fact in (item.manner, self._seconds(item.members)) if fact]
        box = Box(state, title, number, sheets=2)
        if len(counts) == 1:
            box.lines = _state_lines(state, facts)
        else:
            box.bar = counts
            parts = format_counts(counts).split(" · ")
            box.lines = [Line(line, "ink") for line in wrap(parts, " · ", MOST_TEXT, LINE_SIZE)]
            if facts:
                box.lines.append(Line(" · ".join(facts)))
        ends = self._ends(item)
        if ends:
            box.lines.append(Line(elide(ends, MOST_TEXT, LINE_SIZE)))
        after = after_words(item.dependencies, self._handles)
        box.tooltip = _tooltip(f"{title} {number}", format_counts(counts), *facts, ends, after)
        return box

    def _group_title(self, item: Item) -> tuple[str, str]:
        if item.kind is Kind.REST:
            return f"{len(item.members):,} more", ""
        number = f"×{len(item.members):,}"
        room = MOST_TEXT - text_width(f" {number}", TITLE_SIZE, bold=True)
        return elide(self._tree.group_title(item.members), room, TITLE_SIZE, bold=True), number

    def _ends(self, item: Item) -> str:
        """Say what the first and the last member are called."""
        first, last = (self._tree.names.own_words(item.members[end]) for end in (0, -1))
        if item.kind is Kind.REST or not (first or last):
            return ""
        return f"{clip(first or '…', 15)} … {clip(last or '…', 15)}"

    def _seconds(self, tasks: list[TaskView]) -> str:
        seconds = span(tasks, self._now)
        return "" if seconds is None else format_duration(seconds)


def _state_lines(state: TaskState, facts: list[str]) -> list[Line]:
    """Write a state and what belongs to it, on as many lines as that takes."""
    lines = wrap([state.value, *facts], " · ", MOST_TEXT, LINE_SIZE)
    first = Line(lines[0].removeprefix(state.value), "quiet", state.value, state.value)
    return [first, *(Line(line) for line in lines[1:])]


def _tooltip(*parts: str) -> str:
    return "\n".join(dict.fromkeys(part for part in parts if part))
