"""The observer that lists and watches by itself, behind a proxy that breaks its watches."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.native.faults import Faults
from tests.cluster.proxy.client import ProxyClient
from tests.integration.operator_io.kit import (
    NAMESPACES,
    Watcher,
    client,
    task,
    until,
    watching,
)

from fairlead_operator.kube.backoff import Backoff
from fairlead_operator.kube.client import KubeClient
from fairlead_operator.kube.errors import AlreadyExistsError, UnavailableError
from fairlead_operator.kube.kinds import CONFIGMAPS, SIZES, TASKS
from fairlead_operator.observe.freshness import Freshness
from fairlead_operator.observe.listwatch import ListWatch, Pace, StaleServerError
from fairlead_operator.observe.own import ListWatchObserver, Wanted

QUICK = Backoff(first=0.01, most=0.1)
LONG = Pace(watch_seconds=60, relist_seconds=3600, backoff=QUICK, page=3)
"""Nothing is listed again unless something happens."""

SHORT = Pace(watch_seconds=1, relist_seconds=0.0, backoff=QUICK, page=3)
"""Everything is compared again after each watch, which lasts a second."""


def tasks(own: KubeClient, namespace: str, pace: Pace = LONG) -> ListWatchObserver:
    return ListWatchObserver(own, [Wanted(TASKS)], [namespace], pace=pace)


async def make(own: KubeClient, namespace: str, *names: str) -> None:
    for name in names:
        await own.create(TASKS, namespace, task(name))


async def test_what_is_there_is_told_before_it_is_synced(proxied: Path, here: str) -> None:
    async with client(proxied) as own:
        names = [f"t{number}" for number in range(7)]
        await make(own, here, *names)
        async with watching(tasks(own, here)) as watcher:
            assert watcher.told("ADDED") == names
            assert watcher.events[0].kind is TASKS
            assert watcher.events[0].object["spec"]["identifier"] == "acme.example/Fetch"


async def test_changes_are_told_in_order(proxied: Path, here: str) -> None:
    async with client(proxied) as own:
        async with watching(tasks(own, here)) as watcher:
            await make(own, here, "one")
            await own.patch_status(TASKS, here, "one", {"attempt": 1})
            await own.delete(TASKS, here, "one")
            await watcher.wait_told("DELETED", "one")
        assert [event.type for event in watcher.events] == ["ADDED", "MODIFIED", "DELETED"]
        last = watcher.events[-1].object
        assert last["spec"]["jobName"] == "nightly"
        assert last["status"]["attempt"] == 1


async def test_a_broken_watch_goes_on_where_it_was(
    proxied: Path, here: str, proxy: ProxyClient
) -> None:
    async with client(proxied) as own:
        await make(own, here, "before")
        async with watching(tasks(own, here)) as watcher:
            for name in ("one", "two", "three"):
                await until("a watch to cut", lambda: proxy.cut_watches("tasks"))
                await make(own, here, name)
                await watcher.wait_told("ADDED", name)
        assert watcher.told() == ["before", "one", "two", "three"]
        assert own.counts.total("list") == 1


async def test_after_a_gap_what_vanished_is_told(
    proxied: Path, here: str, cluster: NativeCluster, proxy: ProxyClient, faults: Faults
) -> None:
    """410: the server has forgotten what happened while nobody was watching."""
    async with client(proxied) as own, client(cluster.kubeconfig) as direct:
        await make(own, here, "kept", "changed", "gone", "replaced")
        async with watching(tasks(own, here)) as watcher:
            blind = proxy.add("fail", verbs=["watch"], status=503)
            await until("a watch to cut", lambda: proxy.cut_watches("tasks"))
            # Now, for what cannot watch for long lists again, and tells what it finds then.
            watcher.events.clear()
            await direct.delete(TASKS, here, "gone")
            await direct.delete(TASKS, here, "replaced")
            await make(direct, here, "replaced", "new")
            await direct.patch_status(TASKS, here, "changed", {"attempt": 1})
            await asyncio.to_thread(faults.forget)
            proxy.remove(blind)
            await watcher.wait_told("DELETED", "gone", "replaced")
            await watcher.wait_told("ADDED", "new", "replaced")
            await watcher.wait_told("MODIFIED", "changed")
            assert "kept" not in watcher.told()
            gone = watcher.events[watcher.told().index("gone")].object["metadata"]
            assert gone["namespace"] == here
            assert gone["labels"]["fairlead.dev/job-uid"] == "uid-nightly"
            assert gone["uid"]
            await make(direct, here, "later")
            await watcher.wait_told("ADDED", "later")


async def test_an_error_in_a_watch_leads_to_a_list(
    proxied: Path, here: str, proxy: ProxyClient
) -> None:
    async with client(proxied) as own:
        async with watching(tasks(own, here)) as watcher:
            with proxy.rule("event-fail", status=410, times=1, namespace=here) as rule:
                await make(own, here, "one")
                await asyncio.to_thread(proxy.wait_hit, rule)
            await watcher.wait_told("ADDED", "one")
            await make(own, here, "two")
            await watcher.wait_told("ADDED", "two")
        assert watcher.told() == ["one", "two"]
        assert own.counts.total("list") == 2


@pytest.mark.parametrize("change", ["ADDED", "MODIFIED", "DELETED"])
async def test_an_event_that_was_lost_is_found_by_comparing(
    proxied: Path, here: str, proxy: ProxyClient, change: str
) -> None:
    async with client(proxied) as own:
        await make(own, here, "there", "other")
        with proxy.rule("event-drop", types=[change], name="^one$", namespace=here) as rule:
            async with watching(tasks(own, here, SHORT)) as watcher:
                await make(own, here, "one")
                await own.patch_status(TASKS, here, "one", {"attempt": 1})
                if change == "DELETED":
                    await watcher.wait_told("MODIFIED", "one")
                    await own.delete(TASKS, here, "one")
                if change != "MODIFIED":
                    await asyncio.to_thread(proxy.wait_hit, rule)
                    await watcher.wait_told(change if change == "DELETED" else "ADDED", "one")
                else:
                    await watcher.wait_told("ADDED", "one")
                    await until("its attempt", lambda: latest(watcher, "one").get("attempt"))
        assert {"there", "other"} <= set(watcher.told())
        assert watcher.told().count("there") == 1


def latest(watcher: Watcher, name: str) -> dict[str, Any]:
    """The status of an object as it was told last."""
    found = [event for event in watcher.events if event.object["metadata"]["name"] == name]
    status: dict[str, Any] = found[-1].object.get("status") or {}
    return status


async def test_what_comes_twice_is_told_once(proxied: Path, here: str, proxy: ProxyClient) -> None:
    async with client(proxied) as own:
        with proxy.rule("event-duplicate", namespace=here):
            async with watching(tasks(own, here)) as watcher:
                await make(own, here, "one", "two")
                await own.delete(TASKS, here, "one")
                await make(own, here, "three")
                await watcher.wait_told("ADDED", "three")
        assert watcher.told() == ["one", "two", "one", "three"]


async def test_a_watch_that_was_led_into_the_past_tells_nothing_twice(
    proxied: Path, here: str, proxy: ProxyClient
) -> None:
    async with client(proxied) as own:
        first = await own.create(TASKS, here, task("first"))
        past = first["metadata"]["resourceVersion"]
        async with watching(tasks(own, here)) as watcher:
            await make(own, here, "one")
            await own.delete(TASKS, here, "one")
            await watcher.wait_told("DELETED", "one")
            rewind = {"resource_version": past, "verbs": ["watch"], "namespace": here}
            with proxy.rule("rewind", times=1, **rewind) as rule:
                await until("a watch to cut", lambda: proxy.cut_watches("tasks"))
                await asyncio.to_thread(proxy.wait_hit, rule)
                await make(own, here, "two")
                await watcher.wait_told("ADDED", "two")
        assert watcher.told() == ["first", "one", "one", "two"]


async def test_a_list_of_the_past_is_refused(proxied: Path, here: str, proxy: ProxyClient) -> None:
    async with client(proxied) as own:
        first = await own.create(TASKS, here, task("first"))
        past = first["metadata"]["resourceVersion"]
        async with watching(tasks(own, here)) as watcher:
            await make(own, here, "one")
            await watcher.wait_told("ADDED", "one")
            old = {"resource_version": past, "verbs": ["list"], "namespace": here}
            with (
                proxy.rule("rewind", times=2, **old) as rewound,
                proxy.rule("event-fail", status=410, times=1, namespace=here),
            ):
                await make(own, here, "two")
                await asyncio.to_thread(proxy.wait_hit, rewound, 2)
                await watcher.wait_told("ADDED", "two")
        assert watcher.told() == ["first", "one", "two"]


async def test_a_server_that_shows_only_the_past_ends_the_observer(
    proxied: Path, here: str, proxy: ProxyClient
) -> None:
    pace = Pace(watch_seconds=1, relist_seconds=0.0, stale_seconds=0.0, backoff=QUICK)
    async with client(proxied) as own:
        first = await own.create(TASKS, here, task("first"))
        past = first["metadata"]["resourceVersion"]
        await make(own, here, "one")
        told = Watcher()
        part = ListWatch(own, TASKS, here, pace=pace)
        running = asyncio.create_task(part.run(told.events.append, told.synced.set))
        await told.synced.wait()
        rewind = {"resource_version": past, "verbs": ["list"], "namespace": here}
        with proxy.rule("rewind", **rewind), pytest.raises(StaleServerError):
            await running


async def test_a_dead_connection_is_noticed(
    proxied: Path, here: str, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing closes it, and nothing comes any more."""
    monkeypatch.setattr("fairlead_operator.kube.client.WATCH_SLACK_SECONDS", 0.5)
    pace = Pace(watch_seconds=1, relist_seconds=3600, backoff=QUICK)
    async with client(proxied) as own, watching(tasks(own, here, pace)) as watcher:
        faults.freeze("proxy")
        unanswered = ("watch", TASKS.resource, "none")
        await until("watches given up", lambda: own.counts.requests[unanswered] >= 2)
        faults.resume("proxy")
        await make(own, here, "one")
        await watcher.wait_told("ADDED", "one")


