"""``fairlead run|submit|jobs`` on a cluster: what users see of their jobs and do to them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cluster.kubeapi import until
from tests.integration.cli_cluster.conftest import wait_for_state, wait_for_task
from tests.integration.command_line import Shell
from tests.site.site import Site


def given(**values: str | list[int]) -> list[str]:
    return ["--input", json.dumps(values)]


def gate(site: Site, name: str) -> Path:
    """Return a file that pods see under the same path; it is not there yet."""
    file = site.shared / name
    file.unlink(missing_ok=True)
    return file


def test_a_program_runs_in_the_cluster_and_its_result_is_printed(shell: Shell) -> None:
    words = ("flows.py:SumOfSquares", "--name", "adds", *given(numbers=[1, 2, 3]))
    assert shell("run", *words) == "14\n"
    (job,) = shell.json("jobs", "list")
    assert (job["name"], job["state"], job["tasks"]) == ("adds", "COMPLETED", {"COMPLETED": 5})
    for name in (job["id"], job["id"][:12], "adds"):
        assert shell.json("jobs", "show", name)["id"] == job["id"]
    assert "5 of 5 tasks" in shell("jobs", "show", "adds")
    tree = shell("jobs", "tree", "adds")
    assert "Square(3)  COMPLETED" in tree
    assert "after 3" in tree
    assert "Sum: Computed result=14" in shell("logs", "adds")
    answer = shell.json("run", *words)
    assert (answer["result"], answer["state"]) == (14, "COMPLETED")


def test_lists_are_filtered(shell: Shell) -> None:
    for name in ("one", "two"):
        shell("run", "flows.py:Square", "--name", name, *given(number=3))
    assert [job["name"] for job in shell.json("jobs", "list")] == ["two", "one"]
    assert len(shell.json("jobs", "list", "--limit", "1")) == 1
    assert shell.json("jobs", "list", "--state", "failed") == []
    assert [job["name"] for job in shell.json("jobs", "list", "--name", "one")] == ["one"]


def test_a_failed_job_says_why_and_is_retried(shell: Shell, site: Site) -> None:
    mended = gate(site, "mended")
    words = ("flows.py:Nightly", "--name", "nightly", *given(mended=str(mended)))
    assert "no tiles for 2026-11-20" in shell("run", *words, code=1)
    text = shell("jobs", "show", "nightly")
    assert "ValueError: no tiles for 2026-11-20" in text
    assert "about to look" in shell("logs", "nightly")
    (failed,) = shell.json("tasks", "list", "--state", "failed")
    assert failed["identifier"] == "Enrich"
    mended.touch()
    assert shell.json("jobs", "retry", "nightly")["run"] == 2
    assert "COMPLETED" in shell("jobs", "watch", "nightly")
    assert shell.json("jobs", "show", "nightly")["tasks"] == {"COMPLETED": 2}


def test_a_submitted_job_is_watched_to_its_end(shell: Shell, site: Site) -> None:
    file = gate(site, "watched")
    job = shell.json("submit", "flows.py:Waits", "--name", "waits", *given(gate=str(file)))
    wait_for_task(shell, "Wait")
    watching = shell.start("jobs", "watch", "waits")
    running = shell.start("jobs", "run", "waits")
    reading = shell.start("logs", "waits", "--follow")
    until("the line is there", lambda: "waiting" in shell("logs", "waits"), timeout=60)
    file.touch()
    for command in (watching, running, reading):
        out, said = command.communicate(timeout=120)
        assert command.returncode == 0, said
    assert "Wait: waiting" in out
    assert shell.json("jobs", "show", job["id"])["state"] == "COMPLETED"


def test_a_suspended_job_starts_nothing_until_it_is_resumed(shell: Shell, site: Site) -> None:
    file = gate(site, "suspended")
    shell("submit", "flows.py:Waits", "--name", "waits", *given(gate=str(file)))
    wait_for_task(shell, "Wait")
    shell("jobs", "suspend", "waits")
    wait_for_state(shell, "waits", "SUSPENDED")
    file.touch()
    wait_for_task(shell, "Wait", "COMPLETED")
    assert wait_for_task(shell, "Then", "QUEUED")
    shell("jobs", "resume", "waits")
    wait_for_state(shell, "waits", "COMPLETED")
    assert "has ended" in shell("jobs", "resume", "waits", code=2)


def test_a_cancelled_job_ends_and_a_deleted_one_leaves_nothing(shell: Shell, site: Site) -> None:
    never = gate(site, "never")
    shell("submit", "flows.py:Waits", "--name", "waits", *given(gate=str(never)))
    wait_for_task(shell, "Wait")
    shell("jobs", "cancel", "waits")
    wait_for_state(shell, "waits", "CANCELLED")
    (name,) = (one["metadata"]["name"] for one in site.api.get(site.path("jobs"))["items"])
    shell("jobs", "delete", "waits")
    assert "no job has the id or name 'waits'" in shell("jobs", "show", "waits", code=3)
    until("its tasks are gone", lambda: not site.tasks(name), timeout=60)
    site.wait_no_pods(name)


def test_what_is_wrong_is_said_before_anything_is_stored(shell: Shell, site: Site) -> None:
    for words, code, message in (
        (("run", "flows.py:Square", "--input", '{"number": "x"}'), 2, "number"),
        (("run", "flows.py:Absent"), 3, "has no task 'Absent'"),
        (("jobs", "show", "absent"), 3, "no job has the id or name 'absent'"),
        (("tasks", "info", "absent"), 3, "no task has the id 'absent'"),
    ):
        said = shell(*words, code=code)
        assert message in said
        assert len(said.splitlines()) == 1
    assert site.api.get(site.path("jobs"))["items"] == []


def test_a_cluster_that_cannot_be_reached_is_code_4(shell: Shell, tmp_path: Path) -> None:
    config = Path(shell.env["KUBECONFIG"]).read_text()
    broken = tmp_path / "broken.kubeconfig"
    broken.write_text("\n".join(map(_nowhere, config.splitlines())))
    shell.env["KUBECONFIG"] = str(broken)
    for words in (["jobs", "list"], ["tasks", "list"], ["machines", "list"], ["logs", "x"]):
        said = shell(*words, code=4)
        assert "cannot reach" in said
        assert len(said.splitlines()) == 1


def _nowhere(line: str) -> str:
    """Return a line of a kubeconfig that names a port at which nobody listens."""
    start, server, _ = line.partition("server: ")
    return f"{start}{server}https://127.0.0.1:9" if server else line
