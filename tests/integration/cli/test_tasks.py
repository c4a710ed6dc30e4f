"""``fairlead tasks`` and ``fairlead logs``: one task from outside."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[str]"]
Read = Callable[..., Any]


@pytest.fixture
def enrich(python: Run, read: Read, folder: Path) -> dict[str, Any]:
    """Return the task that failed in the program failing.py."""
    python("failing.py", str(folder / "mended"))
    (task,) = read("tasks", "list", "--state", "failed")
    return dict(task)


def test_tasks_are_listed_with_their_job(fairlead: Run, enrich: dict[str, Any]) -> None:
    heading, *lines = fairlead("tasks", "list").stdout.splitlines()
    assert heading.split() == [
        "ID", "IDENTIFIER", "STATE", "ATTEMPT", "STARTED", "DURATION", "JOB", "DISPLAY",
    ]  # fmt: skip
    assert len(lines) == 3
    assert lines[0].split()[:4] == [enrich["id"], "Enrich", "FAILED", "1"]
    assert "  nightly  " in lines[0]


def test_tasks_are_picked_by_id_job_and_state(read: Read, enrich: dict[str, Any]) -> None:
    assert [task["id"] for task in read("tasks", "list", "--id", enrich["id"])] == [enrich["id"]]
    assert read("tasks", "list", "--id", enrich["id"], "--state", "running") == []
    assert len(read("tasks", "list", "--job", "nightly")) == 3
    assert len(read("tasks", "list", "-j", "nightly", "-s", "failed", "-s", "completed")) == 2
    assert len(read("tasks", "list", "-n", "2")) == 2


def test_info_tells_all_that_is_recorded(fairlead: Run, read: Read, enrich: dict[str, Any]) -> None:
    info = read("tasks", "info", enrich["id"])
    assert info["failure"]["type"] == "ValueError"
    assert [attempt["outcome"] for attempt in info["attempts"]] == ["ERROR"]
    assert info["metadata"] == {}
    text = fairlead("tasks", "info", enrich["id"]).stdout
    assert "raised ValueError: no tiles for 2026-11-20" in text
    assert "failing.py" in text


def test_an_unknown_task_is_code_3(fairlead: Run, enrich: dict[str, Any]) -> None:
    for command in (["tasks", "info"], ["tasks", "list", "--id"], ["tasks", "kill"], ["logs"]):
        ended = fairlead(*command, "nonsense")
        assert ended.returncode == 3
        assert ended.stderr.startswith("fairlead: no ")
        assert len(ended.stderr.splitlines()) == 1


def test_logs_of_a_task_and_of_its_job(fairlead: Run, enrich: dict[str, Any]) -> None:
    lines = fairlead("logs", enrich["id"]).stdout.splitlines()
    assert any(
        "WARNING" in line and line.endswith("looking for tiles day=2026-11-20") for line in lines
    )
    assert any(line.endswith("about to look") for line in lines)
    of_job = fairlead("logs", "nightly").stdout.splitlines()
    assert any("Enrich: looking for tiles day=2026-11-20" in line for line in of_job)


def test_logs_as_json_are_one_object_a_line(fairlead: Run, enrich: dict[str, Any]) -> None:
    lines = fairlead("logs", enrich["id"], "-o", "json").stdout.splitlines()
    (warning,) = [record for record in map(json.loads, lines) if record["level"] == "warning"]
    assert warning["message"] == "looking for tiles"
    assert warning["fields"] == {"day": "2026-11-20"}
    assert warning["task_id"] == enrich["id"]


def test_logs_are_followed_until_the_end(start: Start, folder: Path) -> None:
    gate = folder / "gate"
    with start("run", "waiting.py", "--input", f'{{"gate": "{gate}"}}', "--name", "held") as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "waiting\n"
        with start("logs", "held", "--follow") as logs:
            assert logs.stdout is not None
            assert logs.stdout.readline().endswith("waiting\n")
            assert logs.poll() is None
            gate.touch()
            assert logs.wait() == 0
        assert run.wait() == 0


def test_killing_a_task_fails_its_job(
    fairlead: Run, start: Start, read: Read, folder: Path
) -> None:
    gate = folder / "gate"
    with start("run", "waiting.py", "--input", f'{{"gate": "{gate}"}}', "--name", "held") as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "waiting\n"
        (task,) = read("tasks", "list", "--state", "running")
        ended = fairlead("tasks", "kill", task["id"])
        assert ended.stdout == f"{task['display']}: cancel requested  ({task['id']})\n"
        gate.touch()
        assert run.wait() == 1
    assert read("tasks", "info", task["id"])["state"] == "CANCELLED"
    again = fairlead("tasks", "kill", task["id"])
    assert again.returncode == 2
    assert "has ended, CANCELLED" in again.stderr
    assert read("jobs", "show", "held")["state"] == "FAILED"


def test_a_task_without_files_says_so(fairlead: Run, read: Read, enrich: dict[str, Any]) -> None:
    ended = fairlead("tasks", "list-files", enrich["id"])
    assert (ended.returncode, ended.stdout) == (0, "")
    assert ended.stderr == "the task wrote no files\n"
    assert read("tasks", "list-files", enrich["id"]) == []


def test_machine_groups_are_listed(fairlead: Run, python: Run, read: Read, folder: Path) -> None:
    assert read("machines", "list") == []
    (folder / "group.py").write_text(
        "from fairlead import MachineGroup\n\nMachineGroup('small', num_machines=2).start()\n"
    )
    assert python("group.py").returncode == 0
    (group,) = read("machines", "list")
    assert (group["size"], group["maximum"]) == ("small", 2)
    heading, line = fairlead("machines", "list").stdout.splitlines()
    assert heading.split()[:3] == ["NAME", "SIZE", "MINIMUM"]
    assert line.split()[1] == "small"


def test_a_task_that_is_asked_to_stop_keeps_what_it_returns(
    fairlead: Run, start: Start, read: Read, folder: Path
) -> None:
    (folder / "patient.py").write_text(
        "import time\nfrom fairlead.sessions import TaskControl, task\n\n\n@task\n"
        "def patient(tc: TaskControl) -> str:\n    print('waiting', flush=True)\n"
        "    while not tc.should_stop:\n        time.sleep(0.01)\n    return 'stopped'\n"
    )
    with start("run", "patient.py") as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "waiting\n"
        (task,) = read("tasks", "list", "--state", "running")
        assert fairlead("tasks", "kill", "--gently", task["id"]).returncode == 0
        assert run.wait() == 0
        assert run.stdout.read() == "stopped\n"
    assert read("tasks", "info", task["id"])["state"] == "COMPLETED"


def test_files_are_listed_and_copied(fairlead: Run, read: Read, folder: Path) -> None:
    (folder / "writing.py").write_text(
        "from fairlead import ExecutionContext, Task\n\n\nclass Writing(Task):\n"
        "    def execute(self, context: ExecutionContext) -> None:\n"
        "        (context.files / 'a.txt').write_text('one')\n"
    )
    ran = fairlead("run", "writing.py")
    assert ran.returncode == 0, ran.stderr
    (task,) = read("tasks", "list")
    assert fairlead("tasks", "list-files", task["id"]).stdout == "a.txt\n"
    assert fairlead("tasks", "download", task["id"], "copies").returncode == 0
    assert (folder / "copies" / "a.txt").read_text() == "one"


def test_the_start_of_an_id_will_do_if_it_is_the_only_one(
    fairlead: Run, python: Run, read: Read
) -> None:
    assert python("squares.py").returncode == 0
    siblings = [task["id"] for task in read("tasks", "list") if task["identifier"] == "Square"]
    # Ids begin with the time at which the parent's attempt began: siblings share it.
    ended = fairlead("tasks", "info", siblings[0][:9])
    assert ended.returncode == 2
    assert "is the start of " in ended.stderr
    assert ended.stderr.endswith("; give more of it\n")
    assert read("tasks", "info", siblings[0][:-2])["id"] == siblings[0]
    assert fairlead("tasks", "info", siblings[0][:3]).returncode == 3
