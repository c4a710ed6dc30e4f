"""Which modules a file imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.errors import ReleaseError
from fairlead.releases.imports import imports_of, public_names


def found(
    folder: Path, text: str, name: str = "flow", *, is_package: bool = False
) -> list[tuple[str, tuple[str, ...], bool]]:
    file = folder / "flow.py"
    file.write_text(text, encoding="utf-8")
    imports = imports_of(str(file), name, is_package=is_package)
    return [(one.module, one.names, one.needed) for one in imports]


def test_imports_at_the_top_are_needed(tmp_path: Path) -> None:
    text = "import a, b.c\nfrom d import e as f, g\nclass C:\n    import h\n"
    assert found(tmp_path, text) == [
        ("a", (), True), ("b.c", (), True), ("d", ("e", "g"), True), ("h", (), True)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    import a\n",
        "try:\n    import a\nexcept ImportError:\n    pass\n",
        "try:\n    pass\nexcept ImportError:\n    import a\n",
        "if x:\n    import a\n",
        "if not TYPE_CHECKING:\n    import a\n",
        "from contextlib import suppress\nwith suppress(ImportError):\n    import a\n",
        "from importlib import import_module\nm = import_module('a')\n",
        "m = __import__('a')\n",
        "for _ in ():\n    import a\n",
        "match x:\n    case 1:\n        import a\n",
    ],
)
def test_what_may_not_be_reached_or_may_fail_is_not_needed(tmp_path: Path, text: str) -> None:
    assert ("a", (), False) in found(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "if TYPE_CHECKING:\n    import a\n",
        "import typing\nif typing.TYPE_CHECKING:\n    import a\n",
        "if __name__ == '__main__':\n    import a\n",
        "if '__main__' == __name__:\n    import a\n",
        "m = import_module(name)\nn = import_module('.relative', __package__)\n",
    ],
)
def test_what_no_runner_imports_is_left_out(tmp_path: Path, text: str) -> None:
    assert "a" not in [module for module, *_ in found(tmp_path, text)]


def test_the_other_branch_of_type_checking_counts(tmp_path: Path) -> None:
    text = "if TYPE_CHECKING:\n    import a\nelse:\n    import b\n"
    assert found(tmp_path, text) == [("b", (), False)]


@pytest.mark.parametrize(
    ("name", "is_package", "text", "module"),
    [
        ("p.q.m", False, "from . import x", "p.q"),
        ("p.q.m", False, "from .x import y", "p.q.x"),
        ("p.q.m", False, "from ..x import y", "p.x"),
        ("p.q", True, "from . import x", "p.q"),
        ("p.q", True, "from ..x import y", "p.x"),
    ],
)
def test_relative_imports_count_from_the_package(
    tmp_path: Path, name: str, is_package: bool, text: str, module: str
) -> None:
    assert found(tmp_path, text, name, is_package=is_package)[0][0] == module


@pytest.mark.parametrize(("name", "text"), [("m", "from . import x"), ("p.m", "from .. import x")])
def test_a_relative_import_that_leaves_its_package_is_named(
    tmp_path: Path, name: str, text: str
) -> None:
    with pytest.raises(ReleaseError, match=r"flow\.py:2 imports relative"):
        found(tmp_path, f"\n{text}\n", name)


def test_what_is_no_python_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"flow\.py:2 is not valid Python"):
        found(tmp_path, "x = 1\ny = = 2\n")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"absent\.py cannot be read"):
        imports_of(str(tmp_path / "absent.py"), "absent", is_package=False)


def test_public_names_are_those_of_a_plain_list(tmp_path: Path) -> None:
    file = tmp_path / "p.py"
    file.write_text("__all__ = ['a', 'b', c]\n")
    assert public_names(str(file)) == ("a", "b")
    file.write_text("__all__ = names()\n")
    assert public_names(str(file)) == ()
