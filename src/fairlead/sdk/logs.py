"""Structured log lines: ``message key=value key2="with spaces"``."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

Emit = Callable[[str, str, dict[str, Any]], None]
"""Shows and keeps a line: level, message, fields."""

LEVELS = ("debug", "info", "warning", "error")
"""The levels of log lines, the least first."""


def format_line(message: str, fields: dict[str, Any]) -> str:
    """Return a log line as it is shown, without a line end."""
    if not fields:
        return message
    return " ".join([message, *(f"{key}={format_value(fields[key])}" for key in fields)])


def format_value(value: Any) -> str:
    """Return a field's value; quoted where its text has spaces, quotes or is empty."""
    text = value if isinstance(value, str) else str(value)
    if text and not any(character in _NEED_QUOTES for character in text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    for character, escape in (("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        escaped = escaped.replace(character, escape)
    return f'"{escaped}"'


_NEED_QUOTES = frozenset(' \t\r\n"=')


class Logger:
    """Logs a task's lines.  Any keyword is a field, ``message`` and ``event`` too."""

    __slots__ = ("_emit",)

    def __init__(self, emit: Emit) -> None:
        self._emit = emit

    def debug(self, message: str, /, **fields: Any) -> None:
        """Log a line that is kept, but shown only when asked for."""
        self._emit("debug", str(message), fields)

    def info(self, message: str, /, **fields: Any) -> None:
        """Log what happens."""
        self._emit("info", str(message), fields)

    def warning(self, message: str, /, **fields: Any) -> None:
        """Log what may be a problem."""
        self._emit("warning", str(message), fields)

    def error(self, message: str, /, **fields: Any) -> None:
        """Log what is a problem."""
        self._emit("error", str(message), fields)

    def exception(self, message: str, /, **fields: Any) -> None:
        """Log a problem together with the exception that is being handled."""
        fields.setdefault("traceback", traceback.format_exc().strip())
        self._emit("error", str(message), fields)
