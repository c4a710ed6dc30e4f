"""How much memory a pod takes, so that a task is ended before the kernel ends the pod.

Under control groups of version 2 the kernel kills the whole container at its limit, the
agent with it.  So the agent looks often, and ends the task a little before.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fairlead.runner.descendants import children

SHARE = 0.95
"""The part of the limit at which a task is ended."""

_NEAR = 0.6
_OFTEN, _SELDOM = 0.01, 0.1
"""Seconds between looks, near the limit and far from it."""

_GROUPS = Path("/sys/fs/cgroup")
_UNLIMITED = 2**60
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Group:
    """The files of a control group that tell of its memory."""

    usage: Path
    limit: Path
    stat: Path
    reclaimable: tuple[str, ...]


def groups(root: Path = _GROUPS) -> tuple[Group, ...]:
    """Return where a container sees its own control group: version 2, and version 1."""
    v1 = root / "memory"
    return (
        Group(
            root / "memory.current",
            root / "memory.max",
            root / "memory.stat",
            ("inactive_file", "active_file"),
        ),
        Group(
            v1 / "memory.usage_in_bytes",
            v1 / "memory.limit_in_bytes",
            v1 / "memory.stat",
            ("total_inactive_file", "total_active_file"),
        ),
    )


class MemoryWatch:
    """Compares what the pod takes with its limit.

    Parameters
    ----------
    stated
        The limit in bytes as the operator has it; None where it set none.
    root
        Where control groups are.

    Attributes
    ----------
    limit
        The limit in bytes; None where nothing is watched.
    peak
        The most bytes that were seen taken; 0 where nothing is watched.
    """

    def __init__(self, stated: int | None, root: Path = _GROUPS) -> None:
        self.limit = stated
        self.peak = 0
        self._usage: Callable[[], int] = _of_descendants
        for group in groups(root):
            limit = _number(group.limit)
            if limit is not None and limit < _UNLIMITED and (stated is None or limit <= stated):
                self.limit = limit
                self._usage = lambda group=group: _of_group(group)  # type: ignore[misc]
                break

    def usage(self) -> int:
        """Return the bytes taken that the kernel could not take back at once."""
        return self._usage()

    def look(self) -> tuple[bool, float]:
        """Return whether it is too much, and in how many seconds to look again."""
        if self.limit is None:
            return False, float("inf")
        used = self.usage()
        self.peak = max(self.peak, used)
        share = used / self.limit
        return share >= SHARE, _OFTEN if share >= _NEAR else _SELDOM


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # not there, or "max"
        return None


def _of_group(group: Group) -> int:
    usage = _number(group.usage) or 0
    try:
        lines = group.stat.read_text().splitlines()
    except OSError:
        return usage
    counts = dict(line.split(" ", 1) for line in lines if " " in line)
    return usage - sum(int(counts.get(name, 0)) for name in group.reclaimable)


def _of_descendants() -> int:
    """Return what all processes below this one have in memory, where no group tells."""
    total = 0
    waiting = children()
    while waiting:
        pid = waiting.pop()
        try:
            resident = Path(f"/proc/{pid}/statm").read_text().split()[1]
            for thread in os.listdir(f"/proc/{pid}/task"):
                text = Path(f"/proc/{pid}/task/{thread}/children").read_text()
                waiting += [int(one) for one in text.split()]
        except OSError:
            continue  # it has ended
        total += int(resident) * _PAGE
    return total
