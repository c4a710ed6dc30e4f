"""Addresses and ports that something else on the machine has are left to it."""

import socket

import pytest
from tests.cluster.native import network
from tests.cluster.native.layout import Layout


@pytest.mark.parametrize(
    ("destination", "met"),
    [
        ("default", False),
        ("10.0.0.0/8", False),
        ("10.89.3.0/24", True),
        ("10.89.3.77", True),
        ("10.89.4.0/24", False),
        ("10.203.0.0/16", True),
        ("10.203.9.0/24", True),
        ("10.204.0.0/16", False),
        ("192.168.1.0/24", False),
    ],
)
def test_a_route_into_the_ranges_of_a_slot_is_seen(destination: str, met: bool) -> None:
    assert network.meets(Layout("", 3), ["127.0.0.0/8", destination]) is met


def test_a_port_that_is_listened_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not network._port_is_free(port)

    assert network._port_is_free(port)
