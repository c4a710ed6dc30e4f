"""``fairlead completion``: lets the shell complete commands, options and job names."""

from __future__ import annotations

import os
from enum import StrEnum
from importlib import import_module
from typing import Annotated, Any

import typer

VARIABLE = "_FAIRLEAD_COMPLETE"
"""The environment variable by which a shell asks for completions."""


class Shell(StrEnum):
    """The shells that can be taught."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


def completion(
    context: typer.Context,
    shell: Annotated[
        Shell, typer.Argument(help="The shell that shall complete.", show_default=False)
    ],
    install: Annotated[
        bool,
        typer.Option("--install", help="Add the script to the shell's start-up files for good."),
    ] = False,
) -> None:
    """Print the script that teaches a shell to complete `fairlead`.

    For this session alone: `source <(fairlead completion bash)`.
    """
    scripts = _scripts()
    program = context.find_root().info_name or "fairlead"
    if install:
        _, path = scripts.install(shell=shell.value, prog_name=program, complete_var=VARIABLE)
        print(f"{path} written; new {shell.value} sessions complete `{program}`")
        return
    print(
        scripts.get_completion_script(prog_name=program, complete_var=VARIABLE, shell=shell.value)
    )


def answer_shells() -> None:
    """Let the parser answer the shells it knows, if it is a shell that asks."""
    if VARIABLE in os.environ:
        _scripts().completion_init()


def _scripts() -> Any:
    # typer offers its scripts as options of the whole program, which would stand before
    # every command in the help.  Its functions for them are not exported, hence Any.
    return import_module("typer.completion")
