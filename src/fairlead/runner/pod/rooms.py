"""The folders of a pod: a clean place for every task, and the files that tasks leave."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from fairlead.errors import ReleaseError
from fairlead.releases.unpack import unpack
from fairlead.runner.pod.settings import PodSettings
from fairlead.runner.pod.values import tried
from fairlead.sdk.objectstore import ObjectStore


class Rooms:
    """Where things lie in a pod.

    Attributes
    ----------
    work
        What all but temporary files lie under.
    task
        The present task's working folder.
    files
        Under which tasks leave files, as ``<job>/<task>``.
    package
        The unpacked release.
    """

    def __init__(self, settings: PodSettings) -> None:
        self.work = Path(settings.work)
        self.task = self.work / "task"
        self.files = Path(files_folder(settings))
        self.package = self.work / "package"
        self._tmp = Path(settings.tmp)
        for folder in (self.task, self.files):
            folder.mkdir(parents=True, exist_ok=True)

    def clean(self) -> None:
        """Remove everything that a task has left."""
        for folder in (self.task, self.files, self._tmp):
            for entry in _entries(folder):
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                else:
                    with contextlib.suppress(OSError):
                        os.unlink(entry.path)

    def left_files(self, job: str, task: str) -> Iterator[tuple[str, Path]]:
        """Yield the files that a task has left: path below its folder, and where it is."""
        root = self.files / job / task
        for where, _, names in os.walk(root):
            for name in sorted(names):
                path = Path(where, name)
                if path.is_file() and not path.is_symlink():
                    yield path.relative_to(root).as_posix(), path


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        return list(os.scandir(folder))
    except OSError:
        return []


def files_folder(settings: PodSettings) -> str:
    """Return the folder under which tasks leave files."""
    return str(Path(settings.work, "files"))


def unpack_release(settings: PodSettings, rooms: Rooms, store: ObjectStore | None) -> None:
    """Unpack the release's archive, if its code is in one.

    Raises
    ------
    ReleaseError
        If the archive is not there, or not what was published.
    """
    unpack_archive(settings, rooms, fetched(settings, store))


def unpack_archive(settings: PodSettings, rooms: Rooms, data: bytes | None) -> None:
    """Unpack the release's archive, if its code is in one.

    Parameters
    ----------
    data
        The archive, if it lay in the store; else its parts are in a folder.
    """
    release = settings.release
    if not (release.package or release.archive):
        return
    if release.sha256 is None:
        raise ReleaseError(f"the sum of release {release.name} is not known; publish it again")
    parts = _parts(settings) if data is None else [data]
    unpack(parts, str(rooms.package), sha256=release.sha256, size=release.size)


def _parts(settings: PodSettings) -> list[bytes]:
    folder = Path(settings.package)
    names = sorted(entry.name for entry in _entries(folder) if entry.name.isdigit())
    return [(folder / name).read_bytes() for name in names]


def fetched(settings: PodSettings, store: ObjectStore | None) -> bytes | None:
    """Return the release's archive, if it lies in the store."""
    key = settings.release.archive
    if key is None or settings.release.sha256 is None:
        return None
    if store is None:
        raise ReleaseError(
            f"release {settings.release.name} lies in the object store, and this installation"
            f" has none"
        )
    try:
        return tried(lambda: store.get(key))
    except KeyError:
        raise ReleaseError(f"the archive {key} is gone from the object store") from None
