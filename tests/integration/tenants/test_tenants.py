"""Namespaces as tenants: shares of what is scarce, limits, and quotas that run out."""

from __future__ import annotations

from tests.cluster.kubeapi import until

from .conftest import LIMIT, LONG, SHARE, Tenants

ONE_BY_ONE = {"reuse": "Never"}


def test_what_is_scarce_is_shared_evenly_whoever_came_first(tenants: Tenants) -> None:
    """The first has everything and much more to do; the second gets its half as tasks end."""
    tenants.scarce(4)
    first, second = tenants.first, tenants.second
    gates = [first.gate() for _ in range(2)]
    early = first.submit(4, gates[0])
    first.until_started(early, 4)
    # Many jobs of many tasks wait before the second tenant has any.
    backlog = [first.submit(3, gates[1]) for _ in range(4)]
    ours = second.submit(3, gates[1])
    tenants.until_waiting(4 * 3 + 3)
    gates[0].touch()

    def shares() -> tuple[int, int]:
        return sum(map(first.started, backlog)), second.started(ours)

    until("all four runners are at work again", lambda: sum(shares()) == 4, timeout=LONG)
    assert shares() == (2, 2)
    gates[1].touch()
    second.completed(ours)
    for job in (early, *backlog):
        first.completed(job)


def test_a_quota_holds_up_nobody_else_and_heals(tenants: Tenants) -> None:
    tenants.scarce(2)
    first, second = tenants.first, tenants.second
    quota = first.forbid("ResourceQuota", hard={"count/pods": "0"})
    stuck = first.submit(3)
    said = first.until_reason(stuck, "QuotaExceeded")
    assert f"exceeded quota: {quota.rpartition('/')[2]}" in said
    assert "kubectl describe quota" in said
    # All three want one of two runners, and none of them has one.
    other = second.submit(2)
    second.completed(other)
    assert first.site.pods() == []
    first.site.api.patch(quota, {"spec": {"hard": {"count/pods": "1"}}})
    first.completed(stuck)
    first.site.api.delete(quota)


def test_pods_that_end_make_room_in_a_quota(tenants: Tenants) -> None:
    tenants.scarce(4)
    first = tenants.first
    quota = first.forbid("ResourceQuota", hard={"pods": "1"})
    gate = first.gate()
    job = first.submit(2, gate, **ONE_BY_ONE)
    first.until_started(job, 1)
    first.until_reason(job, "QuotaExceeded")
    assert len(first.site.pods(job)) == 1
    gate.touch()
    first.completed(job)
    first.site.api.delete(quota)


def test_a_size_that_a_limit_range_forbids_is_waited_for(tenants: Tenants) -> None:
    first = tenants.first
    limit = {"type": "Container", "max": {"memory": "256Mi"}}
    path = first.forbid("LimitRange", limits=[limit])
    large = first.submit(1, size="medium")
    said = first.until_reason(large, "LimitRangeExceeded")
    assert "maximum memory usage per Container is 256Mi" in said
    assert "kubectl describe limitrange" in said
    # Other sizes go on.
    first.completed(first.submit(1))
    first.site.api.delete(path)
    first.completed(large)


def test_a_namespace_has_as_many_runners_as_it_may(tenants: Tenants) -> None:
    tenants.scarce(4)
    limited, second = tenants.limited, tenants.second
    gate = limited.gate()
    job = limited.submit(3, gate)
    limited.until_started(job, LIMIT)
    said = limited.until_reason(job, "NamespaceLimit")
    assert f"All {LIMIT} runners that namespace {limited.namespace} may have" in said
    assert "FAIRLEAD_OPERATOR_NAMESPACE_RUNNERS" in said
    # What is left of the size is for others.
    beside = second.submit(2, gate)
    second.until_started(beside, 2)
    assert limited.started(job) == LIMIT
    assert len(limited.site.pods(job)) == LIMIT
    gate.touch()
    limited.completed(job)
    second.completed(beside)


def test_what_is_scarce_is_shared_by_weight(tenants: Tenants) -> None:
    """Who has three times the share gets three of four runners, as another's tasks end."""
    tenants.scarce(1 + SHARE)
    first, favoured = tenants.first, tenants.favoured
    gates = [first.gate() for _ in range(2)]
    early = first.submit(1 + SHARE, gates[0])
    first.until_started(early, 1 + SHARE)
    # Both have more to do than there are runners.
    plain = [first.submit(2, gates[1]) for _ in range(3)]
    heavy = [favoured.submit(2, gates[1]) for _ in range(3)]
    tenants.until_waiting(2 * 3 + 2 * 3)
    gates[0].touch()

    def shares() -> tuple[int, int]:
        return sum(map(first.started, plain)), sum(map(favoured.started, heavy))

    until("all four runners are at work again", lambda: sum(shares()) == 1 + SHARE, timeout=LONG)
    assert shares() == (1, SHARE)
    gates[1].touch()
    first.completed(early)
    for tenant, jobs in ((first, plain), (favoured, heavy)):
        for job in jobs:
            tenant.completed(job)
