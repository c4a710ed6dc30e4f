"""``fairlead run``: a file's task on an input, or a plain script."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Read = Callable[..., Any]


def test_the_root_runs_and_only_the_result_is_on_standard_output(fairlead: Run) -> None:
    ended = fairlead("run", "squares.py", "--input", '{"numbers": [12, 345, 453, 21, 45, 98]}')
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "336448\n"
    assert "Computed sum of squares result=336448" in ended.stderr


def test_a_task_is_chosen_by_name_and_the_job_is_named(fairlead: Run, read: Read) -> None:
    ended = fairlead("run", "squares.py:Square", "--input", '{"number": 7}', "--name", "seven")
    assert (ended.returncode, ended.stdout) == (0, "49\n")
    assert [(job["name"], job["state"]) for job in read("jobs", "list")] == [("seven", "COMPLETED")]


def test_json_output_has_the_job_and_its_result(fairlead: Run) -> None:
    ended = fairlead("run", "squares.py:Square", "--input", '{"number": 7}', "-o", "json")
    answer = json.loads(ended.stdout)
    assert (answer["name"], answer["state"], answer["result"]) == ("Square", "COMPLETED", 49)


def test_the_input_may_come_from_a_file_or_a_pipe(fairlead: Run, folder: Path) -> None:
    (folder / "input.json").write_text('{"number": 5}')
    assert fairlead("run", "squares.py:Square", "--input", "@input.json").stdout == "25\n"
    piped = fairlead("run", "squares.py:Square", "--input", "-", given='{"number": 6}')
    assert piped.stdout == "36\n"


def test_a_failed_job_exits_with_1_and_says_why(fairlead: Run) -> None:
    ended = fairlead("run", "failing.py", "--input", '{"mended": "nowhere"}')
    assert ended.returncode == 1
    assert "Traceback" not in ended.stdout
    assert "Nightly  FAILED after" in ended.stderr
    assert "Enrich raised ValueError: no tiles for 2026-11-20   (attempt 1 of 1)" in ended.stderr
    assert "→ fairlead jobs retry Nightly" in ended.stderr


def test_functions_run_too(fairlead: Run, folder: Path) -> None:
    (folder / "double.py").write_text(
        "from fairlead.workflow import task\n\n\n"
        "@task\ndef double(number: int) -> int:\n    return 2 * number\n"
    )
    assert fairlead("run", "double.py", "--input", '{"number": 21}').stdout == "42\n"


def test_texts_are_printed_as_they_are_and_nothing_for_no_result(
    fairlead: Run, folder: Path
) -> None:
    (folder / "say.py").write_text(
        "from fairlead.sessions import task\n\n\n"
        "@task\ndef say(text: str | None = None) -> str | None:\n    return text\n"
    )
    assert fairlead("run", "say.py", "--input", '{"text": "grüß dich"}').stdout == "grüß dich\n"
    assert fairlead("run", "say.py").stdout == ""


def test_a_plain_script_just_runs_once_as_a_program(fairlead: Run, folder: Path) -> None:
    (folder / "script.py").write_text("import sys\nprint(__name__, sys.argv)\nsys.exit(5)\n")
    ended = fairlead("run", "script.py")
    assert ended.stdout == "__main__ ['script.py']\n"
    assert ended.returncode == 5


STARTING = """
import sys

from fairlead.sessions import Session, task

print("above", __name__)


@task
def fetch(city: str) -> str:
    return city.upper()


with Session():
    print(fetch.instance().start("oslo").result())
sys.exit(5)
"""


def test_a_program_that_starts_work_itself_is_run_as_a_script(fairlead: Run, folder: Path) -> None:
    (folder / "starting.py").write_text(STARTING)
    ended = fairlead("run", "starting.py")
    assert ended.stdout == "above __main__\nOSLO\n", ended.stderr
    assert ended.returncode == 5


@pytest.mark.parametrize("target", ["starting.py", "starting.py:fetch"])
def test_its_task_is_run_where_an_input_is_given(fairlead: Run, folder: Path, target: str) -> None:
    (folder / "starting.py").write_text(STARTING)
    ended = fairlead("run", target, "--input", '{"city": "rome"}')
    assert ended.stdout.splitlines()[-1] == "ROME", ended.stderr
    assert ended.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nowhere.py"], 3, "there is no file nowhere.py"),
        (["squares.py:Cube"], 3, "squares.py has no task 'Cube'; it has: Square, Sum, "),
        (["squares.py:Square"], 2, "number"),
        (["squares.py:Square", "--input", '{"number": "7"}'], 2, "Square.number"),
        (["squares.py:Square", "--input", '{"number": 7, "colour": 1}'], 2, "colour"),
        (["squares.py:Square", "--input", "7"], 2, "--input is a number, but it takes an object"),
        (["squares.py:Square", "--input", "{7}"], 2, "--input is not JSON"),
        (["squares.py:Square", "--input", "@gone.json"], 3, "there is no file gone.json"),
        (["broken.py"], 2, "broken.py:3 is not valid Python"),
        (["crashing.py"], 2, "ZeroDivisionError"),
        (["several.py"], 2, "several.py has several tasks that could be meant: one, two"),
        (["plain.py", "--input", "{}"], 2, "plain.py defines no task"),
    ],
)
def test_bad_input_is_one_line_and_stores_nothing(
    fairlead: Run, folder: Path, read: Read, arguments: list[str], code: int, said: str
) -> None:
    (folder / "broken.py").write_text("from fairlead import Task\n\nclass Broken(Task:\n")
    (folder / "crashing.py").write_text(
        "from fairlead import Task\n\nclass Crashing(Task):\n    pass\n\n1 / 0\n"
    )
    (folder / "several.py").write_text(
        "from fairlead.workflow import task\n\n\n@task\ndef one() -> int:\n    return 1\n\n\n"
        "@task\ndef two() -> int:\n    return 2\n"
    )
    (folder / "plain.py").write_text("print('plain')\n")
    ended = fairlead("run", *arguments)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert ended.stderr.startswith("fairlead: ")
    assert said in ended.stderr
    assert read("jobs", "list") == []
