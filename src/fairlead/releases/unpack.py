"""Unpacks a release's archive, where the standard library is all there is.

The archive comes from whoever may publish releases, yet nothing in it can be written
anywhere but into the folder that is named.
"""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Iterable
from hashlib import sha256 as sum_of

from fairlead.errors import ReleaseError

MAX_UNPACKED = 1024 * 2**20
"""The most bytes that an archive may become."""


def unpack(parts: Iterable[bytes], folder: str, *, sha256: str, size: int | None = None) -> None:
    """Write the files of an archive below a folder.

    Parameters
    ----------
    parts
        The archive, in as many pieces as it came in.
    folder
        Where to; it need not exist.
    sha256, size
        The archive's sum and number of bytes, as the Release has them.

    Raises
    ------
    ReleaseError
        If the archive is not what was published, or holds what no archive may; nothing has
        been written then.
    """
    data = b"".join(parts)
    _check_sum(data, sha256, size)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            entries = packed.infolist()
            _check_entries(entries)
            for entry in entries:
                _write(packed, entry, folder)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError) as error:
        raise ReleaseError(f"the release's archive is no zip: {error}; publish it again") from error


def _check_sum(data: bytes, sha256: str, size: int | None) -> None:
    found = sum_of(data).hexdigest()
    if found != sha256 or size not in (None, len(data)):
        wanted = f"{size} bytes of {sha256}" if size is not None else sha256
        raise ReleaseError(
            f"the release's archive is not what was published: {len(data)} bytes with the sum"
            f" {found}, not {wanted}; publish it again"
        )


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise ReleaseError(f"the release's archive would become more than {MAX_UNPACKED:,} bytes")
    seen: set[str] = set()
    for entry in entries:
        reason = _why_refused(entry)
        if entry.filename in seen:
            reason = "is in it twice"
        if reason is not None:
            raise ReleaseError(f"the release's archive is refused: {entry.filename!r} {reason}")
        seen.add(entry.filename)


def _why_refused(entry: zipfile.ZipInfo) -> str | None:
    """Return why an entry is none that a release can hold, or None."""
    name = entry.orig_filename
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is no plain file"
    if name.startswith("/") or "\\" in name or ":" in name.partition("/")[0] or "\0" in name:
        return "is no relative path"
    if any(part in ("", ".", "..") for part in name.removesuffix("/").split("/")):
        return "leads out of its folder"
    return None


def _write(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: str) -> None:
    target = os.path.join(folder, *entry.filename.split("/"))
    if entry.is_dir():
        os.makedirs(target, exist_ok=True)
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "xb") as stream:
        stream.write(packed.read(entry))