async def test_the_server_may_go_and_come_back(proxied: Path, here: str, faults: Faults) -> None:
    async def made(own: KubeClient) -> bool:
        try:
            await make(own, here, "two")
        except UnavailableError:
            return False
        except AlreadyExistsError:
            pass
        return True

    async with client(proxied) as own:
        await make(own, here, "one")
        async with watching(tasks(own, here)) as watcher:
            await asyncio.to_thread(faults.kill, "apiserver")
            await asyncio.to_thread(faults.start, "apiserver")
            await until("the kind to be served again", lambda: made(own))
            await watcher.wait_told("ADDED", "two")
        assert watcher.told() == ["one", "two"]


async def test_a_kind_that_is_not_there_yet_is_awaited(proxied: Path, proxy: ProxyClient) -> None:
    async with client(proxied) as own:
        observer = ListWatchObserver(own, [Wanted(SIZES)], ["any"], pace=LONG)
        with proxy.rule("fail", status=404, resource="machinesizes.fairlead.dev") as rule:
            async with watching(observer, sync=False) as watcher:
                await asyncio.to_thread(proxy.wait_hit, rule, 3)
                assert not watcher.synced.is_set()
                proxy.remove(rule)
                await until("the list", watcher.synced.is_set)


async def test_several_namespaces_or_all(proxied: Path, here: str, cluster: NativeCluster) -> None:
    async with client(proxied) as own:
        space = {"metadata": {"generateName": "test-", "labels": {"fairlead.dev/test": "true"}}}
        other = (await own.create(NAMESPACES, None, space))["metadata"]["name"]
        try:
            await make(own, here, "one")
            await make(own, other, "two")
            for places, expected in (
                ([here], {"one"}),
                ([here, other], {"one", "two"}),
                (None, {"one", "two"}),
            ):
                observer = ListWatchObserver(own, [Wanted(TASKS)], places, pace=LONG)
                async with watching(observer) as watcher:
                    assert expected <= set(watcher.told("ADDED"))
                    assert places is None or expected == set(watcher.told())
        finally:
            await own.delete(NAMESPACES, None, other)


