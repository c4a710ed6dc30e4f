"""Every example can be packed, and a runner can load what was packed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fairlead.releases import dev_name, package
from fairlead.releases.checking import check

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
PROGRAMS = sorted(path.stem for path in EXAMPLES.glob("*.py"))

NEEDS = {"inputs": {"pydantic", "google"}}
"""What examples need in the image beyond Fairlead."""


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_example_is_packed(name: str, import_file: Callable[[Path], None]) -> None:
    file = EXAMPLES / f"{name}.py"
    import_file(file)
    packed = package(str(file))
    assert packed == package(str(file))
    assert packed.files == (f"{name}.py",)
    assert packed.needs == NEEDS.get(name, set())
    assert {task.entry_point.partition(":")[0] for task in packed.tasks} == {name}
    assert dev_name(packed) == f"dev-{name.replace('_', '-')}-{packed.sha256[:16]}"
    check(packed)
