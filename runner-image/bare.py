"""Copy a Python, what it is linked against and Fairlead's packages into an empty root.

Run inside an image with ``python3 bare.py FOLDER``.  What is not named here, shells, package
managers and whatever else a Debian has, stays behind; so do set-user-id bits.  The Debian
packages that copied files come from are noted in ``var/lib/dpkg/status.d``, one file each, where
scanners of images look for them.
"""

from __future__ import annotations

import os
import re
import shutil
import site
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

OURS = Path("/opt/fairlead")
DPKG = Path("/var/lib/dpkg")

UNUSED = re.compile(
    # Large, or linked against what nothing else needs.
    r"(test|tests|idlelib|tkinter|turtledemo|ensurepip|venv|lib2to3|pydoc_data|config-3.*"
    r"|site-packages|dist-packages|turtle\.py|EXTERNALLY-MANAGED"
    r"|(_tkinter|_curses|_curses_panel|readline|_dbm|_gdbm|_crypt|nis|_ctypes_test|_test.*|xx.*)"
    r"\..*\.so)"
)
"""What is left out of the standard library."""

LOADED_BY_NAME = ("libgcc_s.so.1", "libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2")
"""Libraries that the C library opens by itself: to end threads, to look up hosts."""

ALSO = (
    "/etc/debian_version",
    "/etc/os-release",
    "/etc/ld.so.cache",
    "/etc/ssl/certs/ca-certificates.crt",
)
MADE_BY = {"/etc/ssl/certs/ca-certificates.crt": "ca-certificates"}
"""Files that a package's script has made, and that package."""

WRITTEN = {
    "etc/passwd": "root:x:0:0:root:/:/nonexistent\n"
    "fairlead:x:65532:65532:Fairlead:/tmp:/nonexistent\n",
    "etc/group": "root:x:0:\nfairlead:x:65532:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}


class Root:
    """An empty folder that becomes the root of an image."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.copied: set[Path] = set()

    def at(self, path: Path) -> Path:
        """Where a path of this image is below the folder."""
        return self.folder / path.relative_to("/")

    def copy(self, path: Path) -> None:
        """Copy one file, and the links on the way to it."""
        link = next((at for at in (*reversed(path.parents), path) if at.is_symlink()), None)
        if link is not None:
            self._link(link)
            behind = Path(os.path.normpath(link.parent / os.readlink(link)))
            path = behind / path.relative_to(link)
            if path.exists():
                self.copy(path)
        elif path not in self.copied:
            self.copied.add(path)
            target = self.at(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
            runs = path.stat().st_mode & stat.S_IXUSR
            target.chmod(0o755 if runs else 0o644)

    def copy_all(self, folder: Path) -> None:
        """Copy a folder without what is unused."""
        for name in sorted(os.listdir(folder)):
            path = folder / name
            if name == "__pycache__" or UNUSED.fullmatch(name):
                continue
            if path.is_dir() and not path.is_symlink():
                self.copy_all(path)
            else:
                self.copy(path)

    def _link(self, link: Path) -> None:
        # Every package lists the folders it has files in, also where they are links.
        if not link.is_dir():
            self.copied.add(link)
        at = self.at(link)
        if not at.is_symlink():
            at.parent.mkdir(parents=True, exist_ok=True)
            at.symlink_to(os.readlink(link))


def main() -> None:
    """Fill the folder that the command line names."""
    root = Root(Path(sys.argv[1]))
    interpreter = Path(sys.executable)
    root.copy(interpreter)
    for name in ("stdlib", "platstdlib"):
        root.copy_all(Path(sysconfig.get_path(name)))
    root.copy(Path(site.getsitepackages()[0]) / "fairlead.pth")
    root.copy_all(OURS)
    libraries(root, interpreter.resolve())
    for name in ALSO:
        if Path(name).exists():
            root.copy(Path(name))
    for name, text in WRITTEN.items():
        root.at(Path("/", name)).write_text(text)
    for name in ("tmp", "proc", "sys", "dev", "run"):
        (root.folder / name).mkdir(exist_ok=True)
    (root.folder / "tmp").chmod(0o1777)
    packages(root)
    compile_all(root)


def libraries(root: Root, interpreter: Path) -> None:
    """Copy the loader, and the libraries that the interpreter and all modules ask for."""
    found = re.search(rb"/lib[\w./-]*/ld-[\w.-]+", interpreter.read_bytes())
    if found is None:
        raise SystemExit(f"{interpreter} names no loader")
    loader = Path(found.group().decode())
    root.copy(loader)
    modules = [path for path in root.copied if ".so" in path.name and path != loader.resolve()]
    asked = {Path(word) for module in [interpreter, *modules] for word in linked(loader, module)}
    for path in sorted(asked):
        root.copy(path)
    for folder in {path.parent for path in asked}:
        for name in LOADED_BY_NAME:
            if (folder / name).exists():
                root.copy(folder / name)


def linked(loader: Path, program: Path) -> Iterator[str]:
    """The libraries that the loader would load for a program or module."""
    listed = subprocess.run(
        [loader, "--list", program], check=True, capture_output=True, text=True
    ).stdout
    if "not found" in listed:
        raise SystemExit(f"{program} is linked against what is not here:\n{listed}")
    yield from re.findall(r"=> (/\S+) \(", listed)


def packages(root: Root) -> None:
    """Note which Debian packages the copied files are from, as they describe themselves."""
    if not (DPKG / "info").exists():
        return
    wanted = {MADE_BY[name] for name in MADE_BY if Path(name) in root.copied}
    homes: dict[str, Path] = {}
    for listing in (DPKG / "info").glob("*.list"):
        for line in listing.read_text().splitlines():
            folder, _, name = line.rpartition("/")
            if folder not in homes:
                homes[folder] = Path(folder or "/").resolve()
            if homes[folder] / name in root.copied:
                wanted.add(listing.stem.partition(":")[0])
                break
    notes = root.at(DPKG / "status.d")
    notes.mkdir(parents=True)
    for paragraph in (DPKG / "status").read_text().split("\n\n"):
        name = paragraph.partition("\n")[0].removeprefix("Package: ")
        if name in wanted:
            (notes / name).write_text(paragraph + "\n")
            if (licence := Path("/usr/share/doc", name, "copyright")).exists():
                root.copy(licence)


def compile_all(root: Root) -> None:
    """Compile every module for good: no time and no hash of a source is looked at."""
    for place in (sysconfig.get_path("stdlib"), str(OURS)):
        command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode"]
        where = ["unchecked-hash", "-s", str(root.folder), "-p", "/", str(root.at(Path(place)))]
        subprocess.run([*command, *where], check=True)


if __name__ == "__main__":
    main()
