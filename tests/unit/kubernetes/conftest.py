"""What tests of the client share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.unit.kubernetes.server import Server

from fairlead.backends.kubernetes.rest import RestClient


@pytest.fixture
def server() -> Iterator[Server]:
    """A server whose answers the test scripts."""
    made = Server()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def rest(server: Server) -> Iterator[RestClient]:
    """A client of that server."""
    made = RestClient(server.connection)
    yield made
    made.close()
