"""``fairlead submit``: a job is left to whoever runs it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Read = Callable[..., Any]


def test_a_job_is_submitted_and_run_later(fairlead: Run, read: Read) -> None:
    submitted = fairlead("submit", "squares.py:Sum", "--input", '{"parts": [3, 4]}')
    assert submitted.returncode == 0, submitted.stderr
    (job,) = read("jobs", "list")
    assert submitted.stdout.splitlines()[0] == job["id"]
    assert (job["name"], job["state"]) == ("Sum", "QUEUED")
    assert fairlead("jobs", "run", job["id"]).returncode == 0
    assert read("jobs", "show", job["id"])["state"] == "COMPLETED"


def test_options_are_those_of_the_job(fairlead: Run, read: Read) -> None:
    words = ("--name", "adds", "--max-retries", "2", "--input", '{"parts": []}')
    job = json.loads(fairlead("submit", "squares.py:Sum", *words, "-o", "json").stdout)
    (task,) = read("tasks", "list", "--job", "adds")
    assert (job["name"], task["max_retries"]) == ("adds", 2)


def test_what_cannot_be_submitted_leaves_no_job(fairlead: Run, read: Read, folder: Path) -> None:
    (folder / "script.py").write_text("print('hello')\n")
    for words, message in (
        (("squares.py:Sum", "--input", '{"parts": 3}'), "parts"),
        (("squares.py:Absent",), "has no task 'Absent'"),
        (("script.py",), "defines no task"),
        (("absent.py",), "there is no file absent.py"),
    ):
        ended = fairlead("submit", *words)
        assert ended.returncode in (2, 3)
        assert message in ended.stderr
        assert len(ended.stderr.splitlines()) == 1
    assert read("jobs", "list") == []
