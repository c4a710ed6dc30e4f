"""The files that a task leaves behind: a folder for each, listed and copied whole."""

from __future__ import annotations

import shutil
from pathlib import Path

from fairlead.backends.handout import hand_out


def listing(folder: Path) -> list[str]:
    """Return the paths of the files in a folder, relative to it, in order."""
    if not folder.is_dir():
        return []
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    )


def copy(folder: Path, target: Path) -> list[str]:
    """Copy the files of a folder into another; return the paths written.

    Links are not followed: a task may only hand out what it wrote into its folder.
    """

    def write(name: str, place: Path) -> None:
        shutil.copy2(folder / name, place, follow_symlinks=False)

    return hand_out(listing(folder), target, write)
