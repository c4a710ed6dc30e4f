"""The driver's side of its zygote: starting it, telling it what to do, hearing of ends."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import fairlead
from fairlead.errors import BackendError, ProgramError
from fairlead.runner import protocol, wire
from fairlead.runner.distrust import MOST_NEWS
from fairlead.runner.seat import Seat
from fairlead.runner.zygote import ZygoteConfig

if TYPE_CHECKING:
    from fairlead.runner.distrust import ZygoteProcess, ZygoteSource
    from fairlead.runner.early import EarlyZygote

_BOOT = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from fairlead.runner.zygote import main; main(sys.argv[1:])"
)
_ROOT = str(Path(next(iter(fairlead.__path__))).parent)


class ZygoteLink:
    """A running zygote that has imported the programs.

    Making one blocks until the import is done.  The kernel kills the zygote when the
    thread that made it ends, so that thread must be one that lives as long as the pool.

    Parameters
    ----------
    early
        The zygote, if it runs already.
    source
        What starts it, where that is not this process.

    Raises
    ------
    ProgramError
        If a program cannot be imported.
    BackendError
        If the system lets no process be started.
    """

    def __init__(
        self,
        config: ZygoteConfig,
        slots: int,
        early: EarlyZygote | None = None,
        source: ZygoteSource | None = None,
    ) -> None:
        self._process: ZygoteProcess
        if early is not None:
            self._sock, self._process = early.sock, early.process
        elif source is not None:
            self._sock, self._process = source.start(slots)
        else:
            self._sock, theirs = wire.packet_pair()
            with theirs:
                self._process = self._started(theirs.fileno(), slots)
        self._receiver = wire.Receiver(self._sock)
        try:
            with contextlib.suppress(ConnectionError):  # which waiting for it will tell
                wire.send(self._sock, 0, protocol.CONFIG, config.encode())
            self._await_ready(config.programs)
        except BaseException:
            self.close()
            raise
        self._sock.setblocking(False)

    def _started(self, control: int, slots: int) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                _command(control, slots), pass_fds=(control, slots), stdin=subprocess.DEVNULL
            )
        except OSError as error:
            self._sock.close()
            raise BackendError(f"Worker processes cannot be started: {error}") from error

    def _await_ready(self, programs: list[str]) -> None:
        try:
            message = self._receiver.receive()
        except ConnectionError:
            message = None
        if message is None:
            code = self._process.wait()
            raise ProgramError(
                f"{_listed(programs)} ended its process with exit code {code} while it was "
                f"imported for worker processes. Start nothing that exits at import."
            )
        if message.kind == protocol.BROKEN:
            name, text, trace = protocol.load_json(message.body(MOST_NEWS), 3)
            if name != ProgramError.__name__:  # which says it all by itself
                what = f"{_listed(programs)} cannot be imported for worker processes"
                text = f"{what}: {name}: {text}"
            error = ProgramError(text)
            error.add_note(f"In the process that imports programs:\n{trace}")
            raise error

    @property
    def pid(self) -> int:
        """The zygote's process id."""
        return self._process.pid

    def fileno(self) -> int:
        """Return the descriptor that is readable when there is news."""
        return self._sock.fileno()

    def fork(self, index: int, seat: Seat) -> None:
        """Have a worker started for slot ``index``; STARTED or EXITED will follow."""
        with contextlib.suppress(ConnectionError):  # which receive() will tell
            wire.send_descriptors(self._sock, index, protocol.FORK, list(seat))

    def kill(self, index: int) -> None:
        """Have the worker of a slot killed; EXITED will follow."""
        with contextlib.suppress(ConnectionError):
            wire.send(self._sock, index, protocol.KILL)

    def receive(self) -> wire.Message | None:
        """Return the next news; None once the zygote is dead.

        Raises BlockingIOError when there is none at present.
        """
        try:
            return self._receiver.receive()
        except ConnectionError:
            return None

    def close(self) -> None:
        """End the zygote, and with it all workers and what they started."""
        self._sock.close()
        # A copy of the socket may live on in a process that the driver has forked.
        self._process.terminate()
        try:
            self._process.wait(10.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _command(control: int, slots: int) -> list[str]:
    optimize = ["-" + "O" * sys.flags.optimize] if sys.flags.optimize else []
    numbers = [str(control), str(slots), str(os.getpid())]
    return [sys.executable, "-P", *optimize, "-c", _BOOT, _ROOT, *numbers]


def _listed(programs: list[str]) -> str:
    return ", ".join(programs) or "The program"


def load_exit(message: wire.Message) -> tuple[int | None, str]:
    """Return a worker's wait status (None: it never started) and why in words."""
    status, why = protocol.load_json(message.body(MOST_NEWS), 2)
    if status is not None:
        os.waitstatus_to_exitcode(status)  # which nothing else can be asked for
    return status, str(why)
