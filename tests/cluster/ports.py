"""Ports of this machine for servers that tests start."""

import socket


def free_port() -> int:
    """A port that nobody listens at now; somebody may be quicker to take it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
