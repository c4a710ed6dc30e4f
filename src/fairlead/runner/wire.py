"""Messages of any size between the driver and its own child processes.

A message is a fixed head (ticket and kind) and a body.  Both travel in one packet of a
``SOCK_SEQPACKET`` socket, which the kernel delivers whole or not at all, so a process
that is killed while it sends leaves no half message behind.  A body that does not fit
a packet travels in an anonymous memory file whose descriptor rides on the head: it has
no name, needs no cleaning up, and is gone when the last holder is.
"""

from __future__ import annotations

import array
import fcntl
import os
import socket
import struct
from typing import NamedTuple

INLINE_LIMIT = 60_000
"""Longest body, in bytes, sent inside the packet; the usual socket buffer is 200 kB."""

_HEAD = struct.Struct("=qB")
_INT = array.array("i").itemsize
_MAX_DESCRIPTORS = 8
_ANCILLARY = socket.CMSG_SPACE(_MAX_DESCRIPTORS * _INT)

_GET_SEALS = 1034
"""``F_GET_SEALS``: what only files in memory answer."""

_FLAGS: int = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
"""Received files are not for the programs that a task may start."""


class BadMessageError(ValueError):
    """A worker sent something that is not a message: its memory is damaged."""


class Message(NamedTuple):
    """One received packet.

    ``inline`` is the body, unless it is in the memory file ``descriptor`` (else -1).
    """

    ticket: int
    kind: int
    inline: bytes
    descriptor: int

    def body(self, limit: int | None = None) -> bytes:
        """Return the body and let go of the memory file; call it at most once.

        Parameters
        ----------
        limit
            The most bytes that it may have, where the sender is not trusted.

        Raises
        ------
        BadMessageError
            If it has more, or is not in a memory file.
        """
        if self.descriptor < 0:
            return self.inline
        if limit is not None:
            return _bounded(self.descriptor, limit)
        with open(self.descriptor, "rb") as file:
            file.seek(0)
            return file.read()

    def drop(self) -> None:
        """Let go of the memory file without reading it."""
        if self.descriptor >= 0:
            os.close(self.descriptor)


def packet_pair() -> tuple[socket.socket, socket.socket]:
    """Return two connected sockets that carry messages both ways."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(sock: socket.socket, ticket: int, kind: int, body: bytes = b"") -> None:
    """Send one message; raises BlockingIOError where ``sock`` may not block and is full."""
    if len(body) <= INLINE_LIMIT:
        sock.send(_HEAD.pack(ticket, kind) + body)
        return
    descriptor = memory_file(body)
    try:
        send_descriptors(sock, ticket, kind, [descriptor])
    finally:
        os.close(descriptor)


def send_descriptors(
    sock: socket.socket, ticket: int, kind: int, descriptors: list[int], body: bytes = b""
) -> None:
    """Send one short message that carries open files."""
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
    sock.sendmsg([_HEAD.pack(ticket, kind) + body], [rights])


class Receiver:
    """Receives messages from one socket, reusing one buffer."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = bytearray(_HEAD.size + INLINE_LIMIT)
        self._buffers = [self._buffer]
        self._view = memoryview(self._buffer)

    def receive(self, flags: int = 0) -> Message | None:
        """Return the next message; None once the other side is gone.

        Raises BlockingIOError where it may not block and nothing is there.  ``flags`` are
        those of :meth:`socket.socket.recvmsg`.
        """
        size, ancillary, _, _ = self._sock.recvmsg_into(self._buffers, _ANCILLARY, flags | _FLAGS)
        if size < _HEAD.size:
            _close(ancillary)
            return None
        ticket, kind = _HEAD.unpack_from(self._buffer)
        body = self._view[_HEAD.size : size].tobytes()
        return Message(ticket, kind, body, _one(ancillary) if ancillary else -1)


def receive_descriptors(sock: socket.socket) -> tuple[Message, list[int]] | None:
    """Receive one message of either form, with every open file it carries.

    The files are returned apart; a body in a memory file is read here.
    """
    data, ancillary, _, _ = sock.recvmsg(_HEAD.size + INLINE_LIMIT, _ANCILLARY, _FLAGS)
    if len(data) < _HEAD.size:
        _close(ancillary)
        return None
    ticket, kind = _HEAD.unpack_from(data)
    return Message(ticket, kind, data[_HEAD.size :], -1), _all(ancillary)


def _close(ancillary: list[tuple[int, int, bytes]]) -> None:
    """Close the files that came with what is no message."""
    for descriptor in _all(ancillary):
        os.close(descriptor)


def _all(ancillary: list[tuple[int, int, bytes]]) -> list[int]:
    found = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            found.frombytes(data[: len(data) - len(data) % _INT])
    return found.tolist()


def _one(ancillary: list[tuple[int, int, bytes]]) -> int:
    first, *others = _all(ancillary) or [-1]
    for descriptor in others:
        os.close(descriptor)
    return first


def _bounded(descriptor: int, limit: int) -> bytes:
    """Return what is in a memory file, and close it; whoever sent it may still change it."""
    try:
        # A pipe would never end, and a file of another kind may never answer.
        fcntl.fcntl(descriptor, _GET_SEALS)
        size = os.fstat(descriptor).st_size
        if size > limit:
            raise BadMessageError(f"a message of {size:,} bytes; at most {limit:,} are taken")
        return os.pread(descriptor, size, 0)
    except OSError as error:
        raise BadMessageError(f"not a message in a memory file: {error}") from error
    finally:
        os.close(descriptor)


def memory_file(body: bytes) -> int:
    """Return the descriptor of a new file in memory with that content."""
    descriptor = os.memfd_create("fairlead-message")
    left = memoryview(body)
    while left:
        left = left[os.write(descriptor, left) :]
    return descriptor
