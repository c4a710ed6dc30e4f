"""Loads the tasks of an unpacked release: the same in a pod and where one is checked."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import NamedTuple

from fairlead.errors import ReleaseError
from fairlead.runner.program import import_program
from fairlead.sdk.definitions import TaskDefinition
from fairlead.sdk.registry import registry


class Listed(NamedTuple):
    """One task as a Release lists it."""

    identifier: str
    version: str
    entry_point: str


Loaded = dict[tuple[str, str], TaskDefinition]
"""Definitions by identifier and version."""


def load_tasks(folder: str | None, tasks: Iterable[Listed]) -> Loaded:
    """Import the modules that a release's tasks are in, and return their definitions.

    A script is imported up to the first call in it that would start work.

    Parameters
    ----------
    folder
        Where the archive was unpacked; it comes first on ``sys.path``.  None where the
        image contains the code.
    tasks
        The tasks as the Release lists them.

    Raises
    ------
    ProgramError
        If a module cannot be imported; file and line are named.
    ReleaseError
        If a module does not define what the Release says.
    """
    if folder is not None:
        folder = os.path.realpath(folder)
        sys.path.insert(0, folder)
    return {(task.identifier, task.version): _load(folder, task) for task in tasks}


def _load(folder: str | None, task: Listed) -> TaskDefinition:
    module, _, name = task.entry_point.partition(":")
    file = _file_of(module, folder)
    if not _defined(module, file, name):
        # A script is imported by its path: it counts as the program that was started.
        import_program(file if file is not None and "." not in module else module)
    found = _defined(module, file, name)
    for definition in found:
        if (definition.identifier, definition.version) == (task.identifier, task.version):
            return definition
    there = ", ".join(f"{one.identifier} {one.version}" for one in found)
    raise ReleaseError(
        f"the release lists {task.identifier} {task.version} as {task.entry_point}, but"
        f" {f'that is {there}' if there else 'the module does not define it'}; a definition must"
        " stand at the top of its file, above the first call that starts work"
    )


def _file_of(module: str, folder: str | None) -> str | None:
    """Return the file of a module in the archive."""
    if folder is None:
        return None
    path = os.path.join(folder, *module.split("."))
    for file in (os.path.join(path, "__init__.py"), f"{path}.py"):
        if os.path.isfile(file):
            return file
    raise ReleaseError(f"the release's archive has no module {module}; publish it again")


def _defined(module: str, file: str | None, name: str) -> list[TaskDefinition]:
    """Return what this process has defined under a name in a module."""
    path = None if file is None else os.path.realpath(file)

    def is_there(definition: TaskDefinition) -> bool:
        origin = definition.origin
        there = origin.module == module if path is None else origin.file == path
        return there and origin.qualname == name

    return [definition for definition in registry if is_there(definition)]
