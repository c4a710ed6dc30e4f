"""The files that tasks leave behind, in the object store."""

from __future__ import annotations

from pathlib import Path

from fairlead.backends.handout import hand_out
from fairlead.sdk.objectstore import ObjectStore


def folder(job_uid: str, task: str) -> str:
    """Return where the files of a Task lie."""
    return f"jobs/{job_uid}/files/{task}"


def listing(store: ObjectStore, prefix: str) -> list[str]:
    """Return the paths of a task's files, relative to its folder, in order."""
    return sorted(key[len(prefix) + 1 :] for key in store.list(prefix))


def copy(store: ObjectStore, prefix: str, target: Path) -> list[str]:
    """Copy a task's files into a folder; return the paths written."""

    def write(name: str, place: Path) -> None:
        place.write_bytes(store.get(f"{prefix}/{name}"))

    return hand_out(listing(store, prefix), target, write)