async def test_labels_select(proxied: Path, here: str) -> None:
    async with client(proxied) as own:
        await own.create(TASKS, here, task("mine", job="mine"))
        await own.create(TASKS, here, task("other", job="other"))
        wanted = Wanted(TASKS, "fairlead.dev/job=mine")
        async with watching(ListWatchObserver(own, [wanted], [here], pace=LONG)) as watcher:
            await own.create(TASKS, here, task("other2", job="other"))
            await own.create(TASKS, here, task("mine2", job="mine"))
            await watcher.wait_told("ADDED", "mine2")
        assert watcher.told() == ["mine", "mine2"]


async def test_the_age_of_the_view_shows_what_is_not_heard(
    proxied: Path, here: str, proxy: ProxyClient
) -> None:
    now = [100.0]
    freshness = Freshness(lambda: now[0])
    async with client(proxied) as own:
        part = ListWatch(own, TASKS, here, pace=LONG, freshness=freshness)
        async with watching(part) as watcher:
            now[0] = 150.0
            assert freshness.ages() == {f"tasks/{here}": 50.0}
            await make(own, here, "one")
            await watcher.wait_told("ADDED", "one")
            assert freshness.oldest() == 0.0
            with proxy.rule("fail", status=503, namespace=here) as rule:
                await until("a watch to cut", lambda: proxy.cut_watches("tasks"))
                await asyncio.to_thread(proxy.wait_hit, rule, 2)
                now[0] = 200.0
                tries = proxy.hits(rule)
                await until("another try", lambda: proxy.hits(rule) > tries + 1)
                assert freshness.oldest() == 50.0
                assert freshness.idlest() == 0.0


