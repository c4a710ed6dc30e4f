"""A job's tree as an SVG picture that needs no other file, and no script.

It brings its own ground, so it is legible on light and dark pages, in a notebook, in a
README and as a file.  The same records always give the same text.
"""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.core.states import JobState, TaskState
from fairlead.sdk.backend import JobView, TaskView
from fairlead.sdk.display.boxes import (
    BAR_HEIGHT,
    LEFT,
    LINE_HEIGHT,
    LINE_SIZE,
    RIGHT,
    STACK,
    TITLE_HEIGHT,
    TITLE_SIZE,
    Box,
    BoxWriter,
)
from fairlead.sdk.display.canvas import Canvas, drawn, number, xml
from fairlead.sdk.display.durations import STATE_ORDER, format_duration
from fairlead.sdk.display.layout import ROW_GAP, Area, lay_out
from fairlead.sdk.display.measure import elide, text_width
from fairlead.sdk.display.outline import Outline, full_outline, outline
from fairlead.sdk.display.palette import MARK_SIZE, mark, paint, style_sheet
from fairlead.sdk.display.routes import Route, areas, arrow_routes, parent_routes
from fairlead.sdk.display.tree import ENDED_WELL, TaskTree, count_states, job_seconds
from fairlead.sdk.display.words import clean, job_reason

MOST_BOXES = 32
"""Boxes of a bounded picture."""

MOST_FAILURES = 8
"""Failed tasks that have each a box of its own."""

MOST_ARROWS = 5_000
"""Arrows drawn when everything is expanded; the picture says how many are left out."""

PADDING = 20
LEAST_WIDTH = 420
NAME_SIZE = 17
FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"


def render_svg(
    job: JobView, tasks: Iterable[TaskView], *, expand: bool = False, now: float | None = None
) -> str:
    """Draw a job's task tree as a self-contained SVG document.

    Parameters
    ----------
    job
        The job.
    tasks
        Its tasks, in order of creation.
    expand
        Whether to draw every task.  Otherwise alike tasks are grouped, failed ones
        pointed out, and there are never more than :data:`MOST_BOXES` boxes.
    now
        The present time, in seconds since the epoch, from which the durations of what
        still runs are told; None leaves them out.

    Returns
    -------
    str
        An ``<svg>`` element, which is also a whole document.
    """
    tree = TaskTree(tasks)
    shown = (
        full_outline(tree)
        if expand
        else outline(tree, limit=MOST_BOXES, most_failures=MOST_FAILURES)
    )
    return _SvgPicture(job, tree, now).draw(shown)


