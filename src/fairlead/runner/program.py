"""Imports a user's program so that its definitions are known here.

A file of a package is imported by its dotted name, with the package's parent on
``sys.path``; any other file under a private module name that counts as ``__main__``,
with its own folder on ``sys.path``, as if Python had been started with it.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Callable
from contextvars import copy_context
from types import ModuleType

from fairlead.errors import ProgramError
from fairlead.sdk.origin import PROGRAM_MODULE
from fairlead.sdk.programs import ImportEnd, importing, is_users

_imported: dict[str, ModuleType | None] = {}
"""Programs by real path or module name; None where the import ended early."""

_starting_work: set[str] = set()
"""Those of them whose import was ended where they would start work."""


def import_program(program: str) -> ModuleType | None:
    """Import a program, up to the first call in it that would start work.

    Parameters
    ----------
    program
        The path of a Python file, or the dotted name of a module.

    Returns
    -------
    ModuleType or None
        The module; None where it was imported by name and its import ended early.

    Raises
    ------
    ProgramError
        If it is not there, or fails while it is imported.
    """
    is_file = program.endswith(".py") or os.sep in program
    name = os.path.realpath(program) if is_file else program
    if name not in _imported:
        _imported[name] = _import_file(name) if is_file else _import_module(name)
    return _imported[name]


def starts_work(program: str) -> bool:
    """Return whether the import of a script was ended by its first call that starts work."""
    return os.path.realpath(program) in _starting_work


def _import_file(path: str) -> ModuleType | None:
    if not os.path.isfile(path):
        raise ProgramError(f"the program {path} is not there; was it moved or deleted?")
    started = sys.modules.get("__main__")
    if os.path.realpath(getattr(started, "__file__", None) or "") == path:
        return started  # it runs here, so its definitions are known
    folder, packages = packages_of(path)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    module = os.path.basename(path).removesuffix(".py")
    if not packages or module == "__main__":
        return _import_script(path, ".".join(packages))
    return _import_module(".".join(packages if module == "__init__" else [*packages, module]))


def packages_of(path: str) -> tuple[str, list[str]]:
    """Return the folder to import from, and the packages from there down to a file."""
    folder = os.path.dirname(path)
    packages: list[str] = []
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, package = os.path.split(folder)
        packages.insert(0, package)
    return folder, packages


def _import_module(name: str) -> ModuleType | None:
    def load() -> None:
        importlib.import_module(name)

    _guarded(name, load)
    return sys.modules.get(name)


def _import_script(path: str, package: str) -> ModuleType:
    number = sum(known.startswith(PROGRAM_MODULE) for known in sys.modules)
    module = ModuleType(f"{PROGRAM_MODULE}{number}" if number else PROGRAM_MODULE)
    module.__file__ = path
    module.__package__ = package
    sys.modules[module.__name__] = module

    def load() -> None:
        with open(path, "rb") as stream:
            code = compile(stream.read(), path, "exec", dont_inherit=True)
        exec(code, module.__dict__)

    try:
        _guarded(path, load)
    except ProgramError:
        del sys.modules[module.__name__]
        raise
    return module


def _guarded(name: str, load: Callable[[], None]) -> None:
    """Load a program; stop where it would start work or exit."""

    def run() -> None:
        importing.set(True)
        load()

    try:
        copy_context().run(run)
    except ImportEnd:
        _starting_work.add(name)
    except SystemExit:
        return
    except Exception as error:
        where = _last_line(error)
        kind = type(error).__name__
        raise ProgramError(
            f"the program {name} cannot be imported: {kind}: {error}{where}"
        ) from error


def _last_line(error: Exception) -> str:
    """Return the last place in the user's own files that led to an error."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if is_users(frame.filename)]
    last = (own or frames)[-1:]
    return f" ({last[0].filename}:{last[0].lineno})" if last else ""
