"""One command at a time."""

import errno
import fcntl
import hashlib
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.progress import say
from tests.cluster.shell import ClusterError


@contextmanager
def locked(what: object, seconds: float) -> Iterator[None]:
    """Keep other processes of this machine from doing the same until the block ends.

    On Linux the lock is an abstract socket: it leaves no file. Elsewhere it is a locked file
    in the folder for temporary ones. Both end with their holder, however that ends.

    Parameters
    ----------
    what
        What is locked.
    seconds
        How long to wait for another holder.

    Raises
    ------
    ClusterError
        If the other holder takes longer.
    """
    # An address holds a hundred characters, and the path of a folder may have more.
    name = f"fairlead-cluster-{hashlib.sha256(str(what).encode()).hexdigest()[:32]}"
    with _Socket(name) if sys.platform == "linux" else _File(name) as lock:
        started = time.monotonic()
        waiting = False
        while not lock.taken():
            if not waiting:
                say(f"  waiting for another command that works on {what}")
            waiting = True
            if time.monotonic() - started > seconds:
                raise ClusterError(f"another command works on {what} for too long")
            time.sleep(0.1)
        yield


class _Socket(socket.socket):
    """A lock that is a name in the kernel."""

    def __init__(self, name: str) -> None:
        super().__init__(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._name = name

    def taken(self) -> bool:
        """Take the lock, unless another process has it."""
        try:
            self.bind(f"\0{self._name}")
        except OSError as problem:
            if problem.errno != errno.EADDRINUSE:
                raise
            return False
        return True


class _File:
    """A lock that is a file."""

    def __init__(self, name: str) -> None:
        self._file = (Path(tempfile.gettempdir()) / f"{name}.lock").open("a")

    def __enter__(self) -> "_File":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def taken(self) -> bool:
        """Take the lock, unless another process has it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
