"""Identifiers and versions of task definitions, and which runner may run which task.

A runner may run a task if the identifiers are equal, the major versions are equal and
the runner's minor version is not below the submitted one: a minor version only adds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from fairlead.errors import InvalidRequestError

MAX_IDENTIFIER_BYTES = 256
"""The most bytes an identifier may have in UTF-8."""

DEFAULT_VERSION = "v0.0"
"""The version of a definition that does not name one."""

_PATTERN = re.compile(r"v(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)", re.ASCII)


class Version(NamedTuple):
    """A version; later ones compare greater."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"v{self.major}.{self.minor}"


def parse(text: str) -> Version:
    """Return the version that a text such as ``v1.3`` stands for.

    Raises
    ------
    InvalidRequestError
        If the text is anything but ``v``, a number, a dot and a number, each number
        without leading zeros.
    """
    match = _PATTERN.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise InvalidRequestError(
            f"{text!r} is not a version; write v<major>.<minor>, for example 'v1.0'"
        )
    return Version(int(match[1]), int(match[2]))


def compatible(runner: str, submitted: str) -> bool:
    """Return whether a definition of version ``runner`` may run a task of ``submitted``."""
    if runner == submitted:
        return True
    offered, wanted = parse(runner), parse(submitted)
    return offered.major == wanted.major and offered.minor >= wanted.minor


def best(submitted: str, candidates: Iterable[str]) -> str | None:
    """Return the highest compatible version among the candidates, or None."""
    fitting = [version for version in candidates if compatible(version, submitted)]
    return max(fitting, key=parse, default=None)


def wanted(submitted: str) -> str:
    """Return in words which versions would do, as ``v1.3 or a later v1.x``."""
    return f"{submitted} or a later v{parse(submitted).major}.x"


def check_identifier(identifier: str) -> str:
    """Return the identifier if it can name a task definition.

    Raises
    ------
    InvalidRequestError
        If it is no text, empty, not valid Unicode, or longer than 256 bytes.
    """
    if not isinstance(identifier, str) or not identifier:
        raise InvalidRequestError(f"a task's identifier must be a text, not {identifier!r}")
    try:
        size = len(identifier.encode())
    except UnicodeEncodeError as error:
        raise InvalidRequestError(f"identifier {identifier!r} is not valid Unicode") from error
    if size > MAX_IDENTIFIER_BYTES:
        raise InvalidRequestError(
            f"identifier {identifier[:40]!r}... has {size} bytes; at most"
            f" {MAX_IDENTIFIER_BYTES} are allowed"
        )
    return identifier
