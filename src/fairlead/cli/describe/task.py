"""What ``fairlead tasks info`` prints: everything recorded about one task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairlead.cli.describe.failure import attempts, clause
from fairlead.cli.describe.hints import Hint, hint_lines
from fairlead.cli.table import paint
from fairlead.cli.words import clean_lines, duration, local_time, span
from fairlead.core.states import TaskState
from fairlead.sdk.backend import AttemptUsage, AttemptView, JobView, TaskView
from fairlead.sdk.display.words import clean


def describe_task(
    task: TaskView,
    job: JobView,
    history: Sequence[AttemptView],
    metadata: Mapping[str, str],
    files: Sequence[str],
    now: float,
    *,
    color: bool = False,
) -> str:
    """Return everything recorded about one task, as lines for people."""
    state = paint(task.state.value, color=color)
    lines = [f"{clean(task.display)}  {state}{_how_long(task, now)}"]
    lines += hint_lines(_hints(task, files))
    lines += [f"  {label:<13}{value}" for label, value in _facts(task, job, files)]
    lines += [f"  {'metadata':<13}{clean(f'{key}={metadata[key]}')}" for key in sorted(metadata)]
    lines += _usage_lines(history)
    lines += _attempt_lines(history, now)
    if task.failure is not None and task.failure.traceback:
        lines += ["", clean_lines(task.failure.traceback)]
    return "\n".join(lines)


def _how_long(task: TaskView, now: float) -> str:
    length = span(task.started, task.ended, now)
    if length is None:
        return ""
    return f" {'for' if task.ended is None else 'after'} {duration(length)}"


def _facts(task: TaskView, job: JobView, files: Sequence[str]) -> list[tuple[str, str]]:
    optional: list[tuple[str, str | None]] = [
        ("id", task.id),
        ("task", f"{task.identifier} {task.version}"),
        ("key", task.key),
        ("job", f"{job.name} ({job.id}, {job.state.value})"),
        ("parent", task.parent_id),
        ("after", ", ".join(task.depends_on)),
        ("reason", task.reason),
        ("failure", clause(task.failure) if task.failure else None),
        ("attempt", attempts(task) if task.attempt else "not started yet"),
        ("optional", "yes: the job goes on without it" if task.optional else None),
        ("size", task.machine_size),
        ("status", task.status_text),
        *(("progress", f"{item.label} {item.done}/{item.total}") for item in task.progress),
        ("created", local_time(task.created)),
        ("started", local_time(task.started) if task.started else None),
        ("ended", local_time(task.ended) if task.ended else None),
        ("run", str(task.run) if task.run > 1 else None),
        ("renewed", "a retry of the job made a newer task of it" if task.superseded else None),
        ("files", str(len(files)) if files else None),
    ]
    return [(label, clean(value)) for label, value in optional if value]


def _usage_lines(history: Sequence[AttemptView]) -> list[str]:
    """Say what the latest attempt took; those before it say it themselves."""
    usage = history[-1].usage if len(history) == 1 else None
    return [f"  {'took':<13}{_usage(usage)}"] if usage is not None else []


def _usage(usage: AttemptUsage) -> str:
    cpu, memory = duration(usage.cpu), usage.memory / 2**20
    return f"{duration(usage.wall)}, CPU time {cpu}, at most {memory:,.0f} MiB of memory"


def _attempt_lines(history: Sequence[AttemptView], now: float) -> list[str]:
    if len(history) < 2:
        return []
    return [
        f"  {f'attempt {view.attempt}':<13}{view.outcome or 'RUNNING'} after "
        f"{duration(span(view.started, view.ended, now))}"
        + (f": {clause(view.failure)}" if view.failure else "")
        + (f" ({_usage(view.usage)})" if view.usage else "")
        for view in history
    ]


def _hints(task: TaskView, files: Sequence[str]) -> list[Hint]:
    hints = []
    if task.started is not None:
        hints.append(Hint(f"fairlead logs {task.id}", "what it logged and printed"))
    if files:
        hints.append(Hint(f"fairlead tasks download {task.id}", "copies its files here"))
    if task.state is TaskState.RUNNING:
        hints.append(Hint(f"fairlead tasks kill {task.id}", "ends it and discards its result"))
    return hints
