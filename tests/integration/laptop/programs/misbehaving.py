"""Tasks that do to their process what no task should."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

from fairlead import ExecutionContext, Task


class Misbehaves(Task):
    how: str
    gate: str = ""

    def execute(self, context: ExecutionContext) -> str:
        if context.current_task.attempt > 1:
            return "better"
        {
            "leaves": lambda: os._exit(3),
            "leaves at once": lambda: os._exit(0),
            "sys.exit": lambda: sys.exit(4),
            "segfault": lambda: ctypes.string_at(0),
            "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
            "aborts": os.abort,
        }[self.how]()
        return "nothing happened"


class TakesMemory(Task):
    def execute(self, context: ExecutionContext) -> None:
        raise MemoryError


class Hoards(Task):
    """Takes a number of MiB, which it really writes to."""

    mebibytes: int

    def execute(self, context: ExecutionContext) -> int:
        taken = [bytearray(2**20) for _ in range(self.mebibytes)]
        return len(taken)


class ToldPid(Task):
    """Leaves its process's id in a file, and waits to be killed."""

    file: str

    def execute(self, context: ExecutionContext) -> str:
        if context.current_task.attempt > 1:
            return "the second time"
        Path(self.file).write_text(str(os.getpid()))
        time.sleep(60)
        return "not killed"


class Waits(Task):
    """Waits for a file without looking whether it should stop; says who it is, and its end."""

    gate: str

    def execute(self, context: ExecutionContext) -> None:
        Path(f"{self.gate}.pid").write_text(str(os.getpid()))
        while not os.path.exists(self.gate):
            time.sleep(0.005)
        Path(f"{self.gate}.passed").touch()


class SleepsDeaf(Task):
    """Does not heed SIGTERM either."""

    gate: str

    def execute(self, context: ExecutionContext) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        Path(self.gate).write_text(str(os.getpid()))
        while True:
            time.sleep(0.01)


class PrintsMuch(Task):
    """A megabyte, in lines, in one piece, and in a million pieces."""

    how: str

    def execute(self, context: ExecutionContext) -> int:
        if self.how == "lines":
            for number in range(10_000):
                print(f"{number:099d}")
        elif self.how == "one piece":
            print("x" * 1_000_000)
        else:
            for _ in range(100_000):
                sys.stdout.write(".")
        return 7


class Ok(Task):
    number: int

    def execute(self, context: ExecutionContext) -> int:
        return self.number


class EndsCopy(Task):
    """Forks a copy that sleeps, and ends it as multiprocessing ends its workers."""

    def execute(self, context: ExecutionContext) -> int:
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
        os.kill(child, signal.SIGTERM)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
