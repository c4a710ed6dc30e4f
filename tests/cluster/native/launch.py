"""Starts one process, on the host or inside a node's namespaces, and lets go of it.

Run as a script of its own (``python -I launch.py``) because joining a process namespace
only holds for children, and a process with threads may not join a mount namespace.
It needs the standard library only, prints the new process's id as the host sees it, and
ends: the new process then belongs to the node's first process (or to the host's), which
reaps it.
"""

import argparse
import ctypes
import os
import socket
import struct
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
NODE_NAMESPACES = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET
"""What a node has of its own. Users and control groups stay the host's."""

MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 1 << 18
MS_SHARED = 1 << 20

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """Mount ``source`` on ``target``, or change how ``target`` is mounted."""
    arguments = [text.encode() for text in (source, target, kind)]
    _check(_libc.mount(*arguments, ctypes.c_ulong(flags), data.encode()), f"mount {target}")


def join(pid: int) -> None:
    """Enter the namespaces of the process ``pid``; a new child also enters its process tree."""
    kinds = ("net", "uts", "ipc", "pid", "mnt")
    # Open all first: once the mount namespace has changed, /proc is another one.
    files = [os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY) for kind in kinds]
    for kind, file in zip(kinds, files, strict=True):
        _check(_libc.setns(file, 0), f"setns {kind}")
        os.close(file)


def shield(file: str, store: str) -> None:
    """Put a plain file with the same content in front of a setting of the whole machine."""
    with open(file, encoding="ascii") as setting, open(store, "w", encoding="ascii") as copy:
        copy.write(setting.read())
    mount(store, file, "none", MS_BIND)


def become_node(hostname: str, hidden: Sequence[str], shielded: Sequence[str]) -> None:
    """Give the first process of a node its name and its private view of the file system.

    Parameters
    ----------
    hostname
        Name of the node.
    hidden
        Folders that get an empty memory file system of their own, so that what the node's
        programs write to fixed paths neither meets the host's files nor the other node's.
    shielded
        Settings below ``/proc/sys`` that the kubelet insists on writing, and that belong to
        the host: it gets to write a copy.
    """
    socket.sethostname(hostname)
    mount("none", "/", "none", MS_REC | MS_PRIVATE)
    # Volumes mounted by the kubelet must show inside running containers.
    mount("none", "/", "none", MS_REC | MS_SHARED)
    mount("proc", "/proc", "proc", 0)
    for folder in hidden:
        mount("tmpfs", folder, "tmpfs", 0, "mode=755")
    for number, file in enumerate(shielded):
        shield(file, f"/run/setting-{number}")


def start(log: str, prepare: Callable[[], None], argv: Sequence[str], orphan: bool) -> int:
    """Fork a process of its own session which writes to ``log``; its id on the host.

    With ``orphan`` a process between the two ends at once, so that the new process is
    adopted, and later reaped, by the first process of the namespaces it runs in.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    # The kernel translates the sender's id into our process namespace.
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    child = os.fork()
    if child == 0:
        if orphan and os.fork():
            os._exit(0)
        theirs.send(b"!")
        _become(log, prepare, argv)
    if orphan:
        os.waitpid(child, 0)
    size = struct.calcsize("3i")
    _, control, _, _ = ours.recvmsg(1, socket.CMSG_SPACE(size))
    pid, _, _ = struct.unpack("3i", control[0][2][:size])
    return int(pid)


def _become(log: str, prepare: Callable[[], None], argv: Sequence[str]) -> NoReturn:
    try:
        os.setsid()
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        null = os.open(os.devnull, os.O_RDONLY)
        for number, file in ((0, null), (1, out), (2, out)):
            os.dup2(file, number)
        prepare()
        os.execvp(argv[0], list(argv))
    except BaseException as problem:
        os.write(2, f"cannot start {argv[0]}: {problem}\n".encode())
    os._exit(127)


def main() -> None:
    """Parse the command line, start the process and print its id."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", required=True)
    parser.add_argument("--join", type=int, help="enter the namespaces of this process")
    parser.add_argument("--node", help="make new namespaces for a node of this name")
    parser.add_argument("--hide", action="append", default=[], help="give it an empty folder")
    parser.add_argument("--shield", action="append", default=[], help="give it a copy to write")
    parser.add_argument("argv", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    argv = given.argv[1:] if given.argv[:1] == ["--"] else given.argv
    prepare: Callable[[], None] = lambda: None  # noqa: E731
    if given.node:
        _check(_libc.unshare(NODE_NAMESPACES), "unshare")
        prepare = lambda: become_node(given.node, given.hide, given.shield)  # noqa: E731
    elif given.join:
        join(given.join)
    sys.stdout.write(f"{start(given.log, prepare, argv, orphan=not given.node)}\n")


if __name__ == "__main__":
    main()
