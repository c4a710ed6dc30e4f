"""Nothing is defined that nobody uses.

A cheap check by name alone: it cannot find everything, but what it finds is dead.
"""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

CALLED_BY_PYTHON = frozenset(dir(io.TextIOWrapper))
"""Methods of whatever stands in for a stream."""

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def modules(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))


def definitions(tree: ast.Module) -> Iterator[str]:
    """Yield the names of undecorated functions, methods and classes that only a mention calls."""
    for node in ast.walk(tree):
        if not isinstance(node, Definition):
            continue
        # A decorator may register what it decorates; Python itself calls dunder methods.
        if not node.decorator_list and not re.fullmatch(r"__\w+__", node.name):
            yield node.name


def mentions(tree: ast.Module) -> Iterator[str]:
    """Yield every name that is used, including words in strings that name code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r"\w+", node.value) if len(node.value) < 200 else ()


def unmentioned(defining: list[str], mentioning: list[str]) -> set[str]:
    """Return what the first sources define and none of the second ones mentions."""
    used = {name for source in mentioning for name in mentions(ast.parse(source))}
    defined = {name for source in defining for name in definitions(ast.parse(source))}
    return defined - used - CALLED_BY_PYTHON


def texts(paths: list[Path]) -> list[str]:
    return [path.read_text() for path in paths]


def test_what_is_private_is_used_by_the_product() -> None:
    product = texts(modules("src", "operator"))
    assert {name for name in unmentioned(product, product) if name.startswith("_")} == set()


def test_what_is_public_is_used_by_somebody() -> None:
    everybody = texts(modules("src", "operator", "tools", "examples", "tests"))
    assert unmentioned(texts(modules("src", "operator")), everybody) == set()


@pytest.mark.parametrize(
    ("source", "dead"),
    [
        ("def f(): ...\ndef g(): f()", {"g"}),
        ("class A:\n    def m(self): ...\n    def __len__(self): ...\nA().m()", set()),
        ("@register\ndef handler(): ...", set()),
        ("def late(): ...\nTABLE = 'package.module:late'", set()),
    ],
)
def test_dead_code_would_be_found(source: str, dead: set[str]) -> None:
    assert unmentioned([source], [source]) == dead
