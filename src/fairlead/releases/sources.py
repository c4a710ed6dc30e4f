"""Where modules are: a program's own, or those of an installation.

Modules are found as Python would find them, in the same order of folders, but none is
imported, packages neither.
"""

from __future__ import annotations

import importlib.util
import os
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from typing import NamedTuple

PROVIDED = frozenset({"fairlead", "fairlead_operator"})
"""What every runner image contains, wherever it is found here."""


RUNNER_PACKAGES = frozenset(
    {"annotated_types", "google", "obstore", "pydantic", "pydantic_core", "typing_extensions"}
)
"""Installed packages that the installation's own runner image contains."""


class Module(NamedTuple):
    """One module of a program.

    Attributes
    ----------
    name
        The dotted name under which it is imported from the archive.
    file
        The file that holds it; None for a package that has no ``__init__.py``.
    is_package
        Whether modules can be inside it.
    folders
        Where these are looked for.
    is_source
        Whether it is Python text, which an archive can hold.
    """

    name: str
    file: str | None
    is_package: bool = False
    folders: tuple[str, ...] = ()
    is_source: bool = True

    @property
    def is_own(self) -> bool:
        """Whether it is the program's, and not part of an installation."""
        places = self.folders if self.file is None else (self.file,)
        return not all(map(is_installed, places))

    @property
    def inside(self) -> str:
        """Its path in the archive."""
        path = self.name.replace(".", "/")
        return f"{path}/__init__.py" if self.is_package else f"{path}.py"


class Sources:
    """Finds modules, first in a program's own folders, then wherever Python looks.

    Parameters
    ----------
    roots
        The folders that the program's imports start from.
    """

    def __init__(self, roots: Iterable[str] = ()) -> None:
        importlib.invalidate_caches()  # a file may have been written this very moment
        given = [*roots, *(entry or os.getcwd() for entry in sys.path)]
        self._folders = list(dict.fromkeys(map(os.path.realpath, given)))
        self._known: dict[str, Module | None] = {}

    def find(self, name: str) -> Module | None:
        """Return the module of that dotted name, or None where there is none."""
        if name not in self._known:
            parent, _, last = name.rpartition(".")
            self._known[name] = self._inside(parent, last) if parent else self._top(name)
        return self._known[name]

    def _top(self, name: str) -> Module | None:
        if name in PROVIDED or name in sys.builtin_module_names:
            return Module(name, sys.executable, is_package=True)
        return _in_folders(name, name, self._folders) or _by_hook(name)

    def _inside(self, parent: str, last: str) -> Module | None:
        package = self.find(parent)
        if package is None or not package.is_package:
            return None
        return _in_folders(f"{parent}.{last}", last, package.folders)


def _in_folders(name: str, last: str, folders: Sequence[str]) -> Module | None:
    """Return the first module of a name; else the package of all folders of that name."""
    portions: list[str] = []
    for folder in folders:
        # By its last part alone: for a dotted name the finder wants the parent imported.
        spec = PathFinder.find_spec(last, [folder])
        if spec is not None and spec.origin is not None:
            return _module(name, spec)
        if spec is not None:
            portions += spec.submodule_search_locations or ()
    return Module(name, None, True, tuple(portions)) if portions else None


def _by_hook(name: str) -> Module | None:
    """Return a module that only an import hook finds, as for some editable installations."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    return None if spec is None or spec.origin is None else _module(name, spec)


def _module(name: str, spec: ModuleSpec) -> Module:
    inside = spec.submodule_search_locations
    return Module(
        name,
        spec.origin,
        inside is not None,
        tuple(inside or ()),
        isinstance(spec.loader, SourceFileLoader),
    )


def is_installed(path: str) -> bool:
    """Return whether a path lies in the standard library or among installed packages."""
    whole = os.path.realpath(path) + os.sep
    if whole.startswith(_installations()) or not os.path.exists(path):
        return True  # what is on no disk, such as a frozen module, is Python's own
    parts = whole.split(os.sep)
    return "site-packages" in parts or "dist-packages" in parts


@cache
def _installations() -> tuple[str, ...]:
    return tuple(os.path.realpath(folder) + os.sep for folder in _installation_folders())


def _installation_folders() -> Iterator[str]:
    paths = sysconfig.get_paths()
    yield from (paths[place] for place in ("stdlib", "platstdlib", "purelib", "platlib"))
    yield from site.getsitepackages()
    yield site.getusersitepackages()
    yield sys.executable
