"""Every command and option of the command line is explained, and stands in the reference."""

from __future__ import annotations

from pathlib import Path

import typer.main

import reference_cli
from fairlead.cli.main import app

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "cli.md"


def test_the_reference_names_every_command_and_option() -> None:
    page = REFERENCE.read_text()
    missing = []
    for words, command in reference_cli.commands(typer.main.get_command(app), ("fairlead",)):
        _, heading, section = page.partition(f"## `{' '.join(words)}`\n")
        section = section.split("\n## ")[0]
        parameters = reference_cli.visible_parameters(command)
        options = [option for p in parameters for option in [*p.opts, *p.secondary_opts]]
        missing += [(words, o) for o in options if o.startswith("-") and o not in section]
        missing += [] if heading else [(words, "the command")]
    assert missing == []


def test_every_command_and_option_is_explained() -> None:
    unexplained = []
    for words, command in reference_cli.commands(typer.main.get_command(app), ("fairlead",)):
        unexplained += [] if command.help else [words]
        unexplained += [
            (*words, reference_cli.spelling(parameter))
            for parameter in reference_cli.visible_parameters(command)
            if not parameter.help
        ]
    assert unexplained == []
