"""What is said about a task, and how it is made safe to print.

Displays, messages and names come from users' programs.  They may hold line breaks,
escape sequences for terminals or characters that reverse the direction of writing;
none of these reaches a picture.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from fairlead.core.states import JobState, TaskState
from fairlead.sdk.backend import Failure, JobView, TaskView

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d\ufe0f")  # within emoji and several scripts' words

LONGEST_TEXT = 2000
"""Characters looked at in one text; a megabyte of message is not read to show a line."""


def clean(text: str) -> str:
    """Return ``text`` on one line and without characters that steer a terminal."""
    text = text[:LONGEST_TEXT]
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = "".join(
        " " if char.isspace() else char if _is_printable(char) else REPLACEMENT for char in text
    )
    return " ".join(kept.split())


def _is_printable(char: str) -> bool:
    return char in _JOINERS or unicodedata.category(char) not in _UNPRINTABLE


def cells(text: str) -> int:
    """Return how many columns of a terminal ``text`` takes."""
    if text.isascii():
        return len(text)
    return sum(map(_cells_of, text))


def _cells_of(char: str) -> int:
    if unicodedata.combining(char) or char in _JOINERS:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def clip(text: str, room: int) -> str:
    """Shorten ``text`` to at most ``room`` columns, ending in ``…`` where it was cut."""
    if cells(text) <= room:
        return text
    if room < 1:
        return ""
    used = 0
    for position, char in enumerate(text):
        used += _cells_of(char)
        if used > room - 1:
            return text[:position].rstrip() + "…"
    return text


def first_line(failure: Failure) -> str:
    """Say a failure on one line: ``ValueError: no tiles for 2026-11-20``."""
    lines = failure.message[:LONGEST_TEXT].strip().splitlines()
    message = clean(lines[0]) if lines else ""
    kind = clean(failure.type or failure.kind)
    return f"{kind}: {message}" if message else kind


class Names:
    """The shortest names that still tell a job's identifiers apart.

    ``acme.example/Fetch`` is written ``Fetch`` unless the job also has a
    ``other.example/Fetch``.
    """

    def __init__(self, identifiers: Iterable[str]) -> None:
        by_short: dict[str, set[str]] = {}
        for identifier in identifiers:
            by_short.setdefault(_short(identifier), set()).add(identifier)
        self._names = {
            identifier: clean(short if len(same) == 1 else identifier)
            for short, same in by_short.items()
            for identifier in same
        }

    def of(self, identifier: str) -> str:
        """Return the name to show for an identifier."""
        return self._names.get(identifier) or clean(identifier)

    def own_words(self, task: TaskView) -> str:
        """Return what the task is called beyond its identifier: its display, else its key."""
        for text in (task.display, task.key):
            if text and text != task.identifier:
                said = clean(text)
                if said and said != self.of(task.identifier):
                    return said
        return ""

    def title(self, task: TaskView) -> tuple[str, str]:
        """Return the task's name, and what else its display says (often nothing).

        ``Square(3)`` already says that it is a ``Square``, and stands alone;
        ``image 3`` is shown beside ``Download``.
        """
        name, own = self.of(task.identifier), self.own_words(task)
        if own and name.lower() in own.lower():
            return own, ""
        return name, own

    def handle(self, task: TaskView) -> str:
        """Return the one name by which other tasks' lines refer to this one."""
        return self.own_words(task) or self.of(task.identifier)


def attempt_words(task: TaskView) -> str:
    """Say which attempt a task is at, once it is not the first.

    Attempts charged to the platform are not limited by the user's retries, so the
    number may exceed what ``max_retries`` allows; then no limit is told.
    """
    if task.attempt <= 1:
        return ""
    allowed = task.max_retries + 1
    return f"attempt {task.attempt}" + (f" of {allowed}" if task.attempt <= allowed else "")


def progress_words(task: TaskView) -> str:
    """Say how far a task's labelled work is: ``3/10``, or ``tiles 3/10 · bytes 5/7``."""
    shown = [part for part in task.progress if part.total > 0 or part.done > 0]
    if task.state is TaskState.COMPLETED:
        return ""
    return " · ".join(
        f"{clean(part.label)} {part.done:,}/{part.total:,}".strip()
        if len(shown) > 1
        else f"{part.done:,}/{part.total:,}"
        for part in shown[:3]
    )


def reason_words(task: TaskView) -> str:
    """Say why a task is where it is: its failure, its reason, or its own status."""
    if task.failure is not None:
        return first_line(task.failure)
    if task.state is TaskState.COMPLETED:
        return ""
    if task.status_text and task.state is TaskState.RUNNING:
        return clean(task.status_text)
    return clean(task.reason or "")


def job_reason(job: JobView, tasks: Iterable[TaskView]) -> str:
    """Say why a job is where it is, unless its failed tasks tell that."""
    if job.state is JobState.COMPLETED:
        return ""
    if job.failure is None or job.ended is None:
        return clean(job.reason or "")
    told = any(task.state is TaskState.FAILED for task in tasks)
    return "" if told else first_line(job.failure)


def after_words(dependencies: list[str], names: dict[str, str]) -> str:
    """Say what a task waits for: ``after fetch`` for one, ``after 6`` for several."""
    if not dependencies:
        return ""
    if len(dependencies) == 1 and dependencies[0] in names:
        return f"after {clip(names[dependencies[0]], 32)}"
    return f"after {len(dependencies):,}"


def _short(identifier: str) -> str:
    return identifier.rstrip("/").rsplit("/", 1)[-1] or identifier
