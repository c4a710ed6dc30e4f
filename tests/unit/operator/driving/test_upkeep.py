"""What may end the loop that looks after releases, sizes and groups."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from fairlead.errors import InvalidRequestError
from fairlead_operator.driving.upkeep import MISTAKE_SECONDS, Upkeep
from fairlead_operator.elector import LeaseLostError
from fairlead_operator.kube.kinds import GROUPS

NOW = 1.8e9


def _upkeep(error: Exception) -> Upkeep:
    def known(*_: str) -> None:
        raise error

    allocator = SimpleNamespace(tell_of_groups=lambda told: None)
    shared: Any = SimpleNamespace(allocator=allocator, groups=SimpleNamespace(known=known))
    client: Any = None
    return Upkeep(client, shared, lambda: NOW, lambda namespace: None, everywhere=True)


def test_an_error_about_one_object_is_looked_at_again_later() -> None:
    upkeep = _upkeep(InvalidRequestError("nobody has thought of this name"))
    asyncio.run(upkeep._attend(GROUPS, ("here", "mine")))
    assert not upkeep._ready(NOW)
    assert upkeep._ready(NOW + MISTAKE_SECONDS) == [(GROUPS, ("here", "mine"))]


def test_the_lost_lease_ends_the_loop() -> None:
    with pytest.raises(LeaseLostError):
        asyncio.run(_upkeep(LeaseLostError("gone"))._attend(GROUPS, ("here", "mine")))
