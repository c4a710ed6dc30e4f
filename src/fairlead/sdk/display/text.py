"""A job's tree as lines of text, for a terminal or a log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fairlead.core.states import JobState, TaskState
from fairlead.sdk.backend import JobView, TaskView
from fairlead.sdk.display.durations import format_counts, format_duration
from fairlead.sdk.display.outline import Item, Kind, Outline, full_outline, outline
from fairlead.sdk.display.tree import (
    ENDED_WELL,
    FAILING,
    TaskTree,
    count_states,
    job_seconds,
    span,
)
from fairlead.sdk.display.words import (
    after_words,
    attempt_words,
    cells,
    clean,
    clip,
    job_reason,
    progress_words,
    reason_words,
)

MOST_LINES = 60
"""Lines of a bounded picture, its head included."""

MOST_FAILURES = 10
"""Failed tasks that are shown each on a line of its own."""

HEAD_LINES = 5
"""Lines kept for the job, its counts (two), its failure, and the title of failures deeper down."""

DEEPEST_INDENT = 16
"""Levels that are drawn by indentation; below, the level's number is written instead."""

LONGEST_DISPLAY = 24
"""Columns of each display in a group's ``(first … last)``."""

Segment = tuple[str, str]
"""Some text, and the name of its colour in :data:`COLORS` (or nothing)."""

COLORS = {
    "COMPLETED": "32",
    "COMPUTED": "36",
    "RUNNING": "34",
    "QUEUED": "2",
    "FAILED": "1;31",
    "FAILED_OPTIONAL": "33",
    "SKIPPED": "2",
    "CANCELLED": "35",
    "SUSPENDED": "33",
    "title": "1",
    "quiet": "2",
    "failure": "31",
}
"""ANSI codes: of states by their names, and of other parts of a line."""


def render_text(
    job: JobView,
    tasks: Iterable[TaskView],
    *,
    width: int = 100,
    color: bool = False,
    expand: bool = False,
    now: float | None = None,
) -> str:
    """Draw a job's task tree with Unicode characters.

    Parameters
    ----------
    job
        The job.
    tasks
        Its tasks, in order of creation.
    width
        Columns that no line exceeds; what does not fit ends in ``…``.
    color
        Whether to colour states by ANSI escape sequences.
    expand
        Whether to show every task.  Otherwise alike tasks are grouped, failed ones
        pointed out, and there are never more than :data:`MOST_LINES` lines.
    now
        The present time, in seconds since the epoch, from which the durations of what
        still runs are told; None leaves them out.

    Returns
    -------
    str
        The lines, without a line break at the end.
    """
    tree = TaskTree(tasks)
    room = MOST_LINES - HEAD_LINES
    shown = full_outline(tree) if expand else outline(tree, limit=room, most_failures=MOST_FAILURES)
    picture = _TextPicture(job, tree, width, now)
    paint = _painted if color else _plain
    return "\n".join(paint(line) for line in picture.lines(shown))