async def test_an_object_of_any_size_is_told(proxied: Path, here: str) -> None:
    """Longer than any buffer between here and there."""
    async with client(proxied) as own:
        observer = ListWatchObserver(own, [Wanted(CONFIGMAPS)], [here], pace=LONG)
        async with watching(observer) as watcher:
            body = {"metadata": {"name": "big"}, "data": {"part": "x" * 1_000_000}}
            await own.create(CONFIGMAPS, here, body)
            await watcher.wait_told("ADDED", "big")
            # The cluster puts a ConfigMap of its own into every new namespace.
            big = watcher.events[watcher.told().index("big")]
            assert big.object["data"] == body["data"]


async def test_what_the_dispatcher_raises_is_not_taken_for_a_lost_connection(
    proxied: Path, here: str
) -> None:
    def broken(event: object) -> None:
        raise TimeoutError("a mistake of ours")

    async with client(proxied) as own:
        await make(own, here, "one")
        with pytest.raises(TimeoutError, match="a mistake of ours"):
            await ListWatch(own, TASKS, here, pace=LONG).run(broken, lambda: None)


async def test_failures_are_logged_once_they_are_more_than_a_hiccup(
    proxied: Path, here: str, proxy: ProxyClient, caplog: pytest.LogCaptureFixture
) -> None:
    def lines() -> list[str]:
        return [record.msg for record in caplog.records if record.msg == "try again"]

    async def fail(times: int, name: str, action: str = "fail", status: int = 503) -> None:
        failing = {"status": status, "verbs": ["watch"], "namespace": here, "times": times}
        with proxy.rule(action, **failing) as rule:
            async with client(proxied) as own, watching(tasks(own, here)) as watcher:
                await asyncio.to_thread(proxy.wait_hit, rule, times)
                await make(own, here, name)
                await watcher.wait_told("ADDED", name)

    with caplog.at_level(logging.WARNING, "fairlead_operator"):
        await fail(1, "one")
        assert lines() == []
        await fail(3, "two")
        assert len(lines()) == 1
        # What keeps the whole operator from its work is not told by each source.
        await fail(3, "three", status=403)
        await fail(3, "four", "drop")
        assert len(lines()) == 1
