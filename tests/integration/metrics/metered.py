"""A program whose tasks take what they are told to take."""

import time
from pathlib import Path

from fairlead import ExecutionContext, Task


class Burn(Task):
    """Uses so many seconds of CPU."""

    seconds: float

    def execute(self, context: ExecutionContext) -> None:
        end = time.process_time() + self.seconds
        while time.process_time() < end:
            pass


class Hold(Task):
    """Has so many bytes at once, and gives them back."""

    size: int

    def execute(self, context: ExecutionContext) -> int:
        return len(bytearray(b"x" * self.size))


class Flaky(Task):
    """Fails the first time."""

    mark: str

    def execute(self, context: ExecutionContext) -> None:
        mark = Path(self.mark)
        if not mark.exists():
            mark.touch()
            raise ValueError("told to")


class Sleepy(Task):
    """Takes longer than anybody waits."""

    def execute(self, context: ExecutionContext) -> None:
        time.sleep(600)


class Greedy(Task):
    """Takes all memory there is."""

    def execute(self, context: ExecutionContext) -> None:
        filled = []
        while True:
            filled.append(bytearray(b"x" * 2**24))


class Parent(Task):
    """Submits tasks that wait for a gate."""

    gate: str
    children: int

    def execute(self, context: ExecutionContext) -> None:
        context.submit_subtasks([Child(self.gate) for _ in range(self.children)])


class Child(Task):
    """Waits for a gate."""

    gate: str

    def execute(self, context: ExecutionContext) -> None:
        while not Path(self.gate).exists():
            time.sleep(0.02)
