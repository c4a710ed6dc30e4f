"""A program's own modules are found, and nothing else."""

from __future__ import annotations

import importlib
import json
import os
import sys
import sysconfig
from pathlib import Path

import pytest
from tests.unit.releases.conftest import Write

from fairlead.errors import ReleaseError
from fairlead.releases.program import Program, own_modules


def inside(program: Program) -> set[str]:
    return {module.inside for module in program.modules.values() if module.file}


def test_a_script_brings_what_it_imports_all_the_way_down(write: Write) -> None:
    folder = write(
        {
            "flow.py": "import json\nimport pydantic\nfrom first import f\n",
            "first.py": "from tools.second import g\n",
            "tools/__init__.py": "from . import third\n",
            "tools/second.py": "",
            "tools/third.py": "from .fourth import g\n",
            "tools/fourth.py": "import first\n",
            "unused.py": "",
            "tools/unused.py": "",
        }
    )
    program = own_modules([str(folder / "flow.py")])
    names = ("second", "third", "fourth", "__init__")
    assert inside(program) == {"flow.py", "first.py", *(f"tools/{name}.py" for name in names)}
    assert program.needs == {"pydantic"}
    assert program.name == "flow"


def test_a_module_of_a_package_brings_the_packages_around_it(write: Write) -> None:
    folder = write(
        {"p/__init__.py": "", "p/q/__init__.py": "import p.other", "p/q/m.py": "", "p/other.py": ""}
    )
    program = own_modules([str(folder / "p/q/m.py")])
    assert inside(program) == {"p/__init__.py", "p/q/__init__.py", "p/q/m.py", "p/other.py"}
    assert program.starts[0].name == "p.q.m"


def test_packages_without_init_are_packages_too(write: Write) -> None:
    folder = write(
        {"flow.py": "from ns.inner import m\nimport ns.n", "ns/inner/m.py": "", "ns/n.py": ""}
    )
    program = own_modules([str(folder / "flow.py")])
    assert inside(program) == {"flow.py", "ns/inner/m.py", "ns/n.py"}


