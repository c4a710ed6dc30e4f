"""What may end the loop that looks after releases, sizes and groups."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from fairlead.errors import InvalidRequestError
from fairlead_operator.driving.upkeep import KEEP_SECONDS, MISTAKE_SECONDS, Upkeep
from fairlead_operator.elector import LeaseLostError
from fairlead_operator.kube.kinds import GROUPS, PODS
from fairlead_operator.runners.pod_record import Container, PodRecord

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


class Pods:
    """Upkeep over one pod, at some time; it notes what it deletes."""

    def __init__(self, pod: PodRecord, *, at_work: bool) -> None:
        self.now = NOW
        self.at_work = at_work
        self.deleted: list[str] = []
        allocator = SimpleNamespace(
            tell_of_groups=lambda told: None, at_work=lambda *key: self.at_work
        )
        shared: Any = SimpleNamespace(allocator=allocator, pods={pod.key: pod})
        client: Any = SimpleNamespace(delete=self._delete)
        self.upkeep = Upkeep(
            client, shared, lambda: self.now, lambda namespace: None, everywhere=False
        )
        self.upkeep.pod_seen(pod)

    async def _delete(self, _kind: Any, _namespace: str, name: str, *, uid: str) -> None:
        self.deleted.append(f"{name}/{uid}")

    def wait(self) -> list[str]:
        """Let enough time pass that what is left lying would be removed; what was by now."""
        self.now += KEEP_SECONDS
        for kind, key in self.upkeep._ready(self.now):
            assert kind is PODS
            asyncio.run(self.upkeep._attend(kind, key))
        return self.deleted


WAITS = PodRecord("here", "p1", "uid-p1", reuse="AcrossJobs")


def test_a_pod_of_no_job_that_never_starts_and_has_no_task_is_removed() -> None:
    assert Pods(WAITS, at_work=False).wait() == ["p1/uid-p1"]


def test_it_stays_while_a_task_waits_for_it() -> None:
    pods = Pods(WAITS, at_work=True)
    assert (pods.wait(), pods.wait()) == ([], [])
    pods.at_work = False
    assert pods.wait() == ["p1/uid-p1"]


@pytest.mark.parametrize(
    "changes",
    [
        {"owner_uid": "job", "owner_kind": "Job"},
        {"group": "mine"},
        {"phase": "Running", "container": Container(started=1.0)},
        {"deletion": 1.0},
    ],
    ids=["of a job", "of a group", "started", "deleted"],
)
def test_pods_that_somebody_looks_after_are_left_alone(changes: dict[str, Any]) -> None:
    pods = Pods(replace(WAITS, **changes), at_work=False)
    assert [key for kind, key in pods.upkeep._ready(NOW + KEEP_SECONDS) if kind is PODS] == []
