"""A program that waits for something at import which never comes."""

import socket

from fairlead import ExecutionContext, Task

here, there = socket.socketpair()


def ask() -> bytes:
    return here.recv(1)


settings = ask()


class Anything(Task):
    def execute(self, context: ExecutionContext) -> None:
        """Do nothing: it never comes to that."""
