"""The first process of the container with the task's code: does there what the agent asks.

It has no token and no thread, and runs no code of a task: that is done by workers of the
zygote, which it forks.  Whatever becomes of them, it goes on, and as its container's first
process cannot be killed from within.  It ends with the agent.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from fairlead.errors import FairleadError, ReleaseError
from fairlead.runner import wire
from fairlead.runner.descendants import adopt_orphans, end_children, set_dumpable
from fairlead.runner.pod.importing import halt_of
from fairlead.runner.pod.memory import MemoryWatch
from fairlead.runner.pod.rooms import Rooms, unpack_archive
from fairlead.runner.pod.settings import PodSettings
from fairlead.runner.pod.sidecar import words
from fairlead.runner.zygote import serve_driver


class Keeper:
    """Serves one agent.

    Parameters
    ----------
    sock
        Connected to the agent.
    """

    def __init__(self, settings: PodSettings, sock: socket.socket) -> None:
        self._settings = settings
        self._sock = sock
        self._rooms = Rooms(settings)
        self._zygotes: dict[int, int] = {}  # the question's number by pid
        self._watch: MemoryWatch | None = None
        self._is_full = False  # and the agent knows
        self._files: Iterator[tuple[str, Path]] = iter(())
        self._wake, self._alarm = os.pipe()
        self._does: dict[int, Callable[[wire.Message, list[int]], Any]] = {
            words.UNPACK: self._unpack,
            words.WATCH: self._look_after,
            words.PEAK: self._peak,
            words.FILES: self._list_files,
            words.CLEAN: self._clean,
            words.HALT: self._halt,
            words.END: self._end_zygote,
        }

    def serve(self) -> None:
        """Do what is asked until the agent is gone; then end all that runs here."""
        adopt_orphans()
        for end in (self._wake, self._alarm):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(self._alarm, warn_on_full_buffer=False)
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        wait: float | None = None
        with contextlib.suppress(ConnectionError):
            while True:
                for descriptor, _ in poll.poll(None if wait is None else wait * 1000):
                    if descriptor == self._wake:
                        self._reap()
                    elif not self._obey():
                        end_children()
                        return
                wait = self._look()
        end_children()

    # --- the agent's questions --------------------------------------------------------

    def _obey(self) -> bool:
        received = wire.receive_descriptors(self._sock)
        if received is None:
            return False
        message, descriptors = received
        try:
            self._answer(message, descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return True

    def _answer(self, message: wire.Message, descriptors: list[int]) -> None:
        if message.kind == words.ZYGOTE:
            self._start_zygote(message.ticket, *descriptors)
            return
        if message.kind == words.NEXT:
            self._hand_over(message.ticket)
            return
        try:
            answer = self._does[message.kind](message, descriptors)
        except FairleadError as error:
            self._say(message.ticket, words.REFUSED, [type(error).__name__, str(error)])
        except OSError as error:
            self._say(message.ticket, words.REFUSED, ["BackendError", str(error)])
        else:
            self._say(message.ticket, words.DONE, answer)

    def _unpack(self, message: wire.Message, descriptors: list[int]) -> None:
        _see_same_versions(json.loads(message.inline))
        data = None
        if descriptors:
            with open(descriptors[0], "rb", closefd=False) as file:
                file.seek(0)
                data = file.read()
        unpack_archive(self._settings, self._rooms, data)

    def _look_after(self, message: wire.Message, descriptors: list[int]) -> int | None:
        self._watch, self._is_full = MemoryWatch(self._settings.memory), False
        return self._watch.limit

    def _peak(self, message: wire.Message, descriptors: list[int]) -> int:
        return 0 if self._watch is None else self._watch.peak

    def _clean(self, message: wire.Message, descriptors: list[int]) -> None:
        self._watch = None
        self._rooms.clean()

    def _halt(self, message: wire.Message, descriptors: list[int]) -> list[str]:
        found = halt_of(self._rooms.work, self._rooms.package)
        return [found.place[:1000], found.stack[: words.MOST_STACK]]

    def _say(self, number: int, kind: int, body: Any) -> None:
        wire.send(self._sock, number, kind, json.dumps(body).encode())

    # --- files ------------------------------------------------------------------------

    def _list_files(self, message: wire.Message, descriptors: list[int]) -> None:
        job, task = json.loads(message.inline)
        self._files = self._rooms.left_files(job, task)

    def _hand_over(self, number: int) -> None:
        """Tell of the next file, and send it along, opened."""
        found = next(self._files, None)
        if found is None:
            self._say(number, words.DONE, None)
            return
        name, path = found
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            self._say(number, words.REFUSED, ["BackendError", f"cannot read {name}: {error}"])
            return
        try:
            # The agent is another user, who opens it anew.
            os.fchmod(descriptor, stat.S_IMODE(os.fstat(descriptor).st_mode) | 0o444)
            body = json.dumps(name).encode()
            wire.send_descriptors(self._sock, number, words.FILE, [descriptor], body)
        finally:
            os.close(descriptor)

    # --- processes --------------------------------------------------------------------

    def _start_zygote(self, number: int, control: int, table: int) -> None:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become_zygote(control, table, parent)
        self._zygotes[pid] = number
        self._say(number, words.DONE, pid)

    def _become_zygote(self, control: int, table: int, parent: int) -> NoReturn:
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            set_dumpable(True)
            self._sock.close()
            os.close(self._wake)
            os.close(self._alarm)
            serve_driver(control, table, parent)
        finally:
            os._exit(1)

    def _end_zygote(self, message: wire.Message, descriptors: list[int]) -> None:
        number, signal_number = json.loads(message.inline)
        for pid, started_by in self._zygotes.items():
            if started_by == number:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal_number)

    def _reap(self) -> None:
        """Bury the dead; tell of a zygote's end once nothing that it had started lives."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake, 4096)
        ended: list[tuple[int, int]] = []
        with contextlib.suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                ended.append(found)
        if any(pid in self._zygotes for pid, _ in ended):
            end_children((), lambda pid, status: ended.append((pid, status)))
        for pid, status in ended:
            if pid in self._zygotes:
                code = os.waitstatus_to_exitcode(status)
                self._say(0, words.ENDED, [self._zygotes.pop(pid), code])

    # --- memory -----------------------------------------------------------------------

    def _look(self) -> float | None:
        """Tell once when the task's code takes too much; return when to look again."""
        if self._watch is None or self._watch.limit is None or self._is_full:
            return None
        self._is_full, again = self._watch.look()
        if not self._is_full:
            return again
        self._say(0, words.FULL, None)
        return None


def _see_same_versions(agents: Sequence[str]) -> None:
    """Raise ReleaseError if the agent, which has the installation's image, has other versions."""
    ours = words.own_versions()
    if list(agents) != ours:
        told = " and ".join(f"Fairlead {one} with Python {other}" for one, other in (ours, agents))
        raise ReleaseError(
            f"the release's image and the installation's runner image differ: {told}. For"
            f" isolation: Sidecar, build the release's image anew on that runner image"
        )


def connected(path: str) -> socket.socket | None:
    """Return a socket to the agent, which may not be there yet; None if it does not come."""
    end = time.monotonic() + words.CONNECT_SECONDS
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    while time.monotonic() < end:
        try:
            sock.connect(path)
            return sock
        except OSError:
            time.sleep(0.02)
    return None
