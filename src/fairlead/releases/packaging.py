"""``package``: a program becomes one archive and a list of tasks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from fairlead.api.release import ReleaseTask
from fairlead.errors import ReleaseError
from fairlead.releases.archive import archive, contents
from fairlead.releases.program import own_modules
from fairlead.releases.sources import is_installed
from fairlead.releases.tasks import release_tasks
from fairlead.sdk.definitions import TaskDefinition


@dataclass(frozen=True)
class Packed:
    """A program, ready to be published.

    Attributes
    ----------
    program
        The program's name.
    zip_bytes
        The archive; the same bytes for the same code, wherever it is made.
    sha256
        The sum of the archive.
    tasks
        The tasks in it, those of the program's own file first.
    files
        The paths in the archive.
    needs
        The installed packages that the code imports, which the image must contain.
    """

    program: str
    zip_bytes: bytes
    sha256: str
    tasks: list[ReleaseTask]
    files: tuple[str, ...]
    needs: frozenset[str]

    @property
    def size(self) -> int:
        """How many bytes the archive has."""
        return len(self.zip_bytes)


def package(
    programs: str | Sequence[str],
    *,
    also: Iterable[TaskDefinition] = (),
    data: bool = False,
    strict: bool = False,
) -> Packed:
    """Pack a program that this process has imported, or is.

    Its modules are found by reading its files; its tasks are those that this process has
    defined by now.  Nothing is imported.

    Parameters
    ----------
    programs
        The program: the path of a Python file or of a package's folder, or the dotted name
        of a module.  Several are packed together.
    also
        Definitions that must be in it, though perhaps no import leads to them.
    data
        Whether files that lie beside the modules of packages come along.
    strict
        Whether two tasks of the same identifier and version are an error even where none of
        ``also`` is among them; else both are left out.

    Raises
    ------
    ReleaseError
        If a module cannot be found or packed, or there is no task in it.
    ConflictingDefinitionError
        If two tasks have the same identifier and version.
    """
    asked = [programs] if isinstance(programs, str) else list(programs)
    must = list(also)
    program = own_modules(asked, also=[_own_file(definition) for definition in must])
    files = contents(program.modules.values(), data=data)
    packed = archive(files)
    return Packed(
        program=program.name,
        zip_bytes=packed,
        sha256=sha256(packed).hexdigest(),
        tasks=release_tasks(program, must, strict=strict),
        files=tuple(sorted(files)),
        needs=program.needs,
    )


def _own_file(definition: TaskDefinition) -> str:
    file = definition.origin.file
    if definition.why_not_importable or file is None:
        raise ReleaseError(f"the cluster cannot run it: {definition.why_not_importable}")
    if is_installed(file):
        raise ReleaseError(
            f"{definition.place} is installed; a release holds a program's own modules: build an"
            " image with it, and publish a Release that names the image"
        )
    return os.path.realpath(file)
