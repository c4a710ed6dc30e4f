"""An API server that is away, forgets to answer or refuses; and a runner given up for lost."""

from __future__ import annotations

import pytest
from tests.cluster.kubeapi import until
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.proxy.client import ProxyClient
from tests.integration.runner_pod.stand import Stand, released

FLOW = released("flow", "Square", "SumOfSquares", "Wait")


def start(stand: Stand, proxy: ProxyClient, identifier: str, value: object, name: str = "") -> str:
    """Start a task whose agent talks through the proxy; the Task's name."""
    task, pod = stand.make(identifier, value, name=name), stand.pod()
    stand.assign(task, pod)
    stand.start(pod, FLOW, task, kubeconfig=proxy.kubeconfig)
    return task


@pytest.mark.parametrize("body", ['"startTime"', '"outcome"'])
@pytest.mark.parametrize(
    ("action", "more"),
    [
        ("hide-reply", {}),
        ("drop", {}),
        ("duplicate", {}),
        ("fail", {"status": 500}),
        ("fail", {"status": 429}),
        ("fail", {"status": 409}),
        ("fail", {"status": 401}),
        ("fail", {"status": 403}),
    ],
)
def test_a_write_that_goes_wrong_is_made_good(
    stand: Stand, proxy: ProxyClient, body: str, action: str, more: dict[str, int]
) -> None:
    number = proxy.add(
        action, verbs=["patch"], resource="tasks.fairlead.dev/status", body=body, times=2, **more
    )
    task = start(stand, proxy, "Square", {"number": 5})
    status = stand.wait_outcome(task)
    assert (status["state"], status["result"]) == ("Completed", "25")
    assert proxy.hits(number) >= 1


@pytest.mark.parametrize("verb", ["get", "list", "watch", "create"])
@pytest.mark.parametrize(
    ("action", "more"),
    [("drop", {}), ("fail", {"status": 503}), ("fail", {"status": 401}), ("fail", {"status": 403})],
)
def test_requests_that_go_wrong_are_repeated(
    stand: Stand, proxy: ProxyClient, verb: str, action: str, more: dict[str, int]
) -> None:
    number = proxy.add(
        action, verbs=[verb], resource="tasks.fairlead.dev", agent="fairlead", times=3, **more
    )
    task = start(stand, proxy, "SumOfSquares", {"numbers": [1, 2, 3]})
    assert stand.wait_outcome(task)["children"] == 4
    assert len(stand.children(task)) == 4
    assert verb in ("list", "watch") or proxy.hits(number) == 3


def test_a_subtask_whose_reply_is_lost_is_made_once(stand: Stand, proxy: ProxyClient) -> None:
    number = proxy.add(
        "hide-reply", verbs=["create"], resource="tasks.fairlead.dev", agent="fairlead", times=2
    )
    task = start(stand, proxy, "SumOfSquares", {"numbers": [1, 2, 3]})
    assert stand.wait_outcome(task)["children"] == 4
    assert len(stand.children(task)) == 4
    assert proxy.hits(number) == 2


def test_an_outcome_waits_for_an_api_server_that_is_away(stand: Stand, proxy: ProxyClient) -> None:
    task = start(stand, proxy, "Wait", {"name": "w"})
    until("the task waits", (stand.folder / "w.began").exists)
    away = proxy.add("drop", agent="fairlead")
    (stand.folder / "w.end").touch()
    proxy.wait_hit(away, 6, timeout=60)
    assert "outcome" not in stand.status(task)
    proxy.remove(away)
    assert stand.wait_outcome(task)["result"] == '"ended"'


def test_a_runner_that_was_given_up_reports_nothing(stand: Stand, proxy: ProxyClient) -> None:
    """It is cut off, the task goes to another; when it comes back, its outcome is for nobody."""
    task = start(stand, proxy, "Wait", {"name": "w"})
    agent = stand.agents[-1]
    until("the task waits", (stand.folder / "w.began").exists)
    away = proxy.add("drop", agent="fairlead")
    proxy.cut_watches(task)
    (stand.folder / "w.end").touch()
    proxy.wait_hit(away, 4)
    other = stand.pod()
    stand.patch(task, podName=other.name, attempt=2, state="Running")
    proxy.remove(away)
    assert agent.wait() == 0
    assert "outcome" not in stand.status(task)
    assert stand.status(task)["attempt"] == 2


def test_a_zombie_leaves_subtasks_that_nobody_commits(stand: Stand, proxy: ProxyClient) -> None:
    number = proxy.add("hold", verbs=["patch"], body='"outcome"', agent="fairlead")
    task = start(stand, proxy, "SumOfSquares", {"numbers": [1]})
    agent = stand.agents[-1]
    proxy.wait_hit(number)
    proxy.cut_watches(task)
    watching = proxy.add("drop", verbs=["watch", "list"], agent="fairlead")
    stand.patch(task, podName=stand.pod().name, attempt=2, state="Running")
    proxy.remove(number)
    proxy.remove(watching)
    assert agent.wait() == 0
    status = stand.status(task)
    assert "outcome" not in status
    assert "children" not in status
    assert len(stand.children(task, 1)) == 2
    assert stand.children(task, 2) == []


def test_a_watch_that_is_cut_is_taken_up_again(stand: Stand, proxy: ProxyClient) -> None:
    task = start(stand, proxy, "Wait", {"name": "w"})
    until("the task waits", (stand.folder / "w.began").exists)
    until("it is watched", lambda: proxy.cut_watches(task))
    stand.patch(task, stop="Stop")
    assert stand.wait_outcome(task)["result"] == '"stopped"'


def test_a_refusal_of_the_outcome_itself_is_told_instead(stand: Stand, proxy: ProxyClient) -> None:
    number = proxy.add("fail", verbs=["patch"], body='"result"', status=422, times=1)
    task = start(stand, proxy, "Square", {"number": 5})
    outcome = stand.wait_outcome(task)["outcome"]
    assert (outcome["kind"], outcome["type"]) == ("NonRetryable", "InvalidRequestError")
    assert "refused by the fault proxy" in outcome["message"]
    assert proxy.hits(number) == 1


def test_an_api_server_that_is_started_again_is_found_again(
    stand: Stand, cluster: NativeCluster
) -> None:
    task, pod = stand.make("Wait", {"name": "w"}), stand.pod()
    stand.assign(task, pod)
    agent = stand.start(pod, FLOW, task)
    until("the task waits", (stand.folder / "w.began").exists)
    cluster.faults.kill("apiserver")
    (stand.folder / "w.end").touch()
    cluster.faults.start("apiserver")
    assert stand.wait_outcome(task, seconds=150)["result"] == '"ended"'
    assert agent.wait() == 0
