"""How much memory this process may have: what its control group allows."""

from __future__ import annotations

from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
FILES = ("memory.max", "memory/memory.limit_in_bytes")
"""Where a container finds its own limit: control groups of version 2, and of version 1."""

BOUNDLESS = 1 << 60
"""Version 1 writes a number beyond all machines where there is no limit; version 2 writes
``max``."""


def memory_limit(cgroups: Path = CGROUPS) -> int | None:
    """Return the limit in bytes; None if there is none, or none can be found."""
    for name in FILES:
        try:
            text = (cgroups / name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdecimal() and int(text) < BOUNDLESS:
            return int(text)
    return None
