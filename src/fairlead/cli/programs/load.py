"""A program's tasks, by importing it."""

from __future__ import annotations

import contextlib
import io
import os
import sys

from fairlead.cli.programs.choose import choose
from fairlead.cli.programs.target import Target, may_define_tasks, read_program
from fairlead.errors import InvalidRequestError
from fairlead.sdk.definitions import TaskDefinition


def is_script(target: Target, *, has_input: bool) -> bool:
    """Return whether a file is a plain script, to be run rather than imported.

    Raises
    ------
    InvalidRequestError
        It is one, but a task or an input was given.
    """
    if may_define_tasks(read_program(target.file)):
        return False
    if target.name is not None or has_input:
        raise InvalidRequestError(
            f"{target.file} defines no task that could be given an input; run it as"
            f" `fairlead run {target.file}`"
        )
    return True


def starts_itself(target: Target) -> bool:
    """Import a file; return whether it starts work, so that it is whole only as a script.

    Should it be run as one, what it printed before is printed then, not here.

    Raises
    ------
    ProgramError
        The file cannot be imported.
    """
    from fairlead.runner.program import import_program, starts_work

    printed = io.StringIO()
    starts = False
    try:
        with contextlib.redirect_stdout(printed):
            import_program(os.path.realpath(target.file))
        starts = starts_work(target.file)
    finally:
        if not starts:
            sys.stdout.write(printed.getvalue())
    return starts


def load_task(target: Target) -> TaskDefinition:
    """Import a file and return the task that is meant.

    Raises
    ------
    ProgramError
        The file cannot be imported.
    InvalidRequestError
        It defines no task, or several that could be meant.
    NotFoundError
        It has no task of that name.
    """
    from fairlead.runner.program import import_program
    from fairlead.sdk.definitions import registry

    file = os.path.realpath(target.file)
    import_program(file)
    found = [
        definition
        for definition in registry
        if definition.origin.file == file and not definition.origin.is_local
    ]
    if not found:
        raise InvalidRequestError(
            f"{target.file} defines no task; run the program itself with `python {target.file}`"
        )
    return choose(target, sorted(found, key=lambda definition: definition.origin.line))