def test_an_imported_module_of_such_a_package_keeps_its_name(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write({"spaced/deep/m.py": "from .other import f", "spaced/deep/other.py": "f = 1"})
    monkeypatch.syspath_prepend(str(folder))
    importlib.import_module("spaced.deep.m")
    for name in ("spaced", "spaced.deep", "spaced.deep.m", "spaced.deep.other"):
        monkeypatch.delitem(sys.modules, name) if "." not in name else None
    program = own_modules([str(folder / "spaced/deep/m.py")])

    assert program.starts[0].name == "spaced.deep.m"
    assert inside(program) == {"spaced/deep/m.py", "spaced/deep/other.py"}


def test_a_star_brings_the_modules_that_the_package_lists(write: Write) -> None:
    folder = write(
        {"flow.py": "from p import *", "p/__init__.py": "__all__ = ['a', 'X']\nX = 1", "p/a.py": ""}
    )
    program = own_modules([str(folder / "flow.py")])
    assert inside(program) == {"flow.py", "p/__init__.py", "p/a.py"}


def test_a_folder_and_a_dotted_name_are_packages(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write({"acme_flows/__init__.py": "from . import m", "acme_flows/m.py": ""})
    expected = {"acme_flows/__init__.py", "acme_flows/m.py"}
    assert inside(own_modules([str(folder / "acme_flows")])) == expected
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    program = own_modules(["acme_flows"])
    assert (inside(program), program.name) == (expected, "acme_flows")
    assert own_modules(["acme_flows.m"]).starts[0].name == "acme_flows.m"


def test_the_main_of_a_package_is_called_like_the_package(write: Write) -> None:
    folder = write({"p/__init__.py": "", "p/__main__.py": "from . import m", "p/m.py": ""})
    program = own_modules([str(folder / "p/__main__.py")])
    assert program.name == "p"
    assert inside(program) == {"p/__init__.py", "p/__main__.py", "p/m.py"}


def test_what_comes_from_other_folders_of_the_path_is_the_programs_own(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write({"bin/flow.py": "import shared_part", "lib/shared_part.py": ""})
    monkeypatch.setattr(sys, "path", [str(folder / "lib"), *sys.path])
    assert inside(own_modules([str(folder / "bin/flow.py")])) == {"flow.py", "shared_part.py"}


def test_a_file_that_python_finds_before_the_standard_library_counts(write: Write) -> None:
    folder = write({"flow.py": "import json", "json.py": ""})
    assert inside(own_modules([str(folder / "flow.py")])) == {"flow.py", "json.py"}


@pytest.mark.parametrize(
    ("script", "packed"),
    [("my-flow.py", "my_flow.py"), ("01 fetch.py", "_01_fetch.py"), ("größe.py", "gr__e.py")],
)
def test_a_script_of_any_name_gets_one_that_can_be_imported(
    write: Write, script: str, packed: str
) -> None:
    folder = write({script: "import other", "other.py": ""})
    assert inside(own_modules([str(folder / script)])) == {packed, "other.py"}


def test_a_script_called_like_a_package_it_imports_gives_way(write: Write) -> None:
    folder = write({"flow.py": "import flow.part", "flow/__init__.py": "", "flow/part.py": ""})
    program = own_modules([str(folder / "flow.py")])
    assert inside(program) == {"flow_.py", "flow/__init__.py", "flow/part.py"}


def test_further_files_belong_to_it_without_an_import(write: Write) -> None:
    folder = write(
        {"flow.py": "", "plugins/__init__.py": "", "plugins/a.py": "import b", "b.py": ""}
    )
    program = own_modules([str(folder / "flow.py")], also=[str(folder / "plugins/a.py")])
    assert inside(program) == {"flow.py", "plugins/__init__.py", "plugins/a.py", "b.py"}


def test_several_programs_are_packed_together(write: Write) -> None:
    folder = write({"one.py": "import both", "two.py": "import both", "both.py": ""})
    program = own_modules([str(folder / "one.py"), str(folder / "two.py")])
    assert inside(program) == {"one.py", "two.py", "both.py"}
    assert program.name == "one"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"flow.py": "\nimport absent_part"}, r"flow\.py:2 imports absent_part"),
        ({"flow.py": "import p.absent", "p/__init__.py": ""}, r"flow\.py:1 imports p\.absent"),
        ({"flow.py": "from ns import absent", "ns/m.py": ""}, r"flow\.py:1 imports ns\.absent"),
        ({"flow.py": "import m", "m.py": "import absent_part"}, r"m\.py:1 imports absent_part"),
    ],
)
def test_what_cannot_be_found_is_named_with_its_place(
    write: Write, files: dict[str, str], message: str
) -> None:
    folder = write(files)
    with pytest.raises(ReleaseError, match=message):
        own_modules([str(folder / "flow.py")])


def test_what_may_be_missing_here_may_be_missing(write: Write) -> None:
    text = (
        "try:\n    import absent_part\nexcept ImportError:\n    pass\ndef f():\n    import gone\n"
    )
    folder = write({"flow.py": text})
    assert inside(own_modules([str(folder / "flow.py")])) == {"flow.py"}


def test_compiled_modules_are_refused(write: Write) -> None:
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    folder = write({"flow.py": "import fast", f"fast{suffix}": ""})
    with pytest.raises(ReleaseError, match=r"fast is no Python text but .*build an image"):
        own_modules([str(folder / "flow.py")])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (json.__name__, "json is installed"),
        ("absent_part", "there is no module absent_part"),
        ("absent.py", "there is no file absent.py"),
        (os.path.join("no", "such"), "there is no file"),
    ],
)
def test_what_is_no_program_is_refused(given: str, message: str) -> None:
    with pytest.raises(ReleaseError, match=message):
        own_modules([given])


def test_a_folder_that_is_no_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="is a folder, but no package"):
        own_modules([str(tmp_path)])
