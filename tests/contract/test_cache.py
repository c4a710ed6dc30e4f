"""The job cache: what is seen by whom, and when."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead import (
    CacheLostError,
    Client,
    InMemoryCache,
    JobCache,
    LocalFileSystemCache,
    ObjectStoreCache,
)  # fmt: skip

from .programs.caching import (
    CountedWrites,
    Groups,
    ReadsOwn,
    Reports,
    SquaresInCache,
    WriteThenFail,
)  # fmt: skip

ALL = [SquaresInCache, Groups, ReadsOwn, WriteThenFail, CountedWrites, Reports]


OWN = "on a cluster the cache is in the installation's object store"


@pytest.fixture(
    params=[
        "the store's",
        *(
            pytest.param(kind, marks=pytest.mark.laptop_only(OWN))
            for kind in ("memory", "folder", "object store")
        ),
    ]
)
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> JobCache | None:
    """Return each kind of cache; None is the default, the store's own."""
    if request.param == "memory":
        return InMemoryCache()
    if request.param == "folder":
        return LocalFileSystemCache(tmp_path / "cache")
    if request.param == "object store":
        return ObjectStoreCache(f"file://{tmp_path}/objects")
    return None


def test_tasks_pass_bytes_through_a_group(client: Client, cache: JobCache | None) -> None:
    job = client.jobs().submit("squares", SquaresInCache([12, 345, 453, 21, 45, 98]))
    client.runner(tasks=_all(), cache=cache).run_all()

    assert job.result == 336448
    outside = client.backend.cache(job.id)
    assert sorted(outside.group("squares")) == ["12", "21", "345", "45", "453", "98"]
    assert outside.group("squares")["12"] == b"144"


def test_keys_groups_and_missing_values(client: Client, cache: JobCache | None) -> None:
    job = client.jobs().submit("groups", Groups())
    client.runner(tasks=_all(), cache=cache).run_all()

    assert job.result == {
        "keys": ["a", "b"],
        "group": ["x"],
        "inner": ["y"],
        "whole": "1",
        "missing": "KeyError",
        "not bytes": "TypeError",
    }


def test_a_task_sees_its_own_writes_at_once(client: Client, cache: JobCache | None) -> None:
    job = client.jobs().submit("own", ReadsOwn())
    client.runner(tasks=_all(), cache=cache).run_all()

    assert job.result == ["2", ["k"]]


def test_what_a_failed_attempt_wrote_is_dropped(client: Client, cache: JobCache | None) -> None:
    job = client.jobs().submit("failed", WriteThenFail(), max_retries=1, backoff=0.01)
    client.runner(tasks=_all(), cache=cache).run_all()

    assert job.result == [["attempt 2"], ["attempt 2"]]
    assert sorted(client.backend.cache(job.id)) == ["attempt 2"]


def test_jobs_do_not_see_each_others_values(client: Client, cache: JobCache | None) -> None:
    runner = client.runner(tasks=_all(), cache=cache)
    one = client.jobs().submit("one", ReadsOwn())
    other = client.jobs().submit("other", Reports())
    runner.run_all()

    assert one.state.value == "COMPLETED"
    assert other.result == []


@pytest.mark.laptop_only(OWN)
class TestLost:
    def test_a_job_whose_memory_cache_is_gone_fails(self, client: Client) -> None:
        job = client.jobs().submit("lost", CountedWrites())
        # The first runner does not know the task that reads what it has written.
        client.runner(tasks=[CountedWrites, ReadsOwn], cache=InMemoryCache()).run_all()
        assert job.state.value == "RUNNING"
        client.runner(tasks=_all(), cache=InMemoryCache()).run_all()

        assert job.state.value == "FAILED"
        with pytest.raises(CacheLostError, match="a cache that lasts"):
            _ = job.result

    def test_the_same_cache_goes_on(self, client: Client) -> None:
        cache = InMemoryCache()
        job = client.jobs().submit("kept", CountedWrites())
        client.runner(tasks=[CountedWrites, ReadsOwn], cache=cache).run_all()
        client.runner(tasks=_all(), cache=cache).run_all()

        assert job.result == ["k"]

    def test_a_lasting_cache_goes_on(self, client: Client, tmp_path: Path) -> None:
        job = client.jobs().submit("kept", CountedWrites())
        for tasks in ([CountedWrites, ReadsOwn], _all()):
            client.runner(tasks=tasks, cache=LocalFileSystemCache(tmp_path)).run_all()

        assert job.result == ["k"]

    def test_nothing_was_written_so_nothing_is_lost(self, client: Client) -> None:
        job = client.jobs().submit("empty", CountedWrites(writes=False))
        client.runner(tasks=[CountedWrites, ReadsOwn], cache=InMemoryCache()).run_all()
        client.runner(tasks=_all(), cache=InMemoryCache()).run_all()

        assert job.result == []

    def test_it_can_still_be_cancelled(self, client: Client) -> None:
        job = client.jobs().submit("lost", CountedWrites())
        client.runner(tasks=[CountedWrites, ReadsOwn], cache=InMemoryCache()).run_all()
        client.jobs().cancel(job)

        assert job.state.value == "CANCELLED"


def _all() -> list[type]:
    from .programs import caching

    return [*ALL, caching.Squared, caching.SumOfCache, caching.Look]
