"""Pools for the tests, closed after each."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead.runner.pool import WorkerPool

# The tests share pool_bench, and the workers import pool_tasks, by name.
sys.path.append(os.path.dirname(__file__))

from pool_bench import Bench, Recorder

MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench(tmp_path: Path) -> Iterator[MakeBench]:
    """Make pools that are closed after the test."""
    made: list[Bench] = []

    def make(size: int = 2, **options: Any) -> Bench:
        events = Recorder()
        options = {"executor": "pool_tasks:run", "files_root": str(tmp_path / "files"), **options}
        bench = Bench(WorkerPool(size, events, **options), events)
        made.append(bench)
        return bench

    yield make
    for bench in made:
        bench.pool.close(0.0)
        assert bench.events.twice == []


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    """A pool of two workers."""
    return make_bench()
