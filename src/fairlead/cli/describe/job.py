"""What ``fairlead jobs show`` prints: what became of a job, and what to do next."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

from fairlead.cli import tally
from fairlead.cli.describe.failure import attempts, clause, first_failed
from fairlead.cli.describe.hints import Hint, hint_lines
from fairlead.cli.table import colourful, paint
from fairlead.cli.words import count, duration, local_time, quoted, span
from fairlead.core.states import JobState, TaskState
from fairlead.errors import NotFoundError
from fairlead.sdk.backend import Backend, JobView, TaskView
from fairlead.sdk.display.words import clean


def describe_job(
    job: JobView, tasks: Sequence[TaskView], now: float, *, called: str, color: bool = False
) -> str:
    """Return a few lines about a job.

    Parameters
    ----------
    job, tasks
        The job and its tasks as recorded now.
    now
        Seconds since the epoch.
    called
        The id or name to use for the job in commands.
    color
        Whether the state is coloured.

    Returns
    -------
    str
        The headline, the facts, and one line for each command that helps next.
    """
    failed = first_failed(tasks) if job.state is JobState.FAILED else None
    lines = [headline(job, failed, now, color=color)]
    lines += hint_lines(_hints(job, failed, quoted(called)))
    lines += [f"  {label:<9}{value}" for label, value in _facts(job)]
    return "\n".join(lines)


def headline(job: JobView, failed: TaskView | None, now: float, *, color: bool = False) -> str:
    """Return one line that says how a job stands, and why it failed if it did."""
    line = f"{clean(job.name)}  {paint(job.state.value, color=color)}{_how_long(job, now)}"
    if job.state is JobState.FAILED:
        return f"{line}: {_why(job, failed)}"
    parts = [f"{tally.done(job.counts)} of {count(tally.total(job.counts), 'task')}"]
    if running := job.counts.get(TaskState.RUNNING):
        parts.append(f"{running} running")
    if job.reason and job.state is not JobState.COMPLETED:
        parts.append(clean(job.reason))
    return f"{line}: {', '.join(parts)}"


def _how_long(job: JobView, now: float) -> str:
    length = span(job.started, job.ended, now)
    if length is None:
        return ""
    return f" {'after' if job.state in tally.FINAL_JOBS else 'for'} {duration(length)}"


def _why(job: JobView, failed: TaskView | None) -> str:
    failure = (failed.failure if failed else None) or job.failure
    if failed is None:
        return clean(failure.message) if failure else clean(job.reason or "no reason recorded")
    what = clause(failure) if failure else (failed.reason or "failed")
    return f"{clean(failed.identifier)} {what}   ({attempts(failed)})"


def _facts(job: JobView) -> list[tuple[str, str]]:
    facts = [
        ("id", job.id),
        ("tasks", tally.in_words(job.counts)),
        ("created", local_time(job.created)),
    ]
    optional = [
        ("program", job.program),
        ("machines", job.machine_group),
        ("from", job.lineage),
        ("run", str(job.run) if job.run > 1 else None),
    ]
    return facts + [(label, clean(value)) for label, value in optional if value]


def _hints(job: JobView, failed: TaskView | None, called: str) -> list[Hint]:
    if job.state in (JobState.FAILED, JobState.CANCELLED):
        total = tally.total(job.counts)
        number = tally.kept(job.counts)
        kept = (
            f"({number} of {count(total, 'task')} {'is' if 1 in (number, total) else 'are'} kept)"
        )
        hints = [
            Hint(f"fairlead jobs retry {called}", f"runs again only what did not succeed {kept}")
        ]
        if failed is not None:
            hints.insert(0, Hint(f"fairlead logs {failed.id}", "the last lines before it"))
        return hints
    if job.state is JobState.COMPLETED:
        return [Hint(f"fairlead jobs tree {called}", "what ran, and for how long")]
    if job.state is JobState.SUSPENDED:
        return [Hint(f"fairlead jobs resume {called}", "lets tasks start again")]
    if not job.driven and job.program:
        return [Hint(f"fairlead jobs run {called}", "nobody runs it now; this goes on here")]
    return [Hint(f"fairlead jobs watch {called}", "follows it until it ends")]


def describe_recorded(
    backend: Backend, job: JobView, now: float, *, stream: TextIO | None = None
) -> str:
    """Return a few lines about a job, with what the backend knows of it.

    They are coloured if ``stream``, standard output unless given, shows colours.
    """
    try:
        called = job.name if backend.find_job(job.name) == job.id else job.id
    except NotFoundError:
        called = job.id
    tasks = backend.tasks(job.id) if job.state is JobState.FAILED else []
    color = colourful(stream or sys.stdout)
    return describe_job(job, tasks, now, called=called, color=color)
