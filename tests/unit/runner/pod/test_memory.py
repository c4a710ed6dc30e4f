"""What a pod takes, as both versions of control groups tell it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from fairlead.runner.pod.memory import MemoryWatch

MIB = 2**20


def v2(root: Path, usage: int, limit: str, file: int = 0) -> Path:
    root.mkdir(exist_ok=True)
    (root / "memory.current").write_text(f"{usage}\n")
    (root / "memory.max").write_text(f"{limit}\n")
    (root / "memory.stat").write_text(
        f"anon {usage - file}\ninactive_file {file // 2}\nactive_file {file - file // 2}\n"
    )
    return root


def v1(root: Path, usage: int, limit: int, file: int = 0) -> Path:
    group = root / "memory"
    group.mkdir(parents=True)
    (group / "memory.usage_in_bytes").write_text(f"{usage}\n")
    (group / "memory.limit_in_bytes").write_text(f"{limit}\n")
    (group / "memory.stat").write_text(
        f"cache {file}\ntotal_inactive_file {file}\ntotal_active_file 0\n"
    )
    return root


def test_version_2_is_read(tmp_path: Path) -> None:
    watch = MemoryWatch(None, v2(tmp_path, 96 * MIB, str(100 * MIB)))
    assert watch.limit == 100 * MIB
    assert watch.look()[0]
    v2(tmp_path, 94 * MIB, str(100 * MIB))
    assert not watch.look()[0]


def test_version_1_is_read(tmp_path: Path) -> None:
    watch = MemoryWatch(200 * MIB, v1(tmp_path, 96 * MIB, 100 * MIB))
    assert watch.limit == 100 * MIB
    assert watch.look()[0]


def test_the_most_that_was_seen_is_remembered(tmp_path: Path) -> None:
    watch = MemoryWatch(None, v2(tmp_path, 30 * MIB, str(100 * MIB)))
    for taken in (30, 70, 40):
        v2(tmp_path, taken * MIB, str(100 * MIB))
        watch.look()
    assert watch.peak == 70 * MIB


@pytest.mark.parametrize("make", [v1, v2])
def test_the_cache_of_files_does_not_count(tmp_path: Path, make) -> None:
    limit = 100 * MIB if make is v1 else str(100 * MIB)
    watch = MemoryWatch(None, make(tmp_path, 99 * MIB, limit, file=50 * MIB))
    assert watch.usage() == 49 * MIB
    assert not watch.look()[0]


def test_it_looks_more_often_near_the_limit(tmp_path: Path) -> None:
    watch = MemoryWatch(None, v2(tmp_path, 10 * MIB, str(100 * MIB)))
    seldom = watch.look()[1]
    v2(tmp_path, 70 * MIB, str(100 * MIB))
    assert watch.look()[1] < seldom


@pytest.mark.parametrize("limit", ["max", str(2**62)])
def test_without_a_limit_nothing_is_watched(tmp_path: Path, limit: str) -> None:
    watch = MemoryWatch(None, v2(tmp_path, 10 * MIB, limit))
    assert watch.look() == (False, math.inf)


def test_a_group_of_a_whole_machine_is_not_the_pods(tmp_path: Path) -> None:
    """As where an agent runs outside a pod: its own processes are counted instead."""
    watch = MemoryWatch(MIB, v2(tmp_path, 10 * MIB, str(1000 * MIB)))
    assert watch.limit == MIB
    assert watch.usage() < 10 * MIB or watch.usage() > 0


def test_a_group_that_goes_away_counts_as_nothing(tmp_path: Path) -> None:
    watch = MemoryWatch(None, v2(tmp_path, 99 * MIB, str(100 * MIB)))
    (tmp_path / "memory.current").unlink()
    assert watch.look()[0] is False
