"""``fairlead tasks kill``."""

from __future__ import annotations

from typing import Annotated

import typer

from fairlead.cli.invocation import open_backend
from fairlead.cli.options import Output, TaskArguments
from fairlead.cli.output import OutputFormat, emit


def kill(
    context: typer.Context,
    task: TaskArguments,
    gently: Annotated[
        bool,
        typer.Option("--gently", help="Only ask the tasks to stop, and keep what they return."),
    ] = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Cancel tasks with all their subtasks, and discard what they are doing.

    The job fails with it, unless the task is optional or part of an optional one.
    """
    from fairlead.cli import lookup

    backend = open_backend(context)
    views = {view.id: view for view in (lookup.task(backend, one) for one in task)}
    for id_ in views:
        if gently:
            backend.stop_task(id_)
        else:
            backend.cancel_task(id_)
    done = "asked to stop" if gently else "cancelled"
    emit(
        [{"id": view.id, "display": view.display, "request": done} for view in views.values()],
        output,
        lambda: "\n".join(f"{view.display} {done}  ({view.id})" for view in views.values()),
    )
