"""What is in an image, read from its archive: nothing has to run for it."""

import json
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

from tests.cluster.images import Image

REMOVED = ".wh."
"""What the name of a file begins with that takes away the file of a layer below."""
REMOVED_ALL = ".wh..wh..opq"


@dataclass(frozen=True)
class Entry:
    """One file, folder or link of an image.

    Attributes
    ----------
    member
        What the archive says of it: mode, owner, kind.
    layer
        The number of the layer it is in, from the lowest, 0.
    """

    member: tarfile.TarInfo
    layer: int

    @property
    def program(self) -> bool:
        """Whether it is a file that may be executed."""
        return self.member.isfile() and bool(self.member.mode & 0o111)


def config(image: Image) -> Any:
    """What the archive says of the image: its user, its environment, its history."""
    with tarfile.open(image.archive) as archive:
        return json.load(_file(archive, _listed(archive)["Config"]))


def layers(image: Image) -> Iterator[tarfile.TarFile]:
    """The layers of an image, from the lowest to the highest."""
    with tarfile.open(image.archive) as archive:
        for name in _listed(archive)["Layers"]:
            with tarfile.open(fileobj=_file(archive, name)) as layer:
                yield layer


def entries(image: Image) -> dict[str, Entry]:
    """Everything that is seen in the image's root, by its path, such as ``usr/bin/python3``."""
    seen: dict[str, Entry] = {}
    for number, layer in enumerate(layers(image)):
        for member in layer:
            path = PurePosixPath(member.name.removeprefix("./"))
            if path.name == REMOVED_ALL:
                _remove(seen, f"{path.parent}/", number)
            elif path.name.startswith(REMOVED):
                gone = str(path.with_name(path.name.removeprefix(REMOVED)))
                seen.pop(gone, None)
                _remove(seen, f"{gone}/", number)
            else:
                seen[str(path)] = Entry(member, number)
    return seen


def _remove(seen: dict[str, Entry], below: str, layer: int) -> None:
    for name in [name for name in seen if name.startswith(below) and seen[name].layer < layer]:
        del seen[name]


@contextmanager
def opened(image: Image) -> Iterator["Contents"]:
    """The image's files, to be read while the block runs."""
    with ExitStack() as stack:
        archive = stack.enter_context(tarfile.open(image.archive))
        files = [
            stack.enter_context(tarfile.open(fileobj=_file(archive, name)))
            for name in _listed(archive)["Layers"]
        ]
        yield Contents(entries(image), files)


@dataclass(frozen=True)
class Contents:
    """The files of an image, open for reading."""

    entries: dict[str, Entry]
    layers: list[tarfile.TarFile]

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        entry = self.entries[path]
        file = self.layers[entry.layer].extractfile(entry.member)
        if file is None:
            raise IsADirectoryError(path)
        return file.read()


def _listed(archive: tarfile.TarFile) -> Any:
    [listed] = json.load(_file(archive, "manifest.json"))
    return listed


def _file(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    found = archive.extractfile(name)
    if found is None:
        raise IsADirectoryError(name)
    return found
