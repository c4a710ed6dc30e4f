"""Where the local store lives, and whether that place can hold one.

The store is a folder: the SQLite file, the lock file and the tasks' files.  It must
be on a file system of this machine, because record locks and WAL's shared memory do
not hold over a network.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from fairlead.errors import StoreError
from fairlead.sdk import settings

_NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "ceph", "glusterfs", "lustre", "ncpfs"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone"}
)


def store_folder() -> Path | None:
    """Return the folder of the store, made if it is absent; None for one in memory.

    Raises
    ------
    StoreError
        The folder cannot be written, or lies on a network file system.
    """
    configured = settings.home()
    if configured == settings.MEMORY:
        return None
    folder = Path(configured)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _check_writable(folder)
    except OSError as error:
        raise StoreError(
            f"The store's folder {folder} cannot be written ({error.strerror or error}). "
            "Make it writable, or name another in FAIRLEAD_HOME."
        ) from error
    _refuse_network(folder)
    return folder


def _check_writable(folder: Path) -> None:
    # The superuser passes every permission bit, so only a real file proves anything.
    if not (folder / "store.db").exists():
        with tempfile.TemporaryFile(dir=folder):
            pass
    elif not os.access(folder, os.W_OK):
        raise PermissionError(13, "permission denied", str(folder))


def _refuse_network(folder: Path) -> None:
    kind = file_system(folder)
    if kind in _NETWORK_FILE_SYSTEMS:
        raise StoreError(
            f"The store's folder {folder} is on a network file system ({kind}), where locks "
            "do not hold. Set FAIRLEAD_HOME to a folder on a disk of this machine."
        )


def file_system(folder: Path) -> str:
    """Return the type of the file system that holds ``folder``; empty where unknown."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8")
    except OSError:
        return ""
    best, kind = "", ""
    path = str(folder.resolve())
    for line in mounts.splitlines():
        _, mount, mount_kind, *_ = line.split(" ")
        mount = mount.replace("\\040", " ")
        inside = path == mount or path.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, mount_kind
    return kind
