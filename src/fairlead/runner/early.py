"""A zygote that is a fork of its driver, made before the driver has threads.

It shares what the driver has imported so far and starts in no time, while the driver goes on
importing.  That counts where somebody waits for the driver's own start: in a pod.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import select
import signal
import socket
import subprocess
import sys
from typing import NoReturn

from fairlead.runner import wire
from fairlead.runner.slots import make_table
from fairlead.runner.zygote import serve_driver


class EarlyZygote:
    """A zygote that waits for its configuration.

    The kernel kills it when the thread that made it ends.

    Parameters
    ----------
    modules
        What the zygote imports meanwhile.

    Attributes
    ----------
    table
        The descriptor of the slots that it shares with its driver.
    sock
        The driver's end of its control socket.
    process
        The process itself.
    """

    def __init__(self, *modules: str) -> None:
        self.table = make_table()
        self.sock, theirs = wire.packet_pair()
        driver = os.getpid()
        pid = os.fork()
        if pid == 0:
            _become_zygote(self.sock, theirs, self.table, driver, modules)
        theirs.close()
        self.process = ForkedProcess(pid)


def _become_zygote(
    ours: socket.socket, theirs: socket.socket, table: int, driver: int, modules: tuple[str, ...]
) -> NoReturn:
    try:
        ours.close()
        for module in modules:
            # Whoever needs it is told what is wrong with it.
            with contextlib.suppress(Exception):
                importlib.import_module(module)
        serve_driver(theirs.detach(), table, driver)
    except BaseException as error:
        print(f"fairlead: a worker process cannot start: {error!r}", file=sys.stderr, flush=True)
    finally:
        os._exit(1)


class ForkedProcess:
    """A child of this process, with those of :class:`subprocess.Popen`'s methods that are used."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._descriptor = os.pidfd_open(pid)
        self._code: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code, negative for a signal.

        Raises
        ------
        subprocess.TimeoutExpired
            If it has not ended after that many seconds.
        """
        if self._code is None:
            poll = select.poll()
            poll.register(self._descriptor, select.POLLIN)
            if not poll.poll(None if timeout is None else timeout * 1000):
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            self._code = _exit_code(self.pid)
            os.close(self._descriptor)
        return self._code

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._code is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, number)


def _exit_code(pid: int) -> int:
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return 1  # somebody else has buried it
