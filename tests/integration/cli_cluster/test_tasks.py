"""``fairlead tasks`` and ``fairlead machines`` on a cluster."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cluster.kubeapi import until
from tests.integration.cli_cluster.conftest import wait_for_state, wait_for_task
from tests.integration.command_line import Shell
from tests.site.site import Site


def test_a_task_tells_all_and_its_files_are_fetched(shell: Shell, tmp_path: Path) -> None:
    shell("run", "flows.py:Sum", "--name", "adds", "--input", '{"parts": [3, 4]}')
    (task,) = shell.json("tasks", "list", "--job", "adds")
    info = shell.json("tasks", "info", task["id"])
    assert (info["state"], info["files"]) == ("COMPLETED", ["sum.txt"])
    assert [attempt["outcome"] for attempt in info["attempts"]] == ["SUCCEEDED"]
    assert task["id"] in shell("tasks", "info", task["id"])
    assert shell.json("tasks", "list", "--id", task["id"][:12])[0]["id"] == task["id"]
    assert shell("tasks", "list-files", task["id"]).split()[-1] == "sum.txt"
    shell("tasks", "download", task["id"], str(tmp_path / "got"))
    (got,) = (tmp_path / "got").rglob("sum.txt")
    assert got.read_text() == "7"
    assert "Computed result=7" in shell("logs", task["id"])


def test_a_task_is_killed(shell: Shell, site: Site) -> None:
    never = json.dumps({"gate": str(site.shared / "never-there")})
    shell("submit", "flows.py:Waits", "--name", "waits", "--input", never)
    task = wait_for_task(shell, "Wait")
    shell("tasks", "kill", task)
    wait_for_state(shell, "waits", "FAILED")
    assert shell.json("tasks", "info", task)["state"] == "CANCELLED"


def test_a_group_of_machines_is_started_and_terminated(shell: Shell, site: Site) -> None:
    started = shell.json("machines", "start", "small", "--min", "1", "--name", "mine")
    assert started["name"] == "mine"
    (group,) = shell.json("machines", "list")
    assert (group["name"], group["size"], group["state"]) == ("mine", "small", "STARTED")
    assert "already" in shell("machines", "start", "small", "--name", "mine", code=2)
    shell("machines", "terminate", "mine")
    until("it is terminated", lambda: _states(shell) == ["TERMINATED"], timeout=60)
    assert "no machine group" in shell("machines", "terminate", "absent", code=3)


def _states(shell: Shell) -> list[str]:
    return [group["state"] for group in shell.json("machines", "list")]


def test_kubectl_means_the_cluster_and_its_options_count(shell: Shell, site: Site) -> None:
    shell("run", "flows.py:Square", "--name", "squares", "--input", '{"number": 3}')
    for name in ("FAIRLEAD_BACKEND", "FAIRLEAD_NAMESPACE", "KUBECONFIG"):
        del shell.env[name]
    plugin = Shell(shell.folder, shell.env, "fairlead.cli.kubectl")
    where = ("-n", site.namespace, "--kubeconfig", str(site.kubeconfig))
    assert "squares" in plugin("jobs", "list", *where)
    assert "COMPLETED" in plugin(*where, "jobs", "show", "squares")
