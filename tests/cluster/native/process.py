"""Processes that outlive the command that started them, remembered by files."""

import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.shell import direct, run

_LAUNCH = Path(__file__).with_name("launch.py")
MARK = "FAIRLEAD_CLUSTER_FOLDER"
"""Variable in the environment of every process of a cluster: the cluster's folder."""

HELPERS = ("ctr", "openssl")
"""Programs that `up` runs on the cluster's files, and that end by themselves."""


@dataclass(frozen=True)
class Process:
    """A process of this machine; the start time tells it from a later one of the same id."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "Process | None":
        """The living process with that id."""
        started = _start_time(pid)
        return cls(pid, started) if started else None

    @property
    def alive(self) -> bool:
        """Whether it still runs (an ended process nobody has reaped does not)."""
        return _start_time(self.pid) == self.started

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        if self.alive:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return

    @property
    def state(self) -> str:
        """``running``, ``frozen`` or ``ended``."""
        fields = _stat(self.pid)
        if not self.alive or not fields:
            return "ended"
        return "frozen" if fields[0] in "Tt" else "running"


def _stat(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    # The second field is the program's name in brackets and may hold anything.
    return text.rpartition(")")[2].split()


def _start_time(pid: int) -> str:
    fields = _stat(pid)
    return "" if not fields or _over(fields) else fields[19]


def _over(fields: Sequence[str]) -> bool:
    """Whether a process has ended: its first thread, and all others, which hold its ports."""
    return fields[0] in "ZX" and int(fields[17]) <= 1


def launch(
    argv: Sequence[object],
    *,
    log: Path,
    folder: Path,
    inside: Process | None = None,
    options: Sequence[str] = (),
) -> Process:
    """Start a process on the host, or in the node whose first process is ``inside``.

    Parameters
    ----------
    argv
        The program and its arguments.
    log
        File that gets what it prints.
    folder
        Folder of the cluster it belongs to.
    options
        More options of the launcher.
    """
    words: list[object] = [sys.executable, "-I", _LAUNCH, "--log", log, *options]
    if inside is not None:
        words += ["--join", str(inside.pid)]
    answer = run([*words, "--", *argv], env={**direct(), MARK: str(folder)}, timeout=30)
    pid = int(answer)
    return Process.of(pid) or Process(pid, "ended at once")


def write(file: Path, process: Process) -> None:
    """Remember a process."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{process.pid} {process.started}")


def read(file: Path) -> Process | None:
    """The process remembered in a file, if it still runs."""
    try:
        pid, started = file.read_text().split(" ", 1)
    except (FileNotFoundError, ValueError):
        return None
    process = Process(int(pid), started)
    return process if process.alive else None


def marked(folder: Path) -> list[Process]:
    """All processes of the cluster in ``folder``, whether remembered in files or not.

    That includes what a killed `up` left at work for a moment longer.
    """
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            ours = _belongs(entry, folder)
        except OSError:
            continue
        process = Process.of(int(entry.name)) if ours else None
        if process:
            found.append(process)
    return found


def _belongs(entry: Path, folder: Path) -> bool:
    environment = (entry / "environ").read_bytes().split(b"\0")
    if f"{MARK}={folder}".encode() in environment:
        return True
    helper = (entry / "comm").read_text().strip() in HELPERS
    return helper and f"{folder}/".encode() in (entry / "cmdline").read_bytes()


def wait_ended(processes: Sequence[Process], seconds: float) -> list[Process]:
    """Wait for processes to end; those that have not."""
    end = time.monotonic() + seconds
    left = [process for process in processes if process.alive]
    while left and time.monotonic() < end:
        time.sleep(0.02)
        left = [process for process in left if process.alive]
    return left
