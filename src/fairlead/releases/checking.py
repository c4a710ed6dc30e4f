"""Checks a packed program before it is published: it is unpacked and loaded as in a pod.

A process of its own does it, in which only what was packed and what is installed can be
imported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable

from fairlead.errors import FairleadError, ReleaseError
from fairlead.releases.loading import Listed, load_tasks
from fairlead.releases.packaging import Packed
from fairlead.releases.sources import is_installed
from fairlead.releases.unpack import unpack

CHECK_SECONDS = 120.0
"""How long the import of a program may take."""


def check(packed: Packed) -> None:
    """Raise unless a process that has only the package can load all its tasks.

    Raises
    ------
    ReleaseError
        If it cannot; the message says why, with file and line.
    """
    with tempfile.TemporaryDirectory(prefix="fairlead-release-") as folder:
        unpack([packed.zip_bytes], folder, sha256=packed.sha256, size=packed.size)
        listed = [(task.identifier, task.version, task.entry_point) for task in packed.tasks]
        problem = _load_apart(folder, listed)
    if problem is not None:
        said = problem.replace(os.path.realpath(folder) + os.sep, "")
        raise ReleaseError(f"a runner could not load the program: {said}")


def _load_apart(folder: str, listed: Iterable[tuple[str, str, str]]) -> str | None:
    """Return why loading fails in a process of its own, or None."""
    order = json.dumps({"folder": folder, "tasks": list(listed), "path": _installed_path()})
    try:
        ran = subprocess.run(
            [sys.executable, "-P", "-m", __name__],
            input=order,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(_installed_path())},
            timeout=CHECK_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"its import takes longer than {CHECK_SECONDS:.0f} s"
    if ran.returncode == 0:
        return None
    lines = ran.stderr.strip().splitlines()
    return lines[-1] if lines else f"its import ended the process with code {ran.returncode}"


def _installed_path() -> list[str]:
    """Return the folders that hold what is installed, and Fairlead itself."""
    own = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
    return [own, *(entry for entry in sys.path if entry and is_installed(entry))]


def main() -> int:
    """Load what the order on standard input names; say on standard error why not."""
    order = json.load(sys.stdin)
    own = os.path.realpath(order["path"][0])
    sys.path[:] = [
        entry for entry in sys.path if is_installed(entry) or os.path.realpath(entry) == own
    ]
    try:
        load_tasks(order["folder"], [Listed(*task) for task in order["tasks"]])
    except FairleadError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
