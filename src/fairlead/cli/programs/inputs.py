"""``--input``: JSON in the argument, in a file (``@FILE``), or on standard input (``-``)."""

from __future__ import annotations

import json
import sys
from typing import Any

from fairlead.errors import InvalidRequestError, NotFoundError


def read_input(given: str) -> bytes:
    """Return a task's input as the JSON text of an object.

    Raises
    ------
    NotFoundError
        There is no such file.
    InvalidRequestError
        It is no JSON, or no object.
    """
    text = _text(given)
    try:
        values = json.loads(text)
    except ValueError as error:
        raise InvalidRequestError(
            f"--input is not JSON: {error}; write it like '{{\"number\": 3}}'"
        ) from error
    if not isinstance(values, dict):
        raise InvalidRequestError(
            f"--input is {_kind(values)}, but it takes an object with the task's fields, like"
            " '{\"number\": 3}'"
        )
    return text.encode()


def _text(given: str) -> str:
    if given == "-":
        return sys.stdin.read()
    if not given.startswith("@"):
        return given
    try:
        with open(given[1:], encoding="utf-8") as stream:
            return stream.read()
    except FileNotFoundError as error:
        raise NotFoundError(f"--input: there is no file {given[1:]}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequestError(f"--input: {given[1:]} cannot be read: {error}") from error


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {list: "an array", str: "a string", bool: "a boolean"}
    return names.get(type(value), "a number")
