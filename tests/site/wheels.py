"""Python packages for the images: unpacked here for the Python there, once for each lock."""

import json
import platform
import shutil
import sys
from pathlib import Path

from tests.cluster import parts
from tests.cluster.lock import locked
from tests.cluster.paths import PROJECT, cache_root
from tests.cluster.progress import part
from tests.cluster.shell import run

GLIBC = ("2_28", "2_17")
"""The oldest C libraries that wheels may be made for; every base image has a newer one."""


def dependencies(lock: str, python: str) -> Path:
    """The folder of what ``requirements/<lock>.lock`` pins, for a version of Python.

    Parameters
    ----------
    lock
        The lock's name.
    python
        The version that the packages are for, such as ``3.13``.
    """
    pins = PROJECT / "requirements" / f"{lock}.lock"
    machine = platform.machine()
    mark = parts.digest([pins], python, machine)
    folder = cache_root() / "dependencies" / f"{lock}-{mark}"
    with locked(folder, 600):
        if not (folder.exists() and _note(folder).exists()):
            with part(f"unpack the dependencies of the {lock}"):
                _install(pins, python, machine, folder)
    return folder


def checksums(folder: Path) -> dict[tuple[str, str], str]:
    """The SHA-256 of the wheel that each package, by name and version, was unpacked from."""
    listed = json.loads(_note(folder).read_text())
    return {(name, version): sha256 for name, version, sha256 in listed}


def _note(folder: Path) -> Path:
    """The file that says what was unpacked into a folder; it does not go into an image."""
    return folder.with_name(f"{folder.name}.json")


def _install(pins: Path, python: str, machine: str, folder: Path) -> None:
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    where = ["--target", partial, "--implementation", "cp", "--python-version", python]
    for version in GLIBC:
        where += ["--platform", f"manylinux_{version}_{machine}"]
    # A wheel that must be compiled first would be made for the Python of this machine.
    safely = ["--only-binary=:all:", "--require-hashes", "--no-deps", "--no-compile"]
    report = partial.with_suffix(".report")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    words = [*where, *safely, "--report", report, "--requirement", pins]
    run([*pip, "--no-input", *words], timeout=600)
    # Commands would call the Python that they were unpacked with.
    shutil.rmtree(partial / "bin", ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    # Not where each was fetched from: that is different everywhere, and nobody's concern.
    listed = [
        (
            item["metadata"]["name"],
            item["metadata"]["version"],
            item["download_info"]["archive_info"]["hashes"]["sha256"],
        )
        for item in json.loads(report.read_text())["install"]
    ]
    report.unlink()
    _note(folder).write_text(json.dumps(listed))
