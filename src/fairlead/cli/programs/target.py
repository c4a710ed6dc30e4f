"""``FILE[:NAME]``: which file, and which of its tasks."""

from __future__ import annotations

import ast
import os
from dataclasses import dataclass

from fairlead.errors import NotFoundError, ProgramError


@dataclass(frozen=True)
class Target:
    """A Python file and the name of one of its tasks, or None where none was given."""

    file: str
    name: str | None

    def __str__(self) -> str:
        return self.file if self.name is None else f"{self.file}:{self.name}"


def parse_target(text: str) -> Target:
    """Return what ``FILE[:NAME]`` names.

    Raises
    ------
    NotFoundError
        There is no such file.
    """
    file, colon, name = text.rpartition(":")
    # A name is a Python name: the colon of C:\\flows\\a.py is part of the path.
    target = Target(file, name) if colon and name.isidentifier() else Target(text, None)
    if not os.path.isfile(target.file):
        raise NotFoundError(f"there is no file {target.file}; name a Python file that exists")
    return target


def read_program(file: str) -> ast.Module:
    """Return a file parsed, not run.

    Raises
    ------
    ProgramError
        It cannot be read, or is no Python.
    """
    try:
        with open(file, "rb") as stream:
            return ast.parse(stream.read(), filename=file)
    except OSError as error:
        raise ProgramError(f"{file} cannot be read: {error.strerror}") from error
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f"{file}:{line}" if line else file
        raise ProgramError(
            f"{where} is not valid Python: {getattr(error, 'msg', error)}"
        ) from error


def may_define_tasks(program: ast.Module) -> bool:
    """Return whether importing a program can define tasks; if not, it is a plain script.

    Importing a script runs it, and it is not to run twice: so this looks before anything
    is imported.  A program that defines tasks imports Fairlead and has, at its top, a
    class with a base or a decorated function.
    """
    imports = any(_imports_fairlead(node) for node in ast.walk(program))
    return imports and any(_may_be_task(node) for node in program.body)


def _imports_fairlead(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").partition(".")[0] == "fairlead"
    if isinstance(node, ast.Import):
        return any(alias.name.partition(".")[0] == "fairlead" for alias in node.names)
    return False


def _may_be_task(node: ast.stmt) -> bool:
    if isinstance(node, ast.ClassDef):
        return bool(node.bases)
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    return isinstance(node, functions) and bool(node.decorator_list)
