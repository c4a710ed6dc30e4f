"""One call of the command line: parse, run, and put every error into one line."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

import typer

from fairlead.cli.app import app
from fairlead.cli.commands.completion import answer_shells
from fairlead.cli.exits import ExitCode, exit_code, explain
from fairlead.cli.invocation import Invocation

PROGRAM = "fairlead"


def call(arguments: Sequence[str]) -> int:
    """Run a command.

    Parameters
    ----------
    arguments
        The words after ``fairlead``.

    Returns
    -------
    int
        The exit code.
    """
    invocation = Invocation()
    answer_shells()
    command = typer.main.get_command(app)
    try:
        code = command.main(
            list(arguments), prog_name=PROGRAM, standalone_mode=False, obj=invocation
        )
    except SystemExit as end:
        # The parser meets a closed pipe with the exit code of a failed job.
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None
        raise
    except Exception as error:
        return _failed(error, debug=invocation.debug)
    return code if isinstance(code, int) else ExitCode.OK


def _failed(error: Exception, *, debug: bool) -> int:
    # The parser's errors know how to put themselves into words, and their exit code.
    # They are told by these methods: their classes live in other modules in other
    # versions of typer.
    words = getattr(error, "format_message", None)
    if words is not None:
        return _misused(error, words())
    if isinstance(error, typer.Abort):
        return ExitCode.INTERRUPTED
    if debug:
        traceback.print_exception(error)
    print(f"{PROGRAM}: {explain(error)}", file=sys.stderr)
    return exit_code(error)


def _misused(error: Exception, words: str) -> int:
    if type(error).__name__ == "NoArgsIsHelpError":
        if words:
            print(words, file=sys.stderr)
        return ExitCode.USAGE
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else PROGRAM
    text = " ".join(words.split()).replace("Value error, ", "").rstrip(".")
    print(f"{PROGRAM}: {text}; `{path} --help` shows what is possible", file=sys.stderr)
    return ExitCode.USAGE
