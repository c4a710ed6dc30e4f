"""Programs: which file defines a job's tasks, and where a worker's import of it ends.

A program needs no ``__main__`` guard.  While a worker imports it, the first call that
would start work ends the import by :class:`ImportEnd`; the definitions above it count.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.sdk.definitions import TaskDefinition

importing: ContextVar[bool] = ContextVar("fairlead_importing", default=False)
"""Whether this thread of control is importing a program for its definitions."""

_OWN_FOLDER = os.path.dirname(os.path.dirname(os.path.realpath(__file__))) + os.sep


class ImportEnd(BaseException):
    """Ends the import of a program at the call that would start work.

    No ``Exception``, so that a program's own error handling lets it through.
    """


def about_to_start_work() -> None:
    """End the import if a program is being imported; else do nothing.

    Raises
    ------
    ImportEnd
        While a worker imports the program.
    """
    if importing.get():
        raise ImportEnd


def program_of(definitions: Iterable[TaskDefinition]) -> str | None:
    """Return the file whose import defines these tasks, or None if no import can.

    Where all were written in one module, that is its file.  Otherwise it is the program
    that was started, which brought them together.
    """
    files = {one.origin.file for one in definitions if one.importable}
    if len(files) == 1:
        return files.pop()
    started = started_program()
    if files and started is not None:
        return started
    return min((file for file in files if file), default=None)


def started_program() -> str | None:
    """Return the user's program that runs as ``__main__``; None for tools and prompts."""
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    if not file or not file.endswith(".py"):
        return None
    path = os.path.realpath(file)
    return path if is_users(path) else None


def is_users(file: str) -> bool:
    """Return whether a file is neither Python's, nor Fairlead's, nor an installed package's."""
    return not file.startswith(("<", *_tool_folders()))


def _tool_folders() -> tuple[str, ...]:
    places = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = (sysconfig.get_paths()[place] for place in places)
    return (_OWN_FOLDER, *(os.path.realpath(folder) + os.sep for folder in folders))