class _SvgPicture:
    """Puts the parts of one picture together, from the top down."""

    def __init__(self, job: JobView, tree: TaskTree, now: float | None) -> None:
        self._job = job
        self._tree = tree
        self._now = now
        self._counts = count_states(tree.tasks)
        self._canvas = Canvas()

    def draw(self, shown: Outline) -> str:
        writer = BoxWriter(self._tree, self._now)
        top = lay_out(shown.items, writer)
        deeper = [writer.task_box(task) for task in shown.deeper]
        widest = max([top.width, *(box.outer_width for box in deeper)])
        width = round(max(LEAST_WIDTH, widest + 2 * PADDING, self._head_width()))
        y = self._head(width)
        if top.bands:
            y = self._tree_part(top, y)
        if deeper:
            y = self._deeper_part(deeper, y)
        return self._document(width, round(y + PADDING))

    # --- the head: the job's name, what became of it, and how many are in which state

    def _title(self) -> str:
        return elide(clean(self._job.name), 520, NAME_SIZE, bold=True)

    def _facts(self) -> str:
        done = sum(self._counts[state] for state in ENDED_WELL)
        facts = [self._job.state.value, f"{done:,}/{len(self._tree.tasks):,}"]
        seconds = job_seconds(self._job, self._now)
        if seconds is not None and self._job.state is not JobState.QUEUED:
            facts.append(format_duration(seconds))
        if self._job.run > 1:
            facts.append(f"run {self._job.run}")
        return "  ·  ".join(facts)

    def _head_width(self) -> float:
        name = text_width(self._title(), NAME_SIZE, bold=True)
        return 2 * PADDING + MARK_SIZE + 8 + max(name, text_width(self._facts(), 12))

    def _head(self, width: float) -> float:
        """Draw the head; return where the picture goes on."""
        self._canvas.parts.append(mark(self._job.state.value, PADDING, PADDING + 1))
        left = PADDING + MARK_SIZE + 9
        self._canvas.text(left, PADDING + 15, self._title(), NAME_SIZE, "ink", bold=True)
        self._canvas.text(left, PADDING + 35, self._facts(), 12, "quiet")
        y: float = PADDING + 48
        if reason := job_reason(self._job, self._tree.tasks):
            room = width - left - PADDING
            color = "quiet" if self._job.failure is None else "FAILED"
            self._canvas.text(left, y + 6, elide(reason, room, 12), 12, color, tooltip=reason)
            y += 20
        if not self._tree.tasks:
            self._canvas.text(left, y + 8, "no tasks", 12, "quiet")
            return y + 12
        self._canvas.bar(PADDING, y, width - 2 * PADDING, 8, self._counts)
        return self._legend(y + 29, width) + 14

    def _legend(self, y: float, width: float) -> float:
        """Draw the number of tasks in each state beside its mark; return the lower end."""
        x: float = PADDING
        for state in STATE_ORDER:
            if not self._counts[state]:
                continue
            words = f"{self._counts[state]:,} {state.value}"
            room = MARK_SIZE + 5 + text_width(words, LINE_SIZE) + 16
            if x > PADDING and x + room > width - PADDING:
                x, y = PADDING, y + 22
            self._canvas.parts.append(mark(state.value, x, y - 13))
            self._canvas.text(x + MARK_SIZE + 5, y, words, LINE_SIZE, "ink")
            x += room
        return y + 8

    # --- the tree

    def _tree_part(self, top: Area, y: float) -> float:
        routes: list[Route] = []
        boxes: list[Box] = []
        for owner, area in areas(top):
            routes.extend(parent_routes(owner, area) if owner else ())
            routes.extend(arrow_routes(area))
            boxes.extend(block.box for block in area.blocks)
        arrows = [route for route in routes if route.dashed]
        lines = [route for route in routes if not route.dashed]
        self._canvas.parts.append(f'<g transform="translate({PADDING} {number(y)})">')
        self._canvas.parts.extend(map(drawn, [*lines, *arrows[:MOST_ARROWS]]))
        for box in boxes:
            self._box(box)
        self._canvas.parts.append("</g>")
        return self._key(bool(lines), len(arrows), y + top.height + 14)

    def _key(self, has_lines: bool, arrows: int, y: float) -> float:
        """Say what the lines mean; return the lower end."""
        x: float = PADDING
        if has_lines:
            self._canvas.parts.append(drawn(Route(((x, y + 8), (x + 24, y + 8)))))
            self._canvas.text(x + 30, y + 12, "subtask", 10, "quiet")
            x += 92
        if arrows:
            sample = Route(((x, y + 8), (x + 28, y + 8)), dashed=True, head=True)
            self._canvas.parts.append(drawn(sample))
            left_out = arrows - MOST_ARROWS
            more = f" ({left_out:,} lines more are not drawn)" if left_out > 0 else ""
            self._canvas.text(x + 34, y + 12, f"runs after{more}", 10, "quiet")
        return y + 14 if has_lines or arrows else y - 14

    def _deeper_part(self, boxes: list[Box], y: float) -> float:
        y += 26
        self._canvas.text(PADDING, y, "failed deeper in the tree", 12, "quiet", bold=True)
        y += 10
        for box in boxes:
            box.x, box.y = PADDING, y
            self._box(box)
            y += box.outer_height + ROW_GAP
        return y - ROW_GAP

    def _box(self, box: Box) -> None:
        self._canvas.parts.append(f"<g><title>{xml(box.tooltip)}</title>")
        failed = box.state is TaskState.FAILED
        border, thickness = paint("box", "FAILED" if failed else "line"), 1.6 if failed else 1
        for sheet in range(box.sheets, -1, -1):
            shift = sheet * STACK
            self._canvas.parts.append(
                f'<rect x="{number(box.x + shift)}" y="{number(box.y + shift)}" '
                f'width="{number(box.width)}" height="{number(box.height)}" rx="7" {border} '
                f'stroke-width="{thickness}"/>'
            )
        self._canvas.parts.append(mark(box.state.value, box.x + 12, box.y + 9))
        self._title_text(box)
        y = box.y + TITLE_HEIGHT
        if box.bar:
            self._canvas.bar(box.x + LEFT, y + 3, box.width - LEFT - RIGHT, 6, box.bar)
            y += BAR_HEIGHT
        for line in box.lines:
            y += LINE_HEIGHT
            lead = f"<tspan {paint(line.lead_color)}>{xml(line.lead)}</tspan>" if line.lead else ""
            self._canvas.rich_text(
                box.x + LEFT, y - 4, lead + xml(line.text), LINE_SIZE, line.color
            )
        self._canvas.parts.append("</g>")

    def _title_text(self, box: Box) -> None:
        number = f'<tspan dx="5" {paint("quiet")}>{xml(box.number)}</tspan>' if box.number else ""
        words = xml(box.title) + number
        self._canvas.rich_text(box.x + LEFT, box.y + 23, words, TITLE_SIZE, "ink", bold=True)

    def _document(self, width: int, height: int) -> str:
        name = xml(f"{clean(self._job.name)}: {self._facts()}")
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" class="fairlead-tree" role="img" '
                f'width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
                f'font-family="{FONT}" style="max-width:100%;height:auto" '
                f'aria-label="{name}">',
                f"<title>{name}</title>",
                f"<style>{style_sheet()}</style>",
                f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="10" '
                f"{paint('card', 'line')}/>",
                *self._canvas.parts,
                "</svg>\n",
            ]
        )
