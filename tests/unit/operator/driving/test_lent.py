"""The pods that are known, found by whom they belong to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fairlead_operator.driving.lent import Shared
from fairlead_operator.runners.pod_record import PodRecord
from fairlead_operator.settings import RunnerSettings


def _pod(name: str, owner: str, **more: Any) -> PodRecord:
    return PodRecord("here", name, f"uid-{name}", owner_uid=owner, owner_kind="Job", **more)


def _owned(shared: Shared, uid: str) -> list[str]:
    return sorted(pod.name for pod in shared.owned_by(uid))


def _shared() -> Shared:
    return Shared(RunnerSettings(image="runner", account="runner"), lambda job: None)


def test_pods_are_found_by_their_owner() -> None:
    shared = _shared()
    for pod in (_pod("a", "one"), _pod("b", "one"), _pod("c", "two"), _pod("d", "")):
        shared.pod_seen(pod, 0.0)
    assert (_owned(shared, "one"), _owned(shared, "two"), _owned(shared, "three")) == (
        ["a", "b"],
        ["c"],
        [],
    )


def test_they_are_found_as_they_were_seen_last() -> None:
    shared = _shared()
    shared.pod_seen(_pod("a", "one"), 0.0)
    shared.pod_seen(_pod("a", "one", phase="Running"), 0.0)
    (found,) = shared.owned_by("one")
    assert found.phase == "Running"


def test_pods_that_are_gone_or_were_made_anew_are_not_kept() -> None:
    shared = _shared()
    first = _pod("a", "one")
    shared.pod_seen(first, 0.0)
    shared.pod_seen(replace(first, uid="another", owner_uid="two"), 0.0)
    assert (_owned(shared, "one"), _owned(shared, "two")) == ([], ["a"])
    shared.pod_seen(replace(first, uid="another", owner_uid="two", gone=True), 0.0)
    assert (_owned(shared, "two"), shared._owned, shared.pods) == ([], {}, {})
