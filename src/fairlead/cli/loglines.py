"""Log records as lines for people: time, level, task, message and fields."""

from __future__ import annotations

from fairlead.cli.words import clean_lines, clock_time
from fairlead.errors import NotFoundError
from fairlead.sdk.backend import Backend, LogRecord
from fairlead.sdk.display.words import clean
from fairlead.sdk.logs import format_line


class LogLines:
    """Makes lines of records; asks for each task's display once.

    Parameters
    ----------
    backend
        Where the tasks are.
    one_task
        Whether all records are of one task, which then is not named in each line.
    """

    def __init__(self, backend: Backend, *, one_task: bool) -> None:
        self._backend = backend
        self._one_task = one_task
        self._displays: dict[str, str] = {}

    def line(self, record: LogRecord) -> str:
        """Return a record as a line; a message of several lines stays several lines."""
        parts = [clock_time(record.time), f"{record.level.upper():<7}"]
        if not self._one_task:
            parts.append(f"{self._display(record.task_id)}: {_text(record)}")
        else:
            parts.append(_text(record))
        return " ".join(parts)

    def _display(self, task_id: str) -> str:
        if task_id not in self._displays:
            try:
                self._displays[task_id] = clean(self._backend.task(task_id).display)
            except NotFoundError:
                self._displays[task_id] = task_id
        return self._displays[task_id]


def _text(record: LogRecord) -> str:
    return clean_lines(format_line(record.message, record.fields))
