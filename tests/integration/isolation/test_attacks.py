"""An isolated task that turns against its surroundings fails its own attempt, and that is all."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.kubeapi import until

from .conftest import Isolated, Object, act, process_of

ODD = ["noise", "deep", "pipe", "endless", "uncharged", "odd", "flood"]


def attack(name: str, what: str, **more: Any) -> Object:
    """One task that attacks, among others."""
    identifier = {"identifier": "isolation.example/Attack", "version": "v1.0"}
    return {"name": name, "input": {"what": what}, "failurePolicy": "Ignore", **identifier, **more}


def test_what_is_no_message_fails_the_attempt_alone(jobs: Isolated) -> None:
    tasks = [attack(f"a-{kind}", f"garbage:{kind}") for kind in ODD]
    job = jobs.submit(
        *tasks,
        attack("good", "nothing", dependsOn=[task["name"] for task in tasks]),
        release="attacking",
        maxParallel={"isolation.example/Attack": 1},
    )
    jobs.wait(job)
    found = {kind: jobs.status(job, f"a-{kind}") for kind in ODD}
    kinds = {kind: status["outcome"]["kind"] for kind, status in found.items()}
    assert kinds == dict.fromkeys(ODD, "Crashed")
    # The agent has outlived all of it.
    assert len({status["podName"] for status in found.values()}) == 1


def test_killing_everything_costs_that_attempt(jobs: Isolated) -> None:
    job = jobs.attack("kill_all", input={"what": "kill_all", "gate": jobs.gate("killed")})
    jobs.wait(job, "Completed")
    status = jobs.status(job, "a")
    assert (status["attempt"], status["result"]) == (2, '"the next attempt"')
    (first,) = status["attempts"]
    assert first["kind"] == "Lost"
    # Agent and keeper go on; it is the operator who tries elsewhere after a loss.
    pod = jobs.site.pod(first["podName"])
    assert pod is not None
    assert pod["status"]["phase"] in ("Running", "Succeeded")


def test_too_much_memory_is_the_task_s_own_failure(jobs: Isolated) -> None:
    job = jobs.submit(act("a", "fill memory"))
    assert jobs.wait(job, "Failed")["failure"]["kind"] == "OutOfMemory"


@pytest.mark.parametrize("container", ["agent", "keeper"])
def test_a_container_that_dies_is_no_fault_of_the_task(jobs: Isolated, container: str) -> None:
    gate = jobs.gate("held")
    job = jobs.submit(act("a", "hold", gate=gate, graceSeconds=1), reuse="Never")
    first = jobs.until_task(job, "a", state="Running")["podName"]
    until("it has begun", lambda: jobs.executions(gate) == 1)
    pod = jobs.pod(job, "a")
    assert pod is not None
    os.kill(process_of(pod["metadata"]["uid"], container), signal.SIGKILL)
    status = jobs.until_task(job, "a", attempt=2, state="Running")
    assert status["podName"] != first
    Path(gate).touch()
    jobs.wait(job, "Completed")
    (lost,) = jobs.status(job, "a")["attempts"]
    assert lost["kind"] == "Lost"
