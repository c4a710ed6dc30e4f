"""Importing programs: where the import ends, and which definitions it leaves."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from fairlead import ProgramError
from fairlead.runner.program import import_program
from fairlead.sdk.definitions import registry


@pytest.fixture(autouse=True)
def untouched_imports(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget the programs afterwards: worker processes of later tests could not import them."""
    path, modules = list(sys.path), set(sys.modules)
    known = {name: {v: [*held] for v, held in of.items()} for name, of in registry._known.items()}
    monkeypatch.setattr(registry, "_known", known)
    monkeypatch.setattr(registry, "_found", {})
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name.startswith(("__fairlead_program__", "made_")):
            del sys.modules[name]


def program(tmp_path: Path, text: str, name: str = "program.py") -> str:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dedent(text))
    return str(file)


def known(path: str) -> dict[str, str]:
    """Return the identifiers defined in a file, and the modules they count as."""
    return {
        one.identifier: one.origin.module
        for one in registry
        if one.origin.file == str(Path(path).resolve())
    }


CLASS = """
from fairlead import Client, MachineGroup, Task

class Step(Task):
    number: int
    def execute(self, context) -> int:
        return self.number
"""
FUNCTION = """
from fairlead.workflow import task, workflow
from fairlead.sessions import Session

@task
def step(number: int) -> int:
    return number
"""


@pytest.mark.parametrize(
    ("definition", "start"),
    [
        (CLASS, "Client().jobs().submit('job', Step(1))"),
        (CLASS, "Client().run(Step(1))"),
        (CLASS, "Client().runner(tasks=[Step]).run_all()"),
        (CLASS, "Client().runner().run_forever()"),
        (CLASS, "Client().jobs().retry('x')"),
        (CLASS, "MachineGroup('small').start()"),
        (FUNCTION, "step.run(1)"),
        (FUNCTION, "step(number=1).run()"),
        (FUNCTION, "with workflow('w') as wf:\n    step(number=1)\n    wf.execute()"),
        (FUNCTION, "with Session():\n    pass"),
        (FUNCTION, "try:\n    step.run(1)\nexcept Exception:\n    raise SystemError"),
        (FUNCTION, "import sys; sys.exit(2)"),
    ],
)
def test_the_first_call_that_would_start_work_ends_the_import(
    tmp_path: Path, definition: str, start: str
):
    path = program(tmp_path, f"{definition}\n{start}\nraise RuntimeError('not reached')\n")
    module = import_program(path)
    assert module is not None
    assert module.__file__ == path
    assert set(known(path)) <= {"Step", "step"}
    assert set(known(path).values()) == {"__main__"}
    assert import_program(path) is module


def test_a_program_without_a_start_is_imported_whole(tmp_path: Path):
    path = program(tmp_path, CLASS + "\nlast = __name__\n")
    module = import_program(path)
    assert getattr(module, "last", "").startswith("__fairlead_program__")
    assert list(known(path)) == ["Step"]


def test_it_sees_its_neighbours(tmp_path: Path):
    program(tmp_path, "value = 7", "made_neighbour.py")
    path = program(tmp_path, "from made_neighbour import value")
    assert import_program(path).value == 7  # type: ignore[union-attr]


def test_a_file_of_a_package_is_imported_by_its_name(tmp_path: Path):
    program(tmp_path, "", "made_package/__init__.py")
    program(tmp_path, "value = 7", "made_package/other.py")
    path = program(tmp_path, CLASS + "from .other import value\n", "made_package/tasks.py")
    assert import_program(path).value == 7  # type: ignore[union-attr]
    assert known(path) == {"Step": "made_package.tasks"}


def test_a_module_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = program(tmp_path, CLASS, "made_module.py")
    monkeypatch.syspath_prepend(str(tmp_path))
    import_program("made_module")
    assert known(path) == {"Step": "made_module"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raise ValueError('broken')", r"cannot be imported: ValueError: broken \(.*:1\)"),
        ("import made_nowhere", r"cannot be imported: ModuleNotFoundError"),
        ("def (", r"cannot be imported: SyntaxError"),
    ],
)
def test_one_that_fails_is_named_with_the_line(tmp_path: Path, text: str, message: str):
    with pytest.raises(ProgramError, match=message):
        import_program(program(tmp_path, text))


@pytest.mark.parametrize("name", ["/nowhere/at_all.py", "made_nowhere"])
def test_one_that_is_not_there_is_named(name: str):
    with pytest.raises(ProgramError, match=name):
        import_program(name)


def test_an_import_leaves_the_importer_free_to_start_work(tmp_path: Path):
    from fairlead.sessions import task

    import_program(program(tmp_path, CLASS))
    assert task(len_of)("four") == 4


def len_of(text: str) -> int:
    return len(text)


def test_what_was_typed_at_a_prompt_is_this_process_alone():
    code = dedent(
        """
        from fairlead import Task
        class Typed(Task):
            def execute(self, context): ...
        print(Typed.__fairlead__.importable, Typed.__fairlead__.source)
        """
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert outputs[0].startswith("False <interactive ")
    assert outputs[0] != outputs[1]
