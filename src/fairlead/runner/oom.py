"""Whether the kernel has killed for want of memory since one last looked.

The kernel counts such kills for each control group and for the whole machine; it does
not say whom it killed.  A worker found dead by SIGKILL right after the count has grown
is taken to be the victim.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_MACHINE = Path("/proc/vmstat")


class OutOfMemoryWatch:
    """Compares the kernel's counts of such kills with those seen last.

    Parameters
    ----------
    sources
        Files with a line ``oom_kill N``; those of this process and machine by default.
    """

    def __init__(self, sources: Sequence[Path] | None = None) -> None:
        self._sources = _sources() if sources is None else sources
        self._seen = self._count()

    def has_struck(self) -> bool:
        """Return whether there have been kills since the last call."""
        before, self._seen = self._seen, self._count()
        return self._seen > before

    def _count(self) -> int:
        return sum(_read_count(path) for path in self._sources)


def _sources() -> list[Path]:
    return [path for path in (_group_events(), _MACHINE) if path is not None]


def _group_events() -> Path | None:
    """Return the file of the process's own control group (version 2), if there is one."""
    try:
        groups = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return None
    for line in groups:
        if line.startswith("0::"):
            path = Path("/sys/fs/cgroup" + line[3:]) / "memory.events"
            return path if path.exists() else None
    return None


def _read_count(path: Path) -> int:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
