"""``docs/reference/cli.md``: every command of ``fairlead`` with its arguments and options."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import Enum
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
        if not parameter.hidden and parameter.name != "help"
    ]


def spelling(parameter: Any) -> str:
    """Return how the parameter is written: all spellings of an option, an argument's name."""
    value = parameter.metavar or _choices(parameter)
    if parameter.param_type_name == "argument":
        return str(value or parameter.name.upper())
    words = ", ".join([*parameter.opts, *parameter.secondary_opts])
    takes_none = parameter.is_flag or parameter.count
    return words if takes_none else f"{words} {value or parameter.name.upper()}"


def _choices(parameter: Any) -> str:
    annotation = parameter.type_descriptor.annotation
    if not (isinstance(annotation, type) and issubclass(annotation, Enum)):
        return ""
    return "|".join(str(choice.value) for choice in annotation)


def _usage(command: Any) -> list[str]:
    parameters = visible_parameters(command)
    arguments = [
        spelling(parameter) if parameter.required else f"[{spelling(parameter)}]"
        for parameter in parameters
        if parameter.param_type_name == "argument"
    ]
    return ["[OPTIONS]", *arguments] if len(arguments) < len(parameters) else arguments


def _row(parameter: Any) -> tuple[str, str, str]:
    return f"`{spelling(parameter)}`", _default(parameter), parameter.help or ""


def _default(parameter: Any) -> str:
    default = parameter.default
    if parameter.required:
        return "required"
    if parameter.secondary_opts:
        default = (parameter.opts if default else parameter.secondary_opts)[0]
    if default in (None, False, (), []) or callable(default):
        return ""
    return f"`{default.value if isinstance(default, Enum) else default}`"
