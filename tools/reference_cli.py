"""``docs/reference/cli.md``: every command of ``fairlead`` with its arguments and options."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import typer.main

import pages
from fairlead.cli.main import app

# The command tree is walked by the attributes that click documents; typer brings its own
# copy of click, whose classes are not for import, hence Any.


def text() -> str:
    """Return the page."""
    root = typer.main.get_command(app)
    sections = [_section(path, command) for path, command in commands(root, ("fairlead",))]
    return pages.page(
        "Command line",
        "Every command also explains itself: `fairlead COMMAND --help`.",
        *sections,
    )


def commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the command and all below it, groups before what they hold, each with its words."""
    if command.hidden:
        return
    yield path, command
    for name, child in sorted(getattr(command, "commands", {}).items()):
        yield from commands(child, (*path, name))


def _section(path: tuple[str, ...], command: Any) -> str:
    parts = [f"## `{' '.join(path)}`", inspect.cleandoc(command.help or "")]
    if not hasattr(command, "commands"):
        parts.append("```text\n" + " ".join([*path, *_usage(command)]) + "\n```")
    rows = [_row(parameter) for parameter in visible_parameters(command)]
    if rows:
        parts.append(pages.table(["argument or option", "default", "meaning"], rows))
    return "\n\n".join(part for part in parts if part)


def visible_parameters(command: Any) -> list[Any]:
    """Return the arguments and options that help shows, as they are declared."""
    return [
        parameter
        for parameter in command.params
        if not getattr(parameter, "hidden", False) and parameter.name != "help"
    ]


def spelling(parameter: Any) -> str:
    """Return how the parameter is written: all spellings of an option, an argument's name."""
    if parameter.param_type_name == "argument":
        return str(parameter.human_readable_name)
    return ", ".join([*parameter.opts, *parameter.secondary_opts])


def _usage(command: Any) -> list[str]:
    parameters = visible_parameters(command)
    arguments = [
        spelling(parameter) if parameter.required else f"[{spelling(parameter)}]"
        for parameter in parameters
        if parameter.param_type_name == "argument"
    ]
    return ["[OPTIONS]", *arguments] if len(arguments) < len(parameters) else arguments


def _row(parameter: Any) -> tuple[str, str, str]:
    default = parameter.default
    shown = "" if default is None or callable(default) or default == [] else f"`{default}`"
    if parameter.required:
        shown = "required"
    return f"`{spelling(parameter)}`", shown, getattr(parameter, "help", None) or ""
