"""A program whose tasks differ in how long they take, what they need, and whether they fail."""

import hashlib
import random
import time

from fairlead import ExecutionContext, Task

MIB = 1024 * 1024


class Resize(Task):
    """Keeps a processor busy for a while, and holds some memory meanwhile."""

    seconds: float
    megabytes: int = 8

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "photos.example/Resize", "v1.0"

    def execute(self, context: ExecutionContext) -> str:
        held = bytearray(self.megabytes * MIB)
        # Memory that was never written to is not there yet.
        held[::4096] = b"x" * len(held[::4096])
        sum_, end = hashlib.sha256(), time.process_time() + self.seconds
        while time.process_time() < end:
            sum_.update(held[:MIB])
        return sum_.hexdigest()


class Describe(Task):
    """Waits more than it works, and fails as often as it is told."""

    seconds: float
    failing: float = 0.0

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "photos.example/Describe", "v1.0"

    def execute(self, context: ExecutionContext) -> str:
        time.sleep(self.seconds)
        if random.random() < self.failing:
            raise ValueError("there is nothing in this picture")
        return "a tree"


class Album(Task):
    """Makes a task for each of its pictures."""

    pictures: int
    seconds: float = 0.2

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "photos.example/Album", "v1.0"

    def execute(self, context: ExecutionContext) -> object:
        made = [Describe(seconds=self.seconds) for _ in range(self.pictures)]
        return context.submit_subtask(Page(context.submit_subtasks(made)))


class Page(Task):
    """Puts the words about some pictures together."""

    words: list[str]

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "photos.example/Page", "v1.0"

    def execute(self, context: ExecutionContext) -> int:
        return len(self.words)
