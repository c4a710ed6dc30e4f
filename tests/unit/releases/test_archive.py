"""Archives: the same bytes everywhere, and nothing unpacked outside of its folder."""

from __future__ import annotations

import io
import os
import stat
import warnings
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from tests.unit.releases.conftest import Write

from fairlead.errors import ReleaseError
from fairlead.releases import archive as archives
from fairlead.releases.archive import archive, contents
from fairlead.releases.program import own_modules
from fairlead.releases.unpack import unpack

FILES = {"flow.py": b"print('x')\n" * 40, "p/__init__.py": b"", "größe/m.py": b"y = 2\n"}

SUM_OF_FILES = "fb4e9c6f16bb8eced48764967d77c47fdecf8286039f1f8128180407e5a04b5e"
"""What the archive of these files has as its sum, on every machine and every Python."""


def zipped(entry: zipfile.ZipInfo | str, data: bytes = b"x = 1\n") -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as packed:
        packed.writestr(entry, data)
    return whole.getvalue()


def unpacked(data: bytes, folder: Path, **more: object) -> None:
    given = {"sha256": sha256(data).hexdigest(), "size": len(data)} | more
    unpack([data[:10], data[10:]], str(folder), **given)


def test_the_bytes_depend_on_nothing_but_the_files() -> None:
    data = archive(FILES)
    assert data == archive(dict(reversed(FILES.items())))
    assert sha256(data).hexdigest() == SUM_OF_FILES


def test_times_modes_and_places_of_files_do_not_count(write: Write, tmp_path: Path) -> None:
    folder = write({"flow.py": "import m", "m.py": "x = 1"})
    first = archive(contents(own_modules([str(folder / "flow.py")]).modules.values()))
    os.utime(folder / "m.py", (1, 1))
    (folder / "m.py").chmod(0o755)
    moved = folder.rename(tmp_path / "elsewhere")
    again = archive(contents(own_modules([str(moved / "flow.py")]).modules.values()))
    assert first == again


def test_what_was_packed_is_unpacked(tmp_path: Path) -> None:
    unpacked(archive(FILES), tmp_path / "out")
    found = {
        path.relative_to(tmp_path / "out").as_posix(): path.read_bytes()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert found == FILES


def test_data_comes_along_where_it_is_asked_for(write: Write) -> None:
    folder = write(
        {
            "flow.py": "import p",
            "p/__init__.py": "",
            "p/words.txt": "a",
            "p/deep/more.json": "{}",
            "p/other/__init__.py": "",
            "p/other/not.txt": "",
            "p/.hidden": "",
            "p/__pycache__/m.pyc": "",
            "beside.txt": "",
        }
    )
    (folder / "p" / "nowhere.txt").symlink_to(folder / "absent")
    os.mkfifo(folder / "p" / "pipe")
    modules = own_modules([str(folder / "flow.py")]).modules.values()
    assert set(contents(modules)) == {"flow.py", "p/__init__.py"}
    expected = {"flow.py", "p/__init__.py", "p/words.txt", "p/deep/more.json"}
    assert set(contents(modules, data=True)) == expected


def test_too_much_is_refused_and_the_largest_named(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 1000)
    folder = write({"flow.py": "import p", "p/__init__.py": "", "p/large.bin": "x" * 1001})
    modules = own_modules([str(folder / "flow.py")]).modules.values()
    with pytest.raises(ReleaseError, match=r"more than 1,000; the largest is .*large\.bin"):
        contents(modules, data=True)


@pytest.mark.parametrize(
    "name",
    ["../x.py", "a/../../x.py", "/x.py", "a//x.py", "./x.py", "C:/x.py", "a\\..\\x.py", "a/.."],
)
def test_paths_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    entry = zipfile.ZipInfo()
    entry.filename = name
    with pytest.raises(ReleaseError, match="is refused"):
        unpacked(zipped(entry), tmp_path / "in" / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_what_is_no_plain_file_is_refused(tmp_path: Path, kind: int) -> None:
    entry = zipfile.ZipInfo("x.py")
    entry.external_attr = (kind | 0o777) << 16
    with pytest.raises(ReleaseError, match=r"'x\.py' is no plain file"):
        unpacked(zipped(entry, b"/etc/passwd"), tmp_path / "out")


def test_a_file_that_comes_twice_is_refused(tmp_path: Path) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as packed, warnings.catch_warnings(action="ignore"):
        packed.writestr("x.py", b"1")
        packed.writestr("x.py", b"2")
    with pytest.raises(ReleaseError, match=r"'x\.py' is in it twice"):
        unpacked(whole.getvalue(), tmp_path / "out")


def test_another_sum_or_size_is_refused(tmp_path: Path) -> None:
    data = archive(FILES)
    with pytest.raises(ReleaseError, match="is not what was published"):
        unpacked(data, tmp_path / "out", sha256="0" * 64)
    with pytest.raises(ReleaseError, match="is not what was published"):
        unpacked(data, tmp_path / "out", size=len(data) + 1)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("data", [b"", b"no zip at all", archive(FILES)[:60]])
def test_what_is_no_zip_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ReleaseError, match="is no zip"):
        unpacked(data, tmp_path / "out")
