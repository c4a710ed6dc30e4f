"""The operator's log: one line an event, on stderr, as ``message key=value`` or as JSON."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

from fairlead.api import times
from fairlead.sdk.logs import format_line

ROOT = "fairlead_operator"

FIELDS = "fairlead_fields"
"""The attribute of a log record that holds the fields of its line."""

FORMATS = ("text", "json")
LEVELS = ("debug", "info", "warning", "error")


class Log:
    """Writes lines with fields.

    Parameters
    ----------
    name
        Which part of the operator speaks.
    """

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(f"{ROOT}.{name}")

    def debug(self, message: str, /, **fields: Any) -> None:
        """Write what helps to find a mistake in the operator."""
        self._write(logging.DEBUG, message, fields)

    def info(self, message: str, /, **fields: Any) -> None:
        """Write what happens, seldom."""
        self._write(logging.INFO, message, fields)

    def warning(self, message: str, /, **fields: Any) -> None:
        """Write what may be a problem, and is being dealt with."""
        self._write(logging.WARNING, message, fields)

    def error(self, message: str, /, **fields: Any) -> None:
        """Write what somebody has to mend."""
        self._write(logging.ERROR, message, fields)

    def exception(self, message: str, /, **fields: Any) -> None:
        """Write a mistake of the operator itself, with the exception being handled."""
        self._logger.error(message, exc_info=True, extra={FIELDS: fields})

    def _write(self, level: int, message: str, fields: dict[str, Any]) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, message, extra={FIELDS: fields})


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    found: dict[str, Any] = getattr(record, FIELDS, {})
    return found


def _message(record: logging.LogRecord) -> str:
    # Fields instead of arguments: a message of ours may hold a percent sign.
    return str(record.msg) if hasattr(record, FIELDS) else record.getMessage()


def _part(record: logging.LogRecord) -> str:
    return record.name.removeprefix(f"{ROOT}.")


class TextFormatter(logging.Formatter):
    """``time LEVEL part: message key=value``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as a line, with its traceback in the lines below."""
        text = format_line(_message(record), _fields(record))
        line = f"{times.text(record.created)} {record.levelname:<7} {_part(record)}: {text}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """One JSON object a line, the fields below ``fields``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as a line."""
        made: dict[str, Any] = {
            "time": times.text(record.created),
            "level": record.levelname.lower(),
            "part": _part(record),
            "message": _message(record),
        }
        if fields := _fields(record):
            made["fields"] = fields
        if record.exc_info:
            made["traceback"] = self.formatException(record.exc_info)
        return json.dumps(made, ensure_ascii=False, default=str)


def configure(style: str = "text", level: str = "info") -> None:
    """Send the log of this process to stderr; libraries' own from warnings up.

    Parameters
    ----------
    style
        One of :data:`FORMATS`.
    level
        One of :data:`LEVELS`: the least that the operator itself writes.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if style == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(ROOT).setLevel(level.upper())
