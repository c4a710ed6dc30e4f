"""The programs of the lending tests: each call is one process with the tasks that it names.

``submit TASK VALUES`` prints the new job's id; ``all NAMES`` and ``forever NAMES`` run
a runner of those tasks.  Each task notes in the file ``LEDGER`` what it is, and in which
process it runs, and that one's parent.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from fairlead import Client, ExecutionContext, Task
from fairlead.sdk.cache import InMemoryCache, LocalFileSystemCache


def note(what: str) -> None:
    with open(os.environ["LEDGER"], "a", encoding="utf-8") as ledger:
        ledger.write(f"{what} {os.getpid()} {os.getppid()}\n")


class Left(Task):
    number: int

    def execute(self, context: ExecutionContext) -> int:
        note(f"left-{self.number}")
        return self.number


class Right(Task):
    number: int
    before: int = 0

    def execute(self, context: ExecutionContext) -> int:
        note(f"right-{self.number}")
        context.logger.info("on the right", number=self.number)
        print(f"printed by right {self.number}")
        context.current_task.display = f"Right({self.number})"
        context.job_cache.group("right")[str(self.number)] = b"seen"
        context.submit_subtask(Left(100 + self.number))
        return self.number * 10


class Total(Task):
    parts: list[int]

    def execute(self, context: ExecutionContext) -> list[object]:
        note("total")
        seen = sorted(context.job_cache.group("right"))
        return [sum(self.parts), seen]


class Both(Task):
    """Left tasks, right tasks after them, and a total of it all."""

    size: int

    def execute(self, context: ExecutionContext) -> object:
        note("both")
        left = context.submit_subtasks([Left(number) for number in range(self.size)])
        right = [
            context.submit_subtask(Right(number, before=left[number].value))
            for number in range(self.size)
        ]
        return context.submit_subtask(Total(right))


class Work(Task):
    number: int
    seconds: float

    def execute(self, context: ExecutionContext) -> int:
        note(f"work-{self.number}")
        end = time.thread_time() + self.seconds
        while time.thread_time() < end:
            sum(range(20_000))
        return self.number


class Sum(Task):
    parts: list[int]

    def execute(self, context: ExecutionContext) -> int:
        note("sum")
        return sum(self.parts)


class Share(Task):
    size: int
    seconds: float

    def execute(self, context: ExecutionContext) -> object:
        note("share")
        work = [Work(number, self.seconds) for number in range(self.size)]
        return context.submit_subtask(Sum(context.submit_subtasks(work)))


class Wait(Task):
    """Says that it is there, and waits until it is told to stop, or for a file."""

    patient: bool

    def execute(self, context: ExecutionContext) -> str:
        note("wait")
        go_on = Path(os.environ["LEDGER"]).with_name("go-on")
        while not go_on.exists():
            if not self.patient and context.should_stop:
                return "stopped"
            time.sleep(0.005)
        return "went on"


class Asks(Task):
    """Has something wait elsewhere."""

    patient: bool = False
    timeout: float | None = None

    def execute(self, context: ExecutionContext) -> object:
        note("asks")
        return context.submit_subtask(Wait(self.patient), timeout=self.timeout)


TASKS: dict[str, type[Task]] = {
    task.__name__: task for task in (Left, Right, Total, Both, Work, Sum, Share, Wait, Asks)
}


def main(mode: str, *arguments: str) -> None:
    client = Client()
    if mode == "submit":
        name, *values = arguments
        task = TASKS[name](*map(json.loads, values))
        print(client.jobs().submit(name, task).id)
        return
    caches = {"memory": InMemoryCache, "folder": LocalFileSystemCache}
    cache = caches[os.environ["CACHE"]]() if "CACHE" in os.environ else None
    runner = client.runner(tasks=[TASKS[name] for name in arguments], cache=cache)
    if mode == "all":
        runner.run_all()
    else:
        runner.run_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
