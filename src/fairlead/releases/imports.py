"""Which modules a file imports, found by reading it: nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from fairlead.errors import ReleaseError


class Import(NamedTuple):
    """One import in a file.

    Attributes
    ----------
    module
        The module's absolute name.
    names
        What is imported from it, which may be modules of that package; ``*`` for all.
    line
        Where it stands.
    needed
        Whether the file cannot be imported without it: it stands at the top, under no
        condition, and nothing catches its failure.
    """

    module: str
    names: tuple[str, ...]
    line: int
    needed: bool


def imports_of(path: str, name: str, *, is_package: bool) -> tuple[Import, ...]:
    """Return the imports of a file, in the order in which they stand.

    What is meant for type checkers only, or for a start as a script, is left out.

    Parameters
    ----------
    path
        The file.
    name
        The module's dotted name, from which relative imports count.
    is_package
        Whether the file is a package's ``__init__.py``.

    Raises
    ------
    ReleaseError
        If it cannot be read, is no Python, or leaves its package by a relative import.
    """
    package = name if is_package else name.rpartition(".")[0]
    return tuple(_visit(parsed(path), _Place(path, package), True))


def parsed(path: str) -> ast.Module:
    """Return a file parsed.

    Raises
    ------
    ReleaseError
        If it cannot be read, or is no Python.
    """
    source = read(path)
    try:
        return _parsed(source, path)
    except (SyntaxError, ValueError) as error:
        where = f"{path}:{getattr(error, 'lineno', None) or 1}"
        reason = getattr(error, "msg", error)
        raise ReleaseError(f"{where} is not valid Python: {reason}; correct it") from error


def read(path: str) -> bytes:
    """Return the bytes of a file.

    Raises
    ------
    ReleaseError
        If it cannot be read.
    """
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise ReleaseError(
            f"{path} cannot be read: {error.strerror}; every module of a release is packed"
        ) from error


@lru_cache(maxsize=256)
def _parsed(source: bytes, path: str) -> ast.Module:
    return ast.parse(source, filename=path)


class _Place(NamedTuple):
    path: str
    package: str


def _visit(node: ast.AST, place: _Place, needed: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, (), node.lineno, needed)
    elif isinstance(node, ast.ImportFrom):
        names = tuple(alias.name for alias in node.names)
        yield Import(_absolute(node, place), names, node.lineno, needed)
    elif isinstance(node, ast.If):
        yield from _visit_if(node, place)
    elif isinstance(node, ast.Try | ast.TryStar):
        yield from _visit_try(node, place, needed)
    else:
        if (literal := _dynamic(node)) is not None:
            yield literal
        runs = needed and not isinstance(node, _LATER)
        for child in ast.iter_child_nodes(node):
            yield from _visit(child, place, runs)


_LATER = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.For, ast.While, ast.With, ast.Match
)  # fmt: skip
"""What is in these may run later, or never, or its failure may be caught."""


def _visit_if(node: ast.If, place: _Place) -> Iterator[Import]:
    body = [] if _is_false_in_a_runner(node.test) else node.body
    for child in (*body, *node.orelse):
        yield from _visit(child, place, False)


def _visit_try(node: ast.Try | ast.TryStar, place: _Place, needed: bool) -> Iterator[Import]:
    for child in node.body:
        yield from _visit(child, place, needed and not node.handlers)
    for handler in node.handlers:
        yield from _visit(handler, place, False)
    for child in (*node.orelse, *node.finalbody):
        yield from _visit(child, place, needed)


def _is_false_in_a_runner(test: ast.expr) -> bool:
    """Return whether a condition is ``TYPE_CHECKING``, or that the file was started."""
    if isinstance(test, ast.Name | ast.Attribute):
        return "TYPE_CHECKING" in (getattr(test, "id", ""), getattr(test, "attr", ""))
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = {ast.unparse(side) for side in (test.left, *test.comparators)}
    return sides == {"__name__", "'__main__'"}


def _absolute(node: ast.ImportFrom, place: _Place) -> str:
    module = node.module or ""
    if not node.level:
        return module
    parents = place.package.split(".") if place.package else []
    if node.level > len(parents):
        raise ReleaseError(
            f"{place.path}:{node.lineno} imports relative to a package, but the file is not"
            f" {'in one' if not parents else 'that deep in one'}; name the module in full"
        )
    kept = parents[: len(parents) - node.level + 1]
    return ".".join([*kept, module] if module else kept)


def _dynamic(node: ast.AST) -> Import | None:
    """Return what ``import_module("name")`` imports, where the name stands there."""
    if not isinstance(node, ast.Call) or not node.args:
        return None
    function, first = node.func, node.args[0]
    called = getattr(function, "attr", None) or getattr(function, "id", None)
    if called not in ("import_module", "__import__") or not isinstance(first, ast.Constant):
        return None
    name = first.value
    if not isinstance(name, str) or not name or name.startswith("."):
        return None
    return Import(name, (), node.lineno, False)


def public_names(path: str) -> tuple[str, ...]:
    """Return what a file's ``__all__`` lists, where that is a plain list of texts."""
    for node in parsed(path).body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets
        ):
            texts = getattr(node.value, "elts", [])
            return tuple(
                text.value
                for text in texts
                if isinstance(text, ast.Constant) and isinstance(text.value, str)
            )
    return ()