class _TextPicture:
    """Writes the lines of one picture as segments."""

    def __init__(self, job: JobView, tree: TaskTree, width: int, now: float | None) -> None:
        self._job = job
        self._tree = tree
        self._width = max(width, 20)
        self._now = now
        self._handles = tree.handles(tree.tasks)

    def lines(self, shown: Outline) -> list[list[Segment]]:
        lines = [*self._head(), *self._job_reason()]
        lines.extend(self._tree_lines(shown.items))
        if shown.deeper:
            lines.append([("failed deeper in the tree:", "quiet")])
            lines.extend([("  ", ""), *self._task_segments(task)] for task in shown.deeper)
        return [_fitted(line, self._width) for line in lines]

    def _head(self) -> list[list[Segment]]:
        counts = count_states(self._tree.tasks)
        done = sum(counts[state] for state in ENDED_WELL)
        segments = [
            (clip(clean(self._job.name), self._width // 2), "title"),
            ("  ", ""),
            (self._job.state.value, self._job.state.value),
            (f"  {done:,}/{len(self._tree.tasks):,}", ""),
        ]
        seconds = job_seconds(self._job, self._now)
        if seconds is not None and self._job.state is not JobState.QUEUED:
            segments.append((f"  {format_duration(seconds)}", ""))
        if self._job.run > 1:
            segments.append((f"  run {self._job.run}", ""))
        if all(state is TaskState.COMPLETED for state in counts):
            return [segments]
        told: list[Segment] = [("   ", ""), *_count_segments(counts)]
        if _cells([*segments, *told]) <= self._width:
            return [[*segments, *told]]
        return [segments, *self._told_in_two(told)]

    def _told_in_two(self, told: list[Segment]) -> list[list[Segment]]:
        """Break the counts where the line is full; a second break is not worth its line."""
        full = next(
            (end for end in range(2, len(told), 2) if _cells(told[: end + 2]) > self._width),
            len(told),
        )
        rest = told[full + 1 :]
        return [told[:full], [("   ", ""), *rest]] if rest else [told]

    def _job_reason(self) -> list[list[Segment]]:
        reason = job_reason(self._job, self._tree.tasks)
        color = "quiet" if self._job.failure is None else "failure"
        return [[("   ", ""), (reason, color)]] if reason else []

    def _tree_lines(self, top: Sequence[Item]) -> Iterable[list[Segment]]:
        stack: list[tuple[Item, tuple[bool, ...], int]] = [
            (item, (item is top[-1],), 0) for item in reversed(top)
        ]
        while stack:
            item, lasts, depth = stack.pop()
            yield [(_branches(lasts, depth), "quiet"), *self._item_segments(item)]
            for child in reversed(item.children):
                is_last = child is item.children[-1]
                stack.append((child, (*lasts[-DEEPEST_INDENT:], is_last), depth + 1))

    def _item_segments(self, item: Item) -> list[Segment]:
        segments = (
            self._task_segments(item.task) if item.kind is Kind.TASK else self._group_segments(item)
        )
        if not item.opened and (below := self._tree.descendants(item.tail)):
            counts = count_states(below)
            mixed = f": {format_counts(counts)}" if len(counts) > 1 else ""
            segments.append((f"   + {len(below):,} below{mixed}", "quiet"))
        return segments

    def _task_segments(self, task: TaskView) -> list[Segment]:
        title, display = self._tree.names.title(task)
        segments = [
            (clip(title, self._width // 2), ""),
            ("  ", ""),
            (task.state.value, task.state.value),
        ]
        facts = (self._seconds([task]), attempt_words(task), progress_words(task))
        segments.extend((f"  {words}", "") for words in facts if words)
        reason = reason_words(task)
        if reason:
            segments.append((f"   {reason}", "failure" if task.state in FAILING else "quiet"))
        after = after_words(list(task.depends_on), self._handles)
        if after:
            segments.append((f"   {after}", "quiet"))
        if display:
            segments.append((f"   ({display})", "quiet"))
        return segments

    def _group_segments(self, item: Item) -> list[Segment]:
        counts = count_states(item.members)
        segments = [(self._group_name(item), ""), ("  ", ""), *_state_segments(counts)]
        seconds = self._seconds(item.members)
        if seconds:
            segments.append((f"  {seconds}", ""))
        after = after_words(item.dependencies, self._handles)
        if after:
            segments.append((f"   {after}", "quiet"))
        first, last = (self._tree.names.own_words(item.members[end]) for end in (0, -1))
        if item.kind is not Kind.REST and (first or last):
            ends = " … ".join(clip(text or "…", LONGEST_DISPLAY) for text in (first, last))
            segments.append((f"   ({ends})", "quiet"))
        return segments

    def _group_name(self, item: Item) -> str:
        number = f"{len(item.members):,}"
        if item.kind is Kind.REST:
            return f"… {number} more"
        name = clip(self._tree.group_title(item.members), self._width // 3)
        manner = f" {item.manner}" if item.manner else ""
        return f"{name} x{number}{manner}"

    def _seconds(self, tasks: Sequence[TaskView]) -> str:
        seconds = span(tasks, self._now)
        return "" if seconds is None else format_duration(seconds)


def _state_segments(counts: Mapping[TaskState, int]) -> list[Segment]:
    if len(counts) == 1:
        state = next(iter(counts))
        return [(state.value, state.value)]
    return _count_segments(counts)


def _count_segments(counts: Mapping[TaskState, int]) -> list[Segment]:
    segments: list[Segment] = []
    for part in format_counts(counts).split(" · "):
        segments.extend([(" · ", ""), (part, part.rsplit(" ", 1)[-1])])
    return segments[1:]


def _branches(lasts: Sequence[bool], depth: int) -> str:
    """Draw the branches left of a line, given for each level above whether it was the last."""
    drawn = lasts[-DEEPEST_INDENT:]
    trunks = "".join("   " if last else "│  " for last in drawn[:-1])
    if depth >= DEEPEST_INDENT:
        level = f"⋯{depth + 1:,} "
        trunks = level + trunks[len(level) :]
    return f"{trunks}{'└─' if drawn[-1] else '├─'} "


def _cells(line: Sequence[Segment]) -> int:
    return sum(cells(text) for text, _ in line)


def _fitted(line: list[Segment], width: int) -> list[Segment]:
    """Cut a line where the width ends."""
    fitted: list[Segment] = []
    room = width
    for text, color in line:
        fitted.append((clip(text, room), color))
        room -= cells(text)
        if room <= 0:
            break
    return fitted


def _plain(line: list[Segment]) -> str:
    return "".join(text for text, _ in line).rstrip()


def _painted(line: list[Segment]) -> str:
    return "".join(
        f"\x1b[{COLORS[color]}m{text}\x1b[0m" if color and text else text for text, color in line
    ).rstrip()
