"""Which file, which of its tasks, and which input ``run`` is given."""

from __future__ import annotations

import ast
import io
from pathlib import Path
from typing import Any

import pytest

from fairlead.cli.programs.choose import choose
from fairlead.cli.programs.inputs import read_input
from fairlead.cli.programs.target import Target, may_define_tasks, parse_target, read_program
from fairlead.errors import InvalidRequestError, NotFoundError, ProgramError
from fairlead.sdk.definitions import TaskDefinition
from fairlead.sdk.task import Task


class Leaf(Task):
    number: int

    def execute(self, context: Any) -> int:
        return self.number


class Branch(Task):
    """Submits itself and, by a helper, a leaf."""

    depth: int

    def execute(self, context: Any) -> None:
        tasks = [Branch(self.depth - 1) for _ in range(2)] if self.depth else make_leaves()
        context.submit_subtasks(tasks)


class Other(Task):
    def execute(self, context: Any) -> None:
        pass


def make_leaves() -> list[Task]:
    return [Leaf(number) for number in range(3)]


def definition(task: type[Task]) -> TaskDefinition:
    made: TaskDefinition = task.__fairlead__  # type: ignore[attr-defined]
    return made


def test_a_target_is_a_file_and_perhaps_a_name(tmp_path: Path) -> None:
    file = tmp_path / "flow.py"
    file.touch()
    assert parse_target(str(file)) == Target(str(file), None)
    assert parse_target(f"{file}:Root") == Target(str(file), "Root")
    with pytest.raises(NotFoundError, match="there is no file "):
        parse_target(str(tmp_path / "other.py:Root"))


def test_a_colon_in_a_path_is_part_of_it(tmp_path: Path) -> None:
    file = tmp_path / "a:1" / "flow.py"
    file.parent.mkdir()
    file.touch()
    assert parse_target(str(file)) == Target(str(file), None)


@pytest.mark.parametrize(
    ("program", "defines"),
    [
        ("from fairlead import Task\nclass A(Task): ...", True),
        ("import fairlead.workflow as f\n@f.task\ndef a(): ...", True),
        ("from fairlead.sessions import task\n@task\nasync def a(): ...", True),
        ("def f():\n    import fairlead\n@f\ndef a(): ...", True),
        ("from fairlead import Task\nclass A: ...\ndef a(): ...", False),
        ("from other import Task\nclass A(Task): ...", False),
        ("import fairleader\nclass A(fairleader.Task): ...", False),
        ("print(1)", False),
    ],
)
def test_a_program_with_tasks_is_told_from_a_script(program: str, defines: bool) -> None:
    assert may_define_tasks(ast.parse(program)) is defines


def test_what_is_no_python_is_an_error_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "flow.py"
    file.write_text("x = 1\nclass A(:\n")
    with pytest.raises(ProgramError, match=r"flow\.py:2 is not valid Python"):
        read_program(str(file))
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ProgramError, match="is not valid Python"):
        read_program(str(file))


def test_the_only_task_is_meant() -> None:
    assert choose(Target("f.py", None), [definition(Leaf)]) is definition(Leaf)


def test_the_root_is_the_task_that_no_other_uses_not_even_by_a_helper() -> None:
    tasks = [definition(Leaf), definition(Branch)]
    assert choose(Target("f.py", None), tasks) is definition(Branch)


def test_several_roots_are_named() -> None:
    tasks = [definition(Leaf), definition(Branch), definition(Other)]
    with pytest.raises(InvalidRequestError, match=r"Branch, Other; .* `fairlead run f.py:Branch`"):
        choose(Target("f.py", None), tasks)


def test_a_task_is_found_by_its_name() -> None:
    tasks = [definition(Leaf), definition(Branch)]
    assert choose(Target("f.py", "Leaf"), tasks) is definition(Leaf)
    with pytest.raises(NotFoundError, match=r"f\.py has no task 'Lief'; it has: Leaf, Branch"):
        choose(Target("f.py", "Lief"), tasks)


def test_input_comes_as_text_from_a_file_or_from_a_pipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "input.json"
    file.write_text('{"text": "ü"}', encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO('{"a": 1}'))
    assert read_input('{"a": 1.0}') == b'{"a": 1.0}'
    assert read_input(f"@{file}") == '{"text": "ü"}'.encode()
    assert read_input("-") == b'{"a": 1}'


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("[1]", "an array"),
        ("null", "null"),
        ("true", "a boolean"),
        ("1.5", "a number"),
        ('"x"', "a string"),
        ("{", "not JSON"),
        ("", "not JSON"),
    ],
)
def test_input_that_is_no_object_is_refused(given: str, said: str) -> None:
    with pytest.raises(InvalidRequestError, match=said):
        read_input(given)


def test_an_input_file_that_is_missing_or_no_text_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"there is no file .*gone\.json"):
        read_input(f"@{tmp_path / 'gone.json'}")
    (tmp_path / "binary").write_bytes(b"\xff")
    with pytest.raises(InvalidRequestError, match="cannot be read"):
        read_input(f"@{tmp_path / 'binary'}")
