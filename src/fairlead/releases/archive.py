"""The archive of a release: a zip whose bytes depend on nothing but the files in it.

Its files are sorted, bear no time and are not compressed: what deflate makes of them
differs from one zlib to the next.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Collection, Iterator, Mapping

from fairlead.errors import ReleaseError
from fairlead.releases.imports import read
from fairlead.releases.sources import Module

MAX_BYTES = 256 * 2**20
"""The most bytes of all files of a release."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o100644 << 16
_UNIX = 3


def contents(modules: Collection[Module], *, data: bool = False) -> dict[str, bytes]:
    """Return the files of some modules, by their paths in the archive.

    Parameters
    ----------
    modules
        The modules.
    data
        Whether files that lie beside the modules of packages come along.

    Raises
    ------
    ReleaseError
        If a file cannot be read, or they are too large together.
    """
    paths = {module.inside: module.file for module in modules if module.file is not None}
    if data:
        for package in [module for module in modules if module.file and module.is_package]:
            paths |= dict(_data_of(package))
    _check_names(paths)
    _check_size(paths)
    return {inside: read(path) for inside, path in paths.items()}


def _check_names(paths: Mapping[str, str]) -> None:
    for inside in paths:
        try:
            inside.encode()
        except UnicodeEncodeError:
            raise ReleaseError(
                f"the name of {inside!r} is no Unicode, so no archive can hold it; rename it"
            ) from None


def _check_size(paths: Mapping[str, str]) -> None:
    sizes = {path: os.path.getsize(path) for path in paths.values()}
    if sum(sizes.values()) > MAX_BYTES:
        largest = max(sizes, key=lambda path: sizes[path])
        raise ReleaseError(
            f"the files of this program have {sum(sizes.values()):,} bytes, more than"
            f" {MAX_BYTES:,}; the largest is {largest}: keep data in an object store, or build"
            " an image"
        )


def _data_of(package: Module) -> Iterator[tuple[str, str]]:
    """Yield the files of a package's folder, and of folders in it that are no packages."""
    top = os.path.dirname(package.file or "")
    for folder, below, names in os.walk(top):
        below[:] = sorted(name for name in below if _is_data_folder(os.path.join(folder, name)))
        for name in sorted(names):
            path = os.path.join(folder, name)
            hidden = name.startswith(".") or name.endswith((".py", ".pyc"))
            if not hidden and os.path.isfile(path):  # no socket, and no link that leads nowhere
                relative = os.path.relpath(path, top).replace(os.sep, "/")
                yield f"{package.name.replace('.', '/')}/{relative}", path


def _is_data_folder(path: str) -> bool:
    name = os.path.basename(path)
    hidden = name.startswith(".") or name == "__pycache__"
    return not hidden and not os.path.isfile(os.path.join(path, "__init__.py"))


def archive(files: Mapping[str, bytes]) -> bytes:
    """Return the zip of some files: the same bytes for the same files, wherever it is made."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as packed:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.create_system = _UNIX
            entry.external_attr = _PLAIN_FILE
            packed.writestr(entry, files[path])
    return whole.getvalue()
