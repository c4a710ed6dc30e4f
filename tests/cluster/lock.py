"""One command at a time."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.progress import say
from tests.cluster.shell import ClusterError


@contextmanager
def locked(what: object, seconds: float) -> Iterator[None]:
    """Keep other processes of this machine from doing the same until the block ends.

    The lock is an abstract socket: it leaves no file, and ends with its holder, however that
    ends.

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
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as lock:
        started = time.monotonic()
        waiting = False
        while not _taken(lock, f"\0fairlead-cluster {what}"):
            if not waiting:
                say(f"  waiting for another command that works on {what}")
            waiting = True
            if time.monotonic() - started > seconds:
                raise ClusterError(f"another command works on {what} for too long")
            time.sleep(0.1)
        yield


def _taken(lock: socket.socket, address: str) -> bool:
    try:
        lock.bind(address)
    except OSError:
        return False
    return True
