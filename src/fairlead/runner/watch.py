"""Waiting until one of many descriptors has something to read."""

from __future__ import annotations

import select
from collections.abc import Callable

Handler = Callable[[bool], None]
"""Is told whether the other side has hung up: there may still be something to read."""

_GONE = select.EPOLLHUP | select.EPOLLERR


class Watch:
    """Descriptors, each with what to call when it can be read."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._handlers: dict[int, Handler] = {}

    def add(self, descriptor: int, handler: Handler) -> None:
        """Watch a descriptor."""
        self._handlers[descriptor] = handler
        self._epoll.register(descriptor, select.EPOLLIN)

    def remove(self, descriptor: int) -> None:
        """Watch it no more; call this before it is closed."""
        if self._handlers.pop(descriptor, None) is not None:
            self._epoll.unregister(descriptor)

    def wait(self, timeout: float | None) -> None:
        """Wait at most so many seconds, and call what is due."""
        handlers = self._handlers
        due = [(number, handlers[number], event) for number, event in self._epoll.poll(timeout)]
        for number, handler, event in due:
            # One called just before may have closed the descriptor, and a new one may have
            # its number already: what happened to the old one is not its business.
            if handlers.get(number) is handler:
                handler(bool(event & _GONE))

    def close(self) -> None:
        """Let go of everything watched."""
        self._handlers.clear()
        self._epoll.close()
