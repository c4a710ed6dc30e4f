"""Runners go away under their tasks: asked to, by force, killed, with their node."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest
from tests.cluster.kubeapi import until
from tests.cluster.native.faults import Faults
from tests.faults.cluster.flow import PATIENT, SECONDS, Flow
from tests.site.site import Site

TIMES = 5


@PATIENT
@pytest.mark.parametrize("grace", [None, 0], ids=["asked", "forced"])
def test_f22_f23_pods_of_running_tasks_are_deleted(
    site: Site, flow: Flow, grace: int | None
) -> None:
    """A deleted runner ends its task or gives it back; one deleted by force may live on."""
    query = {} if grace is None else {"gracePeriodSeconds": grace}
    flow.submit()
    for turn in range(TIMES):
        flow.wait_begun(0.1 + 0.12 * turn)
        pod = flow.wait_executing()
        site.api.delete(site.core("pods", pod["metadata"]["name"]), **query)
    flow.check()


@PATIENT
def test_f21_the_processes_of_runners_are_killed(flow: Flow) -> None:
    flow.submit()
    for turn in range(TIMES):
        flow.wait_begun(0.1 + 0.12 * turn)
        agent = agent_of(flow.wait_executing()["metadata"]["uid"])
        if agent is not None:
            os.kill(agent, signal.SIGKILL)
    flow.check()


def agent_of(pod_uid: str) -> int | None:
    """The first process of a pod's runner; None if it has ended meanwhile."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            mine = pod_uid in (entry / "cgroup").read_text()
            words = (entry / "cmdline").read_bytes().split(b"\0")
            first = re.search(r"^NSpid:.*\t1$", (entry / "status").read_text(), re.MULTILINE)
        except OSError:
            continue
        if mine and first and b"fairlead.runner.pod" in words:
            return int(entry.name)
    return None


@PATIENT
def test_f25_a_node_is_lost_and_comes_back(site: Site, flow: Flow, faults: Faults) -> None:
    """What ran there runs elsewhere; what the node still has when it is back changes nothing."""
    flow.submit()
    flow.wait_begun(0.2)
    flow.wait_executing("node2")
    faults.kill("node2")
    site.wait_finished(flow.name, SECONDS)
    faults.start("node2")
    flow.check()


@PATIENT
def test_f25_a_node_is_cut_off_and_its_tasks_go_on_there(
    site: Site, flow: Flow, faults: Faults
) -> None:
    """Executions overlap, records do not: the fence lets the old attempts change nothing."""
    flow.submit()
    flow.wait_begun(0.2)
    flow.wait_executing("node2")
    faults.cut("node2")
    site.wait_finished(flow.name, SECONDS)
    faults.heal("node2")
    until("node2 is ready", lambda: _ready(site, "node2"), timeout=60)
    flow.check()


def _ready(site: Site, node: str) -> bool:
    found = site.api.get(f"/api/v1/nodes/{node}")
    conditions = {item["type"]: item["status"] for item in found["status"]["conditions"]}
    return conditions.get("Ready") == "True"
