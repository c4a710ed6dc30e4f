"""An answer of the API server that goes on: events of a watch, lines of a log."""

from __future__ import annotations

import contextlib
import http.client
import socket
from collections.abc import Iterator
from typing import Any, Self

from fairlead.api.reading import read_json


class Stream:
    """The lines of one answer, until it ends or somebody closes it from another thread.

    Parameters
    ----------
    connection
        The connection over which the request was sent; it is this stream's from now on.
    silence
        Seconds without a line after which the other end counts as gone.
    """

    def __init__(self, connection: http.client.HTTPConnection, silence: float) -> None:
        # The response takes the socket away from the connection where it is the last one.
        self._socket: socket.socket = connection.sock
        self._connection = connection
        self._response = connection.getresponse()
        self._socket.settimeout(silence)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._response.status

    def read(self) -> bytes:
        """Return all of the answer, which must be short."""
        return self._response.read()

    def lines(self) -> Iterator[bytes]:
        """Yield the lines; the end of the connection, however it comes, is their end."""
        while True:
            try:
                line = self._response.readline()
            except (OSError, ValueError, http.client.HTTPException):
                return
            if not line:
                return
            yield line

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield the events of a watch."""
        for line in self.lines():
            try:
                event = read_json(line)
            except ValueError:
                return  # cut off in the middle
            yield event

    def close(self) -> None:
        """End it, from any thread; whoever reads it sees its end and tidies up."""
        with contextlib.suppress(OSError):
            # Not the method of an encrypted socket, which forgets its state at once.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._response.close()
        self._connection.close()
