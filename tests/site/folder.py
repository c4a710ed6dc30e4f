"""A folder that this machine and the pods of its cluster share, at one path.

Its files belong to root here and to nobody in particular in pods.  An access list that is
inherited takes the place of the umask, so that what either makes the other may change.
"""

import os
import shutil
import struct
from pathlib import Path

ROOM = Path("/var/tmp")
"""Not /tmp, which is a pod's own, and not below a home, which others may not enter."""

_VERSION = 2
_ENTRIES = ((0x01, 7), (0x04, 7), (0x20, 7))
"""Owner, group and others, who may all do everything."""
_NOBODY = 0xFFFFFFFF


def make(name: str) -> Path:
    """Make a shared folder, empty, and return its path."""
    folder = ROOM / f"fairlead-{name}"
    remove(folder)
    folder.mkdir()
    folder.chmod(0o777)
    entries = b"".join(struct.pack("<HHI", tag, may, _NOBODY) for tag, may in _ENTRIES)
    os.setxattr(folder, "system.posix_acl_default", struct.pack("<I", _VERSION) + entries)
    return folder


def remove(folder: Path) -> None:
    """Remove a shared folder with all that is in it, if it is there."""
    shutil.rmtree(folder, ignore_errors=True)
