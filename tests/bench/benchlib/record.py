"""Everything that was measured in one run of the benchmarks, and its JSON form."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict


@dataclass(frozen=True)
class Sample:
    """One workload of one peer in one round; seconds.

    ``wall_s`` and ``cpu_s`` are of the measured tasks alone; for a one-task run they
    are of the whole program, from its start to the end of its last descendant.
    """

    round: int
    peer: str
    kind: str
    tasks: int
    wall_s: float
    cpu_s: float
    version: str
    mode: str

    @property
    def wall_us(self) -> float:
        """Microseconds of wall time for each task."""
        return self.wall_s / self.tasks * 1e6

    @property
    def cpu_us(self) -> float:
        """Microseconds of processor time for each task."""
        return self.cpu_s / self.tasks * 1e6


class ImportTime(TypedDict):
    """What the interpreter says of one module's import, microseconds."""

    module: str
    own_us: int
    cumulative_us: int


@dataclass
class Record:
    """The samples of all rounds, what failed and why, and on what machine."""

    command: str
    machine: dict[str, Any] = field(default_factory=dict)
    rounds: int = 0
    seconds: float = 0.0
    samples: list[Sample] = field(default_factory=list)
    imports: list[dict[str, float]] = field(default_factory=list)
    import_times: list[ImportTime] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write the record as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> Record:
        """Read a record that :meth:`save` has written."""
        data = json.loads(path.read_text())
        data["samples"] = [Sample(**sample) for sample in data["samples"]]
        return cls(**data)


def describe_machine(folder: Path) -> dict[str, Any]:
    """Say on what the measurement ran, without naming the machine."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "cpu": _cpu_model(),
        "cores": _cores(),
        "memory_gib": round(_memory_kib() / 2**20),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "file_system": _file_system(folder),
        "load_before": round(_load(), 2),
        "commit": _commit(),
    }


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _load() -> float:
    return os.getloadavg()[0]


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_kib() -> int:
    return int(Path("/proc/meminfo").read_text().split()[1])


def _file_system(folder: Path) -> str:
    done = subprocess.run(
        ["stat", "-f", "-c", "%T", str(folder)], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    )
    return done.stdout.strip() or "unknown"
