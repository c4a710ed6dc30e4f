"""Views of jobs and tasks as plain values, as JSON and YAML show them.

Times are ISO 8601 in UTC, lengths of time are seconds, states are upper case.
"""

from __future__ import annotations

from typing import Any

from fairlead.cli.words import span, timestamp
from fairlead.sdk.backend import (
    AttemptUsage,
    AttemptView,
    Failure,
    JobView,
    LogRecord,
    Progress,
    TaskView,
)


def job_record(job: JobView, now: float) -> dict[str, Any]:
    """Return a job as plain values."""
    return {
        "id": job.id,
        "name": job.name,
        "state": job.state.value,
        "reason": job.reason,
        "failure": failure_record(job.failure),
        "run": job.run,
        "closed": job.closed,
        "style": job.style,
        "program": job.program,
        "machine_group": job.machine_group,
        "created": timestamp(job.created),
        "started": timestamp(job.started),
        "ended": timestamp(job.ended),
        "duration": span(job.started, job.ended, now),
        "tasks": {state.value: number for state, number in job.counts.items() if number},
        "lineage": job.lineage,
        "driven": job.driven,
    }


def task_record(task: TaskView, now: float) -> dict[str, Any]:
    """Return a task as plain values."""
    return {
        "id": task.id,
        "job_id": task.job_id,
        "parent_id": task.parent_id,
        "key": task.key,
        "identifier": task.identifier,
        "version": task.version,
        "display": task.display,
        "state": task.state.value,
        "reason": task.reason,
        "attempt": task.attempt,
        "max_retries": task.max_retries,
        "optional": task.optional,
        "depends_on": list(task.depends_on),
        "created": timestamp(task.created),
        "started": timestamp(task.started),
        "ended": timestamp(task.ended),
        "duration": span(task.started, task.ended, now),
        "run": task.run,
        "machine_size": task.machine_size,
        "progress": [progress_record(progress) for progress in task.progress],
        "status": task.status_text,
        "failure": failure_record(task.failure),
        "superseded": task.superseded,
    }


def attempt_record(attempt: AttemptView, now: float) -> dict[str, Any]:
    """Return one attempt of a task as plain values."""
    return {
        "attempt": attempt.attempt,
        "outcome": attempt.outcome,
        "version": attempt.version,
        "started": timestamp(attempt.started),
        "ended": timestamp(attempt.ended),
        "duration": span(attempt.started, attempt.ended, now),
        "failure": failure_record(attempt.failure),
        "usage": usage_record(attempt.usage),
    }


def usage_record(usage: AttemptUsage | None) -> dict[str, Any] | None:
    """Return what an attempt took as plain values; None where that is not known."""
    if usage is None:
        return None
    return {
        "wall_seconds": usage.wall,
        "cpu_seconds": usage.cpu,
        "peak_memory_bytes": usage.memory,
    }


def failure_record(failure: Failure | None) -> dict[str, Any] | None:
    """Return a failure as plain values; None if there is none."""
    if failure is None:
        return None
    return {
        "kind": failure.kind,
        "type": failure.type,
        "module": failure.module,
        "message": failure.message,
        "arguments": failure.arguments,
        "traceback": failure.traceback,
    }


def progress_record(progress: Progress) -> dict[str, Any]:
    """Return the progress of one labelled piece of work as plain values."""
    return {"label": progress.label, "done": progress.done, "total": progress.total}


def log_record(record: LogRecord) -> dict[str, Any]:
    """Return a log line as plain values."""
    return {
        "time": timestamp(record.time),
        "level": record.level,
        "task_id": record.task_id,
        "attempt": record.attempt,
        "message": record.message,
        "fields": record.fields,
    }
