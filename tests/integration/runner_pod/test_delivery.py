"""Attempts whose code has ended, and whose runner takes long to record what they made."""

from __future__ import annotations

from tests.cluster.proxy.client import ProxyClient
from tests.integration.runner_pod.stand import Stand, released

FLOW = released("flow", "Square", "Sum", "SumOfSquares")


def start(stand: Stand, proxy: ProxyClient) -> str:
    task, pod = stand.make("SumOfSquares", {"numbers": [1, 2]}, timeoutSeconds=60), stand.pod()
    stand.assign(task, pod)
    stand.start(pod, FLOW, task, kubeconfig=proxy.kubeconfig)
    return task


def test_a_runner_that_records_for_long_says_so_and_takes_it_back(
    stand: Stand, proxy: ProxyClient
) -> None:
    held = proxy.add("hold", verbs=["create"], resource="tasks.fairlead.dev", agent="fairlead")
    task = start(stand, proxy)
    first = stand.wait_status(task, "deliveryTime")
    assert (first["state"], "outcome" in first) == ("Running", False)
    stand.wait_change(task, "deliveryTime", first["deliveryTime"])
    proxy.remove(held)
    status = stand.wait_outcome(task)
    assert (status["outcome"]["kind"], status["children"]) == ("Succeeded", 3)
    assert "deliveryTime" not in status


def test_a_runner_says_so_also_once_the_operator_has_told_it_that_its_time_is_over(
    stand: Stand, proxy: ProxyClient
) -> None:
    """As where the API server was away when its code ended; what it made in time counts."""
    held = proxy.add("hold", verbs=["create"], resource="tasks.fairlead.dev", agent="fairlead")
    task = start(stand, proxy)
    proxy.wait_hit(held)
    stand.patch(task, stop="Timeout")
    stand.wait_status(task, "deliveryTime")
    proxy.remove(held)
    assert stand.wait_outcome(task)["outcome"]["kind"] == "Succeeded"
    assert len(stand.children(task)) == 3


def test_what_is_recorded_at_once_costs_no_further_write(stand: Stand, proxy: ProxyClient) -> None:
    task = start(stand, proxy)
    assert stand.wait_outcome(task)["children"] == 3
    writes = [one for one in proxy.log() if one["name"] == task and one["verb"] == "patch"]
    assert len(writes) == 2
