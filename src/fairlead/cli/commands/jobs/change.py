"""``fairlead jobs cancel|suspend|resume|delete``: requests that are noted and carried out soon."""

from __future__ import annotations

from collections.abc import Callable

import typer

from fairlead.cli.invocation import open_backend
from fairlead.cli.options import JobArguments, Output
from fairlead.cli.output import OutputFormat, emit
from fairlead.sdk.backend import Backend, JobView


def cancel(context: typer.Context, job: JobArguments, output: Output = OutputFormat.TABLE) -> None:
    """Cancel jobs: nothing new starts, what runs is asked to stop and ended after a while."""
    _change(context, job, output, "cancel", lambda backend, id_: backend.cancel_job(id_))


def suspend(context: typer.Context, job: JobArguments, output: Output = OutputFormat.TABLE) -> None:
    """Suspend jobs: what runs goes on to its end, nothing new starts until `resume`."""
    _change(context, job, output, "suspend", lambda backend, id_: backend.suspend_job(id_))


def resume(context: typer.Context, job: JobArguments, output: Output = OutputFormat.TABLE) -> None:
    """End the suspension of jobs."""
    _change(context, job, output, "resume", lambda backend, id_: backend.resume_job(id_))


def delete(context: typer.Context, job: JobArguments, output: Output = OutputFormat.TABLE) -> None:
    """Delete jobs with their tasks, logs, files and results.  This cannot be undone."""
    _change(context, job, output, "delete", lambda backend, id_: backend.delete_job(id_))


def _change(
    context: typer.Context,
    given: list[str],
    output: OutputFormat,
    request: str,
    change: Callable[[Backend, str], None],
) -> None:
    from fairlead.cli import lookup

    backend = open_backend(context)
    # All are looked at first, so that a misspelt one leaves the others as they are.
    ids = list(dict.fromkeys(lookup.job_id(backend, one) for one in given))
    views = [backend.job(id_) for id_ in ids]
    if request != "delete":
        _refuse_ended(views, request)
    for id_ in ids:
        change(backend, id_)
    done = "deleted" if request == "delete" else f"{request} requested"
    emit(
        [{"id": view.id, "name": view.name, "request": request} for view in views],
        output,
        lambda: "\n".join(f"{view.name}: {done}  ({view.id})" for view in views),
    )


def _refuse_ended(views: list[JobView], request: str) -> None:
    from fairlead.cli import tally
    from fairlead.errors import InvalidRequestError

    for view in views:
        if view.state in tally.FINAL_JOBS:
            raise InvalidRequestError(
                f"cannot {request} the job {view.name!r} ({view.id}): it has ended,"
                f" {view.state.value}; `fairlead jobs show {view.id}` says what can be done"
            )
