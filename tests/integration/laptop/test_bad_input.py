"""Bad input: one line that says what, where and how to mend it, and nothing is stored."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fairlead import Client
from fairlead.sessions import Session

from .conftest import PROGRAMS, states
from .programs.small import add, overdone

Fairlead = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ('{"meters": "ten"}', ["meters", "'ten'"]),
        ('{"meters": 1.5}', ["meters"]),
        ("{}", ["meters", "missing"]),
        ('{"meters": 1, "metres": 2}', ["metres"]),
        ('{"meters": 1, "ratio": NaN}', ["Resample.ratio", "nan"]),
        ('{"meters": 1', ["JSON"]),
        ("[1, 2]", ["object"]),
        ("", ["meters"]),
    ],
)
def test_by_the_command_line(
    fairlead: Fairlead, client: Client, given: str, words: list[str]
) -> None:
    ended = fairlead("run", f"{PROGRAMS / 'bad_input.py'}:Resample", "--input", given)

    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    assert [word for word in words if word not in ended.stderr] == [], ended.stderr
    assert client.jobs().query() == []


@pytest.mark.parametrize(
    ("name", "program", "error", "words"),
    [
        (
            "a wrong type",
            "class T(Task):\n    n: int\n    def execute(self, context): ...\n"
            "Client().jobs().submit('j', T('one'))",
            "TaskInputError",
            ["T.n", "'one'"],
        ),
        (
            "the same key twice in a workflow",
            "from fairlead.workflow import task, workflow\n"
            "@task\ndef f() -> int: return 1\n"
            "with workflow('w') as wf:\n    f(task_id='a')\n    f(task_id='a')\n    wf.execute()",
            "DuplicateTaskError",
            ["'a'"],
        ),
        (
            "the same key, built before the block",
            "from fairlead.workflow import task, workflow\n"
            "@task\ndef f() -> int: return 1\n"
            "one, other = f(task_id='a'), f(task_id='a')\n"
            "with workflow('w') as wf:\n    one >> other\n    wf.execute()",
            "DuplicateTaskError",
            ["'a'"],
        ),
        (
            "a cycle",
            "from fairlead.workflow import task, workflow\n"
            "@task\ndef f() -> int: return 1\n"
            "with workflow('w') as wf:\n    one, other = f(task_id='a'), f(task_id='b')\n"
            "    one >> other >> one\n    wf.execute()",
            "DependencyError",
            ["a", "b"],
        ),
        (
            "a bad version",
            "class T(Task):\n    @staticmethod\n    def identifier(): return 'x', '1'\n"
            "    def execute(self, context): ...\n",
            "TaskDefinitionError",
            ["'1'", "v"],
        ),
        (
            "two definitions under one name",
            "class T(Task):\n    @staticmethod\n    def identifier(): return 'x', 'v1.0'\n"
            "    def execute(self, context): ...\n"
            "class U(Task):\n    @staticmethod\n    def identifier(): return 'x', 'v1.0'\n"
            "    def execute(self, context): ...\n"
            "Client().jobs().submit('j', T())",
            "ConflictingDefinitionError",
            ["T at", "U at"],
        ),
        (
            "a negative number of retries",
            "class T(Task):\n    def execute(self, context): ...\n"
            "Client().jobs().submit('j', T(), max_retries=-1)",
            "InvalidRequestError",
            ["max_retries", "-1"],
        ),
    ],
)
def test_by_a_program(
    tmp_path: Path, client: Client, name: str, program: str, error: str, words: list[str]
) -> None:
    file = tmp_path / "program.py"
    file.write_text(f"from fairlead import Client, Task\n{program}\n")
    ended = subprocess.run([sys.executable, file], capture_output=True, text=True, timeout=60)

    last = ended.stderr.strip().splitlines()[-1]
    assert ended.returncode == 1, ended.stderr
    assert error in last
    assert [word for word in words if word not in last] == [], last
    assert client.jobs().query() == []


def test_a_future_of_another_session_is_refused_and_not_started(client: Client) -> None:
    with Session() as one:
        future = one.instance(add).start(1, 2)
        with Session() as other:
            with pytest.raises(Exception, match="another session"):
                other.instance(add).start(future, 1)
            assert client.backend.tasks(other.id) == []
        assert future.result(timeout=60) == 3


def test_progress_of_101_percent_fails_the_task(client: Client) -> None:
    with Session() as session:
        future = session.instance(overdone).start()
        with pytest.raises(ValueError, match="from 0 to 100, not 101"):
            future.result(timeout=60)
    assert states(client.jobs().find(session.id)) == ["FAILED_OPTIONAL"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FAIRLEAD_WORKERS", "many"),
        ("FAIRLEAD_WORKERS", "threads:0"),
        ("FAIRLEAD_GRACE", "-1"),
        ("FAIRLEAD_BACKEND", "mainframe"),
    ],
)
def test_settings_that_cannot_be_meant(
    fairlead: Fairlead, client: Client, variable: str, value: str
) -> None:
    target = f"{PROGRAMS / 'bad_input.py'}:Resample"
    ended = fairlead("run", target, "--input", '{"meters": 1}', **{variable: value})

    assert ended.returncode in (2, 4), ended.stderr
    assert "Traceback" not in ended.stderr
    assert value in ended.stderr
    assert client.jobs().query() == []
