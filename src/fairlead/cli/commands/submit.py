"""``fairlead submit``: leave a file's task to whoever runs it."""

from __future__ import annotations

from typing import Annotated

import typer

from fairlead.cli.invocation import Invocation
from fairlead.cli.options import Input, JobName, MaxRetries, Output, ProgramArgument
from fairlead.cli.output import OutputFormat


def submit(
    context: typer.Context,
    program: ProgramArgument,
    input: Input = None,
    name: JobName = None,
    max_retries: MaxRetries = 0,
    machine_size: Annotated[
        str | None,
        typer.Option("--size", help="The size of the machine to run on.", show_default=False),
    ] = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Submit a task of a file as a job, and end without waiting for it.

    In a cluster it starts at once; the local store keeps it until `fairlead jobs run` or
    another process takes it up.
    """
    from fairlead.cli.programs.inputs import read_input
    from fairlead.cli.programs.load import is_script, load_task
    from fairlead.cli.programs.submit import submit_task
    from fairlead.cli.programs.target import parse_target
    from fairlead.errors import InvalidRequestError

    target = parse_target(program)
    if is_script(target, has_input=input is not None):
        raise InvalidRequestError(
            f"{target.file} defines no task that could be submitted; `fairlead run {target.file}`"
            " runs it"
        )
    data = read_input(input or "{}")
    definition = load_task(target)
    values = definition.codec.decode(data)
    submit_task(
        context.ensure_object(Invocation),
        definition,
        values,
        name or definition.name,
        output,
        max_retries=max_retries,
        machine_size=machine_size,
    )
