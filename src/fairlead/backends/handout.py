"""Handing out the files that a task has left behind, wherever they lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from fairlead.errors import NotFoundError


def hand_out(names: Sequence[str], target: Path, write: Callable[[str, Path], object]) -> list[str]:
    """Write the files of a task into a folder; return the paths written.

    Parameters
    ----------
    names
        Their paths, relative to the task's folder.
    target
        Where they go; folders that are missing are made.
    write
        Writes the file of a name to a path.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    if not names:
        raise NotFoundError(
            "The task has left no files. A task leaves those that it writes into context.files."
        )
    written = []
    for name in names:
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        write(name, place)
        written.append(str(place))
    return written
