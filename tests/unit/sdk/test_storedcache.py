"""The job's cache in an object store: what is committed is found, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.sdk.memorystore import MemoryStore
from fairlead.sdk.storedcache import StagedBy, StoredCache, Verdict

ONE = StagedBy("task-one", "uid-1", 1, "pod-1")
TWO = StagedBy("task-two", "uid-2", 3, "pod-2")
STAGED = "jobs/j/cache/staged"


class Caches:
    """Several runners' views of one cache."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.verdicts: dict[StagedBy, Verdict] = {}

    def cache(self) -> StoredCache:
        return StoredCache(self.store, "j", lambda by: self.verdicts.get(by, "open"))


@pytest.fixture
def caches() -> Caches:
    return Caches()


def test_what_is_staged_is_not_found_before_it_is_committed(caches: Caches) -> None:
    caches.cache().stage(ONE, {"a": b"1"})
    with pytest.raises(KeyError):
        caches.cache().get("a")
    assert list(caches.cache().keys()) == []
    assert caches.store.list(STAGED)


def test_what_is_committed_is_found_before_it_is_published(caches: Caches) -> None:
    caches.cache().stage(ONE, {"a": b"1", "g/b": b""})
    caches.verdicts[ONE] = "committed"
    assert caches.cache().get("a") == b"1"
    assert caches.cache().group("g").get("b") == b""
    assert caches.store.list(STAGED) == []


def test_what_is_dead_is_removed(caches: Caches) -> None:
    caches.cache().stage(ONE, {"a": b"1"})
    caches.verdicts[ONE] = "dead"
    assert "a" not in caches.cache()
    assert caches.store.list(STAGED) == []


def test_publishing_twice_does_no_harm(caches: Caches) -> None:
    cache = caches.cache()
    cache.stage(ONE, {"a": b"1"})
    cache.publish(ONE)
    cache.publish(ONE)
    assert cache.get("a") == b"1"


def test_a_task_after_another_wins_whoever_publishes_last(caches: Caches) -> None:
    """The first one's runner is slow to publish, and its clock may be an hour ahead."""
    caches.cache().stage(ONE, {"a": b"first"})
    kept = {key: caches.store.get(key) for key in caches.store.list(STAGED)}
    caches.cache().publish(ONE)
    caches.cache().stage(TWO, {"a": b"second"})
    caches.cache().publish(TWO)
    for key, data in kept.items():
        caches.store.put(key, data)
    caches.cache().publish(ONE)
    assert caches.cache().get("a") == b"second"


def test_a_subtask_wins_over_its_parent_of_which_nothing_is_published_yet(
    caches: Caches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The runner of a parent ends before the parent is committed; their clocks differ."""
    caches.cache().stage(ONE, {"a": b"parent"})
    caches.verdicts[ONE] = "committed"
    monkeypatch.setattr("time.time_ns", lambda: 1000)
    caches.cache().stage(TWO, {"a": b"subtask"})
    caches.verdicts[TWO] = "committed"
    assert caches.cache().get("a") == b"subtask"
    assert caches.store.list(STAGED) == []


def test_a_clock_that_goes_back_does_not_bring_old_values_back(
    caches: Caches, monkeypatch: pytest.MonkeyPatch
) -> None:
    caches.cache().set("a", b"first")
    monkeypatch.setattr("time.time_ns", lambda: 1000)
    caches.cache().stage(TWO, {"a": b"second"})
    caches.cache().publish(TWO)
    assert caches.cache().get("a") == b"second"


def test_old_versions_go(caches: Caches) -> None:
    cache = caches.cache()
    for value in (b"1", b"2", b"3"):
        cache.set("a", value)
    assert len(caches.store.list("jobs/j/cache/keys")) == 1


def test_many_keys_at_once(caches: Caches) -> None:
    writes = {f"g/{number}": str(number).encode() for number in range(100)}
    cache = caches.cache()
    cache.stage(ONE, writes)
    cache.publish(ONE)
    assert sorted(cache.keys()) == sorted(writes)
    assert cache.get("g/42") == b"42"


names = st.text("a=+./% é", min_size=1, max_size=8).filter(lambda name: name.strip("/"))


@given(st.dictionaries(names.map(lambda name: name.replace("/", "|")), st.binary(), max_size=8))
def test_any_keys_and_values_come_back(writes: dict[str, bytes]) -> None:
    cache = Caches().cache()
    cache.stage(ONE, writes)
    cache.publish(ONE)
    found = list(cache.keys())
    assert {key: cache.get(key) for key in found} == writes
