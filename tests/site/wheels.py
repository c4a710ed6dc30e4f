"""Python packages for the images: unpacked here for the Python there, once for each lock."""

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
        if not folder.exists():
            with part(f"unpack the dependencies of the {lock}"):
                _install(pins, python, machine, folder)
    return folder


def _install(pins: Path, python: str, machine: str, folder: Path) -> None:
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    where = ["--target", partial, "--implementation", "cp", "--python-version", python]
    for version in GLIBC:
        where += ["--platform", f"manylinux_{version}_{machine}"]
    # A wheel that must be compiled first would be made for the Python of this machine.
    safely = ["--only-binary=:all:", "--require-hashes", "--no-deps", "--no-compile"]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run([*pip, "--no-input", *where, *safely, "--requirement", pins], timeout=600)
    # Commands would call the Python that they were unpacked with.
    shutil.rmtree(partial / "bin", ignore_errors=True)
    partial.rename(folder)
