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
    from fairlead.cli import lookup, tally
    from fairlead.errors import InvalidRequestError

    backend = open_backend(context)
    views = {view.id: view for view in (lookup.task(backend, one) for one in task)}
    for view in views.values():
        if view.state in tally.FINAL_TASKS:
            raise InvalidRequestError(
                f"the task {view.id} has ended, {view.state.value};"
                f" `fairlead tasks info {view.id}` tells about it"
            )
    for id_ in views:
        if gently:
            backend.stop_task(id_)
        else:
            backend.cancel_task(id_)
    request = "stop" if gently else "cancel"
    answers = [
        {"id": view.id, "display": view.display, "request": request} for view in views.values()
    ]
    emit(answers, output, lambda: "\n".join(map(_line, answers)))


def _line(answer: dict[str, str]) -> str:
    return f"{answer['display']}: {answer['request']} requested  ({answer['id']})"
