"""How a command answers: a table or text for people, JSON or YAML for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from enum import StrEnum
from typing import Any


class OutputFormat(StrEnum):
    """The three forms of every answer."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


def emit(data: Any, output: OutputFormat, text: Callable[[], str]) -> None:
    """Print an answer.

    Parameters
    ----------
    data
        The answer as plain values, for programs.
    output
        The form that was asked for.
    text
        Makes the answer for people; called only if that is what is printed.
    """
    if output is OutputFormat.TABLE:
        print(text())
    else:
        print(dump(data, output))


def emit_each(data: Any, output: OutputFormat, text: Callable[[], str]) -> None:
    """Print one of a stream of answers: a line, a line of JSON, or a YAML document."""
    if output is OutputFormat.JSON:
        print(json.dumps(data, ensure_ascii=False), flush=True)
    elif output is OutputFormat.YAML:
        print("---\n" + dump(data, output), flush=True)
    else:
        print(text(), flush=True)


def dump(data: Any, output: OutputFormat) -> str:
    """Return plain values as indented JSON or as YAML."""
    if output is OutputFormat.YAML:
        import yaml

        text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
        return text.rstrip("\n")
    return json.dumps(data, indent=2, ensure_ascii=False)


def note(line: str) -> None:
    """Tell the user something that is not the answer: one line on standard error."""
    print(line, file=sys.stderr, flush=True)
