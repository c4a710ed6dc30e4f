"""Start one program, and account for everything that it and its descendants used.

This process declares itself the reaper of orphans (Linux), so daemons that a peer
leaves behind come back here, are ended, and are billed to the peer that started them.
No program calls home: every known switch that turns usage reports off is set, and
proxies point to a closed port.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36

PATIENCE = 10.0
"""Seconds that descendants have to end by themselves after their program has."""

SILENCE = {
    "DO_NOT_TRACK": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PARSL_TRACKING": "false",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1,localhost",
    "no_proxy": "127.0.0.1,localhost",
}
"""Usage reports off, and no way out for what is not known to be one."""


@dataclass(frozen=True)
class Finished:
    """What a program said and used; seconds, over its whole process tree."""

    code: int
    output: str
    errors: str
    wall: float
    cpu: float


def become_reaper() -> None:
    """Make this process the one to which orphaned descendants return."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def environment_for(home: Path, python: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """Build a small environment: a home of its own, its own programs first, no reports."""
    (home / "dagster").mkdir(parents=True, exist_ok=True)
    (home / "dagster" / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    return {
        "PATH": f"{python.parent}:{os.environ.get('PATH', os.defpath)}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "DAGSTER_HOME": str(home / "dagster"),
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_LOGGING_LEVEL": "ERROR",
        **SILENCE,
        **extra,
    }


def run(command: Sequence[str], env: Mapping[str, str], cwd: Path, timeout: float) -> Finished:
    """Run a program to its end and until all its descendants have ended."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
        )
        timer = threading.Timer(timeout, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        cpu = usage.ru_utime + usage.ru_stime + _reap_orphans()
        wall = time.perf_counter() - started
        output.seek(0)
        errors.seek(0)
        return Finished(process.returncode, output.read(), errors.read(), wall, cpu)


def _reap_orphans() -> float:
    """Wait for descendants that outlived their program; return the seconds they used.

    Those that do not end by themselves are killed: they were started by this very run.
    """
    cpu, deadline = 0.0, time.monotonic() + PATIENCE
    while True:
        try:
            pid, _, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return cpu
        if pid:
            cpu += usage.ru_utime + usage.ru_stime
        elif time.monotonic() > deadline:
            _kill_children()
        else:
            time.sleep(0.005)


def _kill_children() -> None:
    own = str(os.getpid())
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = stat.read_text(errors="replace").rpartition(")")[2].split()[1]
            if parent == own:
                os.kill(int(stat.parent.name), signal.SIGKILL)
        except (OSError, IndexError):  # it ended meanwhile
            continue
    time.sleep(0.05)
