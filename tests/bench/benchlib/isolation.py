"""A network that ends at this machine: programs that are measured cannot call out.

Some peers listen on every address whatever they are told, and report home unless they
are told not to.  In a network namespace of its own, with nothing but loopback in it,
neither matters.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
from pathlib import Path

CLONE_NEWUSER = 0x1000_0000
CLONE_NEWNET = 0x4000_0000
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1


def enter_own_network() -> str:
    """Move this process, and so all it starts, off the network; say how that went.

    Without the right to do so (some containers), programs keep the network, and only
    the switches and proxies of :mod:`benchlib.launch` hold them back.
    """
    uid, gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET if uid == 0 else CLONE_NEWUSER | CLONE_NEWNET) != 0:
        return f"shared ({os.strerror(ctypes.get_errno())})"
    if uid != 0:  # stay who we are inside the new user namespace
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    _raise_loopback()
    return "loopback only"


def _raise_loopback() -> None:
    request = struct.pack("16sH14x", b"lo", IFF_UP)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, request)
