"""What an offer takes, how much of it at a time, and what an offer shows to others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead import ExecutionContext, Task
from fairlead.backends.local import LocalBackend
from fairlead.backends.local.lending import Lender
from fairlead.backends.local.offers import MOST_AHEAD, Offer, offered
from fairlead.sdk.backend import RunnerOptions
from fairlead.sdk.cache import InMemoryCache, JobCache, LocalFileSystemCache, cache_at
from fairlead.sdk.definitions import DefinitionSet
from fairlead.sdk.runners import definition_of


class Named(Task):
    @staticmethod
    def identifier() -> tuple[str, str]:
        return "example.com/Named", "v1.2"

    def execute(self, context: ExecutionContext) -> None: ...


class Plain(Task):
    def execute(self, context: ExecutionContext) -> None: ...


@pytest.fixture
def lender() -> Iterator[Lender]:
    backend = LocalBackend()
    yield backend.open_engine(RunnerOptions()).lender
    backend.close()


def offer(lender: Lender, *definitions: tuple[str, str, str | None], slots: int = 3) -> Offer:
    return Offer(lender, 1, None, slots, json.dumps(definitions))


@pytest.mark.parametrize(
    ("version", "source", "is_taken"),
    [
        ("v1.2", None, True),
        ("v1.1", None, True),
        ("v1.3", None, False),
        ("v2.0", None, False),
        ("v0.9", None, False),
        ("v1.2", "/elsewhere.py", False),
    ],
)
def test_an_offer_takes_what_its_definitions_may_run(
    lender: Lender, version: str, source: str | None, is_taken: bool
) -> None:
    known = offer(lender, ("example.com/Named", "v1.0", None), ("example.com/Named", "v1.2", None))
    for has_a_time_limit in (False, True):
        assert known.takes(("example.com/Named", version, source, has_a_time_limit)) is is_taken
    assert not known.takes(("example.com/Other", version, source, False))


def test_only_short_attempts_are_lent_ahead_of_the_workers(lender: Lender) -> None:
    workers = offer(lender, slots=3)
    assert workers.room == 3
    workers.in_flight = 2
    assert workers.room == 1
    workers.pace = 0.0004
    assert workers.room == 1 + 25
    workers.pace = 0.000001
    assert workers.room == 1 + MOST_AHEAD


def test_definitions_inside_functions_are_not_offered() -> None:
    class Inner(Task):
        def execute(self, context: ExecutionContext) -> None: ...

    definitions = [definition_of(task) for task in (Named, Plain, Inner)]
    assert json.loads(offered(DefinitionSet.of(definitions))) == [
        ["Plain", "v0.0", str(Path(__file__).resolve())],
        ["example.com/Named", "v1.2", None],
    ]


def test_a_cache_is_found_again_by_its_address(tmp_path: Path) -> None:
    cache = LocalFileSystemCache(tmp_path / "a#b").group("job").group("squares")
    assert cache.address is not None
    found = cache_at(cache.address)
    cache["3"] = b"9"
    assert found["3"] == b"9"


def test_a_cache_that_nobody_else_can_read_has_no_address(tmp_path: Path) -> None:
    class Own(LocalFileSystemCache):
        pass

    caches: list[JobCache] = [InMemoryCache(), InMemoryCache().group("job"), Own(tmp_path)]
    assert [cache.address for cache in caches] == [None, None, None]
