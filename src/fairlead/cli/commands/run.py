"""``fairlead run``: submit a file's task and run it here."""

from __future__ import annotations

import typer

from fairlead.cli.invocation import Invocation
from fairlead.cli.options import Input, JobName, MaxRetries, Output, ProgramArgument
from fairlead.cli.output import OutputFormat


def run(
    context: typer.Context,
    program: ProgramArgument,
    input: Input = None,
    name: JobName = None,
    max_retries: MaxRetries = 0,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Submit a task of a file, run it here, and print its result.

    A file without tasks is run as a plain script, and so is one that starts work itself
    where neither a task, nor an input or another option for one is given.  The exit code
    is 1 if the job failed.
    """
    from fairlead.cli.programs.inputs import read_input
    from fairlead.cli.programs.load import is_script, load_task, starts_itself
    from fairlead.cli.programs.script import run_script
    from fairlead.cli.programs.submit import run_task
    from fairlead.cli.programs.target import parse_target

    invocation = context.ensure_object(Invocation)
    target = parse_target(program)
    if is_script(target, has_input=input is not None):
        raise typer.Exit(run_script(target.file, invocation.backend_name))
    nothing_chosen = (target.name, input, name, max_retries) == (None, None, None, 0)
    if nothing_chosen and starts_itself(target):
        raise typer.Exit(run_script(target.file, invocation.backend_name))
    data = read_input(input or "{}")
    definition = load_task(target)
    values = definition.codec.decode(data)
    run_task(invocation, definition, values, name or definition.name, max_retries, output)
