"""A task that makes no others: from its assignment to its outcome."""

from __future__ import annotations

import json

from tests.integration.runner_pod.stand import Stand, released

FLOW = released("flow", "Square", "Sum", "SumOfSquares", "Fail", "Wait")


def test_a_leaf_is_completed_by_its_runner(stand: Stand) -> None:
    task, pod = stand.make("Square", {"number": 12}), stand.pod()
    stand.assign(task, pod)
    agent = stand.start(pod, FLOW, task)
    status = stand.wait_outcome(task)
    assert status["state"] == "Completed"
    assert status["result"] == "144"
    assert status["display"] == "Square(12)"
    assert status["outcome"]["kind"] == "Succeeded"
    assert status["outcome"]["version"] == "v0.0"
    assert status["outcome"]["podUID"] == pod.uid
    usage = status["outcome"]["usage"]
    assert usage.keys() == {"wallMilliseconds", "cpuMilliseconds", "peakMemoryBytes"}
    assert usage["peakMemoryBytes"] > 5_000_000
    assert status["report"] == "1.3" or status["report"] == "1.2"
    assert "reason" not in status
    assert "children" not in status
    assert agent.wait() == 0
    assert "Squared number=12" in agent.said()
    assert "printed 12" in agent.said()


def test_the_log_is_kept(stand: Stand) -> None:
    task, pod = stand.make("Square", {"number": 3}), stand.pod()
    stand.assign(task, pod)
    stand.start(pod, FLOW, task)
    stand.wait_outcome(task)
    folder = stand.store / "jobs" / stand.job_uid / "logs" / task / "1"
    text = "".join(path.read_text() for path in sorted(folder.iterdir()))
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert {(one["level"], one["message"], one["fields"].get("number")) for one in lines} == {
        ("info", "Squared", 3),
        ("stdout", "printed 3", None),
    }
