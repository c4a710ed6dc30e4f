"""A program's own modules: its file, and whatever of its own that imports, all the way down."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from fairlead.errors import ReleaseError
from fairlead.releases.imports import Import, imports_of, public_names
from fairlead.releases.sources import PROVIDED, Module, Sources
from fairlead.runner.program import packages_of


@dataclass(frozen=True)
class Program:
    """A program's own modules.

    Attributes
    ----------
    name
        What people call it: the name of its file, or of its package.
    starts
        The modules that were asked for.
    modules
        All of its own modules, by name, these included.
    needs
        The installed packages that it imports, which the image must contain.
    """

    name: str
    starts: tuple[Module, ...]
    modules: dict[str, Module]
    needs: frozenset[str]


def own_modules(programs: Sequence[str], also: Iterable[str] = ()) -> Program:
    """Return the modules that some programs consist of.

    Parameters
    ----------
    programs
        Paths of Python files or of packages' folders, or dotted names of modules.
    also
        Files of further modules that belong to them, though no import shows it.

    Raises
    ------
    ReleaseError
        If a module cannot be found, is installed, or is no Python text; it is named.
    """
    files = [_file_of(program) for program in programs]
    others = [file for file in also if file not in files]
    roots = [packages_of(file)[0] for file in (*files, *others) if file is not None]
    search = _Search(Sources(roots))
    starts = [
        search.named(program) if file is None else search.at(file)
        for program, file in zip(programs, files, strict=True)
    ]
    for module in (*starts, *map(search.at, others)):
        search.add(module)
    return Program(_called(starts[0]), tuple(starts), search.found, frozenset(search.needs))


def _file_of(program: str) -> str | None:
    """Return the file that a program is; None for a dotted name."""
    path = os.path.realpath(program)
    if os.path.isdir(path) and not os.path.isfile(os.path.join(path, "__init__.py")):
        raise ReleaseError(
            f"{program} is a folder, but no package; name a Python file in it, or add __init__.py"
        )
    if os.path.isdir(path):
        return os.path.join(path, "__init__.py")
    if not program.endswith(".py") and os.sep not in program:
        return None
    if not os.path.isfile(path):
        raise ReleaseError(f"there is no file {program}; name a Python file or module that exists")
    return path


def _called(module: Module) -> str:
    parts = [part for part in module.name.split(".") if part not in ("__main__", "__init__")]
    return parts[-1] if parts else "program"


@dataclass
class _Search:
    sources: Sources
    found: dict[str, Module] = field(default_factory=dict)
    needs: set[str] = field(default_factory=set)

    def named(self, name: str) -> Module:
        """Return the module of a dotted name."""
        module = self.sources.find(name)
        if module is None:
            raise ReleaseError(f"there is no module {name}; give the path of its file")
        if module.file is None:
            raise ReleaseError(f"{name} is a package without __init__.py; name a module in it")
        if not module.is_own:
            raise ReleaseError(
                f"{name} is installed, in {module.file}; a release holds a program's own modules:"
                " build an image with it and name that in the Release"
            )
        return module

    def at(self, file: str) -> Module:
        """Return the module in a file, by the name under which Python would find it there.

        Where this process has imported it under a name, that is its name: a package that has
        no ``__init__.py`` does not show in a path.  A script that has no name gets one.
        """
        imported = self._imported(file)
        if imported is not None:
            return imported
        _, packages = packages_of(file)
        last = os.path.basename(file).removesuffix(".py")
        name = ".".join(packages if last == "__init__" else [*packages, last])
        plain = last.isidentifier() and (last.isascii() or bool(packages))
        found = self.sources.find(name) if plain else None
        if found is not None and found.file and os.path.realpath(found.file) == file:
            return self.named(name)
        return Module(self._free_name(".".join([*packages, _as_module(last)])), file)

    def _imported(self, file: str) -> Module | None:
        """Return the module that this process has imported from a file, by its own name."""
        for name, module in list(sys.modules.items()):
            path = getattr(module, "__file__", None) or ""
            if os.path.basename(path) != os.path.basename(file) or name.startswith("__"):
                continue
            if os.path.realpath(path) != file:
                continue
            found = self.sources.find(name)
            if found is not None and found.file and os.path.realpath(found.file) == file:
                return self.named(name)
        return None

    def _free_name(self, name: str) -> str:
        while (other := self.sources.find(name)) is not None and other.is_own:
            name += "_"  # the program imports another module of this name
        return name

    def add(self, start: Module) -> None:
        """Add a module, and what it imports."""
        waiting = [start]
        while waiting:
            module = waiting.pop()
            if module.name not in self.found:
                self.found[module.name] = _checked(module)
                waiting += self._parents(module.name)
                waiting += self._imported_by(module)

    def _parents(self, name: str) -> Iterator[Module]:
        while name := name.rpartition(".")[0]:
            parent = self.sources.find(name)
            if parent is not None and parent.is_own:
                yield parent

    def _imported_by(self, module: Module) -> Iterator[Module]:
        if module.file is None:
            return
        for wanted in imports_of(module.file, module.name, is_package=module.is_package):
            yield from self._meant(wanted, module.file)

    def _meant(self, wanted: Import, importer: str) -> Iterator[Module]:
        """Return the own modules that an import loads."""
        top = wanted.module.partition(".")[0]
        outer = self.sources.find(top)
        module = self.sources.find(wanted.module) if outer is None or outer.is_own else outer
        if module is None:
            self._refuse_if_needed(wanted, wanted.module, importer)
        elif not module.is_own:
            self.needs.update({top} - PROVIDED - sys.stdlib_module_names)
        else:
            yield module
            if module.is_package:
                yield from self._modules_inside(module, wanted, importer)

    def _modules_inside(self, package: Module, wanted: Import, importer: str) -> Iterator[Module]:
        names = wanted.names
        if "*" in names:
            names = public_names(package.file) if package.file else ()
        for name in names:
            inside = self.sources.find(f"{package.name}.{name}")
            if inside is not None and inside.is_own:
                yield inside
            elif inside is None and package.file is None:
                self._refuse_if_needed(wanted, f"{package.name}.{name}", importer)

    def _refuse_if_needed(self, wanted: Import, name: str, importer: str) -> None:
        if wanted.needed:
            raise ReleaseError(
                f"{importer}:{wanted.line} imports {name}, which cannot be found; install it,"
                " or add the folder that holds it to PYTHONPATH"
            )


def _as_module(name: str) -> str:
    """Return a script's name as one that an entry point can have: ``my_flow`` for my-flow."""
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return f"_{plain}" if plain[:1].isdigit() else plain


def _checked(module: Module) -> Module:
    if module.is_source:
        return module
    raise ReleaseError(
        f"{module.name} is no Python text but {module.file}; a release holds Python text only:"
        " build an image that contains it"
    )
