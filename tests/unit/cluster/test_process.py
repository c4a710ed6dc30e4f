"""A process has ended when all of it has."""

from __future__ import annotations

import signal
import subprocess
import sys

from tests.cluster.kubeapi import until
from tests.cluster.native.process import Process, wait_ended

HEADLESS = """
import ctypes, platform, threading, time
threading.Thread(target=time.sleep, args=(300,)).start()
print("begun", flush=True)
# Ends the first thread alone, by the system call that does so.
ctypes.CDLL(None).syscall({"x86_64": 60}.get(platform.machine(), 93), 0)
"""


def test_a_process_is_alive_while_any_of_its_threads_is() -> None:
    child = subprocess.Popen([sys.executable, "-c", HEADLESS], stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == b"begun\n"
        found = Process.of(child.pid)
        assert found is not None
        until("its first thread has ended", lambda: _first_thread(child.pid) == "Z", timeout=30)

        assert found.alive
        assert wait_ended([found], 0.1) == [found]

        found.send(signal.SIGKILL)
        assert wait_ended([found], 30) == []
        assert not found.alive
    finally:
        child.kill()
        child.communicate()


def _first_thread(pid: int) -> str:
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0]
