"""The container with the task's code, as the agent reaches it: by asking its keeper."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.errors import BackendError
from fairlead.runner import wire
from fairlead.runner.pod.ground import Memory
from fairlead.runner.pod.importing import Halt
from fairlead.runner.pod.rooms import fetched, files_folder
from fairlead.runner.pod.settings import PodSettings
from fairlead.runner.pod.sidecar import words
from fairlead.runner.pod.sidecar.line import Line

if TYPE_CHECKING:
    from fairlead.runner.distrust import ZygoteSource
    from fairlead.runner.early import EarlyZygote
    from fairlead.sdk.objectstore import ObjectStore

MOST_INPUT = 64 * 2**20
"""Bytes that an attempt may be given: the agent has them in its small memory on their way."""

MOST_FILES = 10_000
"""Files that a task may leave: each of them is asked for."""


class FarProcess:
    """A zygote of the keeper's, with what of :class:`subprocess.Popen` is used.

    Parameters
    ----------
    number
        That of the question which started it: what the keeper knows it by.
    """

    def __init__(self, line: Line, number: int) -> None:
        self.pid = 0
        self._line = line
        self._number = number
        self._over = threading.Event()
        self._code = -int(signal.SIGKILL)

    def ended(self, code: int) -> None:
        """Take note that it has ended, and all that it had started."""
        self._code = code
        self._over.set()

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code, negative for a signal; that of a kill if the keeper is gone.

        Raises
        ------
        subprocess.TimeoutExpired
            If it has not ended after that many seconds.
        """
        if not self._over.wait(timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        return self._code

    def terminate(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if not self._over.is_set():
            with contextlib.suppress(BackendError):  # gone, and the process with it
                self._line.ask(words.END, [self._number, int(number)])


class FarMemory:
    """The memory of the keeper's container, of which it tells when it is full."""

    def __init__(self, line: Line, limit: int | None) -> None:
        self.limit = limit
        self.full = False
        self._line = line

    @property
    def peak(self) -> int:
        """The most bytes that the keeper has seen taken."""
        with contextlib.suppress(BackendError):  # gone, and nobody knows any more
            _, peak, _ = self._line.ask(words.PEAK)
            return peak if isinstance(peak, int) else 0
        return 0

    def look(self) -> tuple[bool, float]:
        """Return whether it is full; when it is, the main thread is woken to look again."""
        return self.full, float("inf")


class FarGround:
    """The keeper's container.

    Parameters
    ----------
    told
        Is called, from another thread, when there is reason to look: memory is full, or the
        keeper is gone.
    """

    most_input: int | None = MOST_INPUT
    early: EarlyZygote | None = None

    def __init__(self, settings: PodSettings, path: str, told: Callable[[], None]) -> None:
        self.files = files_folder(settings)
        self.source: ZygoteSource | None = self
        self._settings = settings
        self._told = told
        self._processes: dict[int, FarProcess] = {}
        self._line = Line(path, self._on_news, self._on_end)
        self._memory = FarMemory(self._line, None)

    @property
    def is_up(self) -> bool:
        """Whether the keeper has come."""
        return self._line.is_up

    @property
    def gone(self) -> bool:
        """Whether the keeper's container has ended."""
        return self._line.gone.is_set()

    def unpack(self, store: ObjectStore | None) -> None:
        """Have the keeper unpack the release; what lies in the store is handed to it."""
        self._line.await_keeper()
        data = fetched(self._settings, store)
        if data is None:
            self._line.ask(words.UNPACK, words.own_versions())
            return
        descriptor = wire.memory_file(data)
        try:
            self._line.ask(words.UNPACK, words.own_versions(), [descriptor])
        finally:
            os.close(descriptor)

    def halt(self) -> Halt:
        """Return where the import of the release stands."""
        try:
            _, value, _ = self._line.ask(words.HALT)
        except BackendError:
            return Halt()
        place, stack = value
        return Halt(str(place), str(stack))

    def memory(self) -> Memory:
        """Have the keeper watch its container's memory."""
        self._memory = FarMemory(self._line, self._settings.memory)
        with contextlib.suppress(BackendError):  # gone, which is noticed elsewhere
            _, limit, _ = self._line.ask(words.WATCH)
            self._memory.limit = limit if isinstance(limit, int) else self._settings.memory
        return self._memory

    def left_files(self, job: str, task: str) -> Iterator[tuple[str, Path]]:
        """Yield the files that a task has left; each is open here until the next is asked for."""
        self._line.ask(words.FILES, [job, task])
        for _ in range(MOST_FILES):
            kind, name, files = self._line.ask(words.NEXT)
            try:
                if kind != words.FILE:
                    return
                yield _checked(name), _readable(files)
            finally:
                for descriptor in files:
                    os.close(descriptor)
        raise BackendError(f"the task has left more than {MOST_FILES:,} files")

    def clean(self) -> None:
        """Have the keeper remove everything that a task has left."""
        with contextlib.suppress(BackendError):  # gone, and everything with it
            self._line.ask(words.CLEAN)

    # --- zygotes ----------------------------------------------------------------------

    def start(self, table: int) -> tuple[socket.socket, FarProcess]:
        """Have the keeper fork a zygote."""
        ours, theirs = wire.packet_pair()
        number = self._line.number()
        process = self._processes[number] = FarProcess(self._line, number)
        with theirs:
            _, pid, _ = self._line.ask(words.ZYGOTE, None, [theirs.fileno(), table], number)
        process.pid = pid if isinstance(pid, int) else 0
        return ours, process

    # --- from the line's thread -------------------------------------------------------

    def _on_news(self, kind: int, value: Any) -> None:
        if kind == words.ENDED:
            number, code = int(value[0]), int(value[1])  # or nobody's end is told
            self._processes.pop(number).ended(code)
        elif kind == words.FULL:
            self._memory.full = True
            self._told()

    def _on_end(self) -> None:
        for process in list(self._processes.values()):
            process.ended(-int(signal.SIGKILL))
        self._told()


def _checked(name: Any) -> str:
    """Return the path of a file below a task's folder, if it is one."""
    parts = name.split("/") if isinstance(name, str) else [""]
    if any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise BackendError("the container with the task's code named a file that cannot be there")
    return str(name)


def _readable(files: list[int]) -> Path:
    """Return where a file can be read that came open; it is one on a disk, and nothing else."""
    if len(files) != 1 or not stat.S_ISREG(os.fstat(files[0]).st_mode):
        raise BackendError("the container with the task's code handed over what is no file")
    return Path(f"/proc/self/fd/{files[0]}")
