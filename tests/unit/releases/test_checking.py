"""A package is loaded before it is published, by a process that has nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.releases.conftest import Write, task

from fairlead.errors import ReleaseError
from fairlead.releases import package
from fairlead.releases.checking import check

Import = Callable[[Path], None]


def test_a_package_that_is_whole_passes(write: Write, import_file: Import) -> None:
    folder = write(
        {
            "whole-flow.py": "from whole_ns.part import Part\n" + task("Whole"),
            "whole_ns/part.py": "from . import deep\n" + task("Part"),
            "whole_ns/deep.py": "",
        }
    )
    import_file(folder / "whole-flow.py")
    packed = package(str(folder / "whole-flow.py"))
    assert [one.entry_point for one in packed.tasks] == ["whole_flow:Whole", "whole_ns.part:Part"]
    check(packed)


def test_a_program_without_a_main_guard_passes(write: Write, import_file: Import) -> None:
    start = "from fairlead import Client\nClient().jobs().submit('j', Guarded(1)).wait()\n"
    file = write({"guardless.py": task("Guarded") + start}) / "guardless.py"
    import_file(file)
    check(package(str(file)))


def test_what_only_this_machine_has_is_named_with_file_and_line(
    write: Write, import_file: Import, tmp_path: Path
) -> None:
    (tmp_path / "here.txt").write_text("x")
    text = f"\nopen({str(tmp_path / 'here.txt')!r}).close()\n"
    file = write({"breaks.py": text + task("Breaks")}) / "breaks.py"
    import_file(file)
    packed = package(str(file))
    (tmp_path / "here.txt").unlink()
    with pytest.raises(ReleaseError, match=r"could not load .*FileNotFoundError.*\(breaks\.py:2\)"):
        check(packed)


def test_a_module_that_was_not_found_by_reading_is_missed(
    write: Write, import_file: Import
) -> None:
    text = "import importlib\nname = 'hidden_' + 'part'\nimportlib.import_module(name)\n"
    folder = write({"hides.py": text + task("Hides"), "hidden_part.py": ""})
    import_file(folder / "hides.py")
    with pytest.raises(ReleaseError, match=r"No module named 'hidden_part'.*hides\.py:3"):
        check(package(str(folder / "hides.py")))


def test_a_definition_that_stands_below_the_start_of_work_is_missed(
    write: Write, import_file: Import
) -> None:
    folder = write(
        {"changes.py": "import os\n" + task("Kept") + "if os.environ.get('X'):\n    pass\n"}
    )
    file = folder / "changes.py"
    import_file(file)
    file.write_text("from fairlead import Task\n", encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"lists Kept v0\.0 as changes:Kept, but the module"):
        check(package(str(file)))


def test_unpacking_in_a_pod_loads_neither_pydantic_nor_a_cluster_client() -> None:
    text = (
        "import sys, fairlead.releases.unpack\n"
        "heavy = {'pydantic', 'kubernetes', 'typer'} & set(sys.modules)\n"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", text], check=True)
