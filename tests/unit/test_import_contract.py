"""Imports point one way, and the core is pure.

The contract itself is in ``pyproject.toml``; here it is held, together with what an
import graph cannot say: that every module has its place in the contract, and that the
core touches no clock, no random numbers and no input or output.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "fairlead"

PURE_MODULES = frozenset(
    {"__future__", "abc", "bisect", "collections", "contextlib", "copy", "dataclasses", "enum"}
    | {"functools", "hashlib", "heapq", "itertools", "math", "operator", "re", "typing", "types"}
    | {"fairlead"}
)
"""What the core may import: modules whose functions depend on their arguments alone."""

PURE_NAMES = frozenset({"sys.maxsize"})
"""Single names of other modules that are constants."""

IMPURE_BUILTINS = frozenset({"open", "print", "input", "exec", "eval", "__import__", "id", "hash"})
"""Builtins that touch the world, or whose answer differs from one process to the next."""


def lint_imports(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = Path(sysconfig.get_path("scripts")) / "lint-imports"
    return subprocess.run(
        [str(command), "--no-cache", *arguments], cwd=folder, capture_output=True, text=True
    )


def test_the_contract_holds() -> None:
    checked = lint_imports()
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_module_has_a_place_in_the_layers() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(c["layers"] for c in contracts["contracts"] if c["id"] == "layers")
    placed = {word.strip("()") for layer in layers for word in layer.split() if word not in "|:"}
    present = {
        f"fairlead.{path.stem}"
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert present - {"fairlead.__init__"} <= placed


def core_modules() -> list[Path]:
    return sorted((PACKAGE / "core").rglob("*.py"))


def imported_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def impurities(source: str) -> list[str]:
    """Return what a core module does that it must not."""
    tree = ast.parse(source)
    names = set(imported_names(tree)) - PURE_NAMES
    found = sorted(name for name in names if name.split(".")[0] not in PURE_MODULES)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found += [node.func.id] if node.func.id in IMPURE_BUILTINS else []
    return found


@pytest.mark.parametrize("path", core_modules(), ids=lambda path: path.stem)
def test_the_core_is_pure(path: Path) -> None:
    assert impurities(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "impurity"),
    [
        ("import time", "time"),
        ("from datetime import datetime", "datetime.datetime"),
        ("def f():\n    import random", "random"),
        ("import os.path", "os.path"),
        ("def f(x):\n    print(x)", "print"),
        ("seed = hash('a')", "hash"),
    ],
)
def test_an_impurity_would_be_found(source: str, impurity: str) -> None:
    assert impurities(source) == [impurity]


HEAVY = ["pydantic", "asyncio", "sqlite3", "typer", "rich"]


@pytest.mark.parametrize("module", ["fairlead", "fairlead.workflow", "fairlead.sessions"])
def test_importing_the_package_loads_nothing_heavy(module: str) -> None:
    program = f"import sys, {module}; print(*sorted(set({HEAVY}) & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (loaded.returncode, loaded.stdout.strip(), loaded.stderr) == (0, "", "")


def test_every_outside_import_is_declared() -> None:
    """A library that only happens to be installed here would be missing elsewhere."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {
        requirement.split(">=")[0].replace("-", "_")
        for group in [project["dependencies"], *project["optional-dependencies"].values()]
        for requirement in group
    }
    # Imports that have another name than their distribution, and what pydantic brings along.
    declared |= {"yaml", "google", "pydantic_core", "typing_extensions"}
    known = declared | set(sys.stdlib_module_names) | {"fairlead", "fairlead_operator"}
    imported = {
        (name.split(".")[0], path.name)
        for root in ("src", "operator")
        for path in (ROOT / root).rglob("*.py")
        for name in imported_names(ast.parse(path.read_text()))
    }
    assert {(name, path) for name, path in imported if name not in known} == set()
