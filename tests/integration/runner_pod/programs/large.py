"""Tasks with much to say, to keep and to make."""

from __future__ import annotations

import time

from fairlead import ExecutionContext, FutureTask, Task


class Large(Task):
    size: int

    def execute(self, context: ExecutionContext) -> str:
        return "x" * self.size


class Loud(Task):
    size: int

    def execute(self, context: ExecutionContext) -> None:
        context.current_task.display = "d" * self.size
        raise ValueError("é" * self.size)


class Length(Task):
    text: str

    def execute(self, context: ExecutionContext) -> int:
        return len(self.text)


class Fan(Task):
    """Makes many subtasks, and returns the future of one after all of them."""

    count: int

    def execute(self, context: ExecutionContext):
        lengths = context.submit_subtasks([Length("x" * n) for n in range(self.count)])
        return context.submit_subtask(Total(lengths), optional=True, timeout=0.5)


class Total(Task):
    parts: list[int | None]

    def execute(self, context: ExecutionContext) -> int:
        return sum(one for one in self.parts if one is not None)


class LargeChild(Task):
    size: int

    def execute(self, context: ExecutionContext) -> None:
        context.submit_subtask(Length("y" * self.size))


class Look(Task):
    """Reads what is behind a future by itself."""

    behind: FutureTask[int]

    def execute(self, context: ExecutionContext) -> str:
        try:
            return f"result {context.result(self.behind)}"
        except Exception as error:
            return f"{type(error).__name__}: {error}"


class Keep(Task):
    """Writes and reads the job's cache and files."""

    key: str
    value: str | None = None
    file: str | None = None
    fail: bool = False

    def execute(self, context: ExecutionContext) -> str:
        if self.value is not None:
            context.job_cache[self.key] = self.value.encode()
        if self.file is not None:
            path = context.files / self.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.key)
        if self.fail:
            raise RuntimeError("as asked")
        found = b"-"
        if self.key in context.job_cache:
            found = context.job_cache[self.key]
        return f"{found.decode()} of {','.join(sorted(context.job_cache))}"


class KeepAndMake(Task):
    """Writes the job's cache and makes a subtask."""

    key: str
    value: str

    def execute(self, context: ExecutionContext) -> None:
        context.job_cache[self.key] = self.value.encode()
        context.submit_subtask(Length("x"))


class Many(Task):
    """Makes subtasks that have nothing to do with each other."""

    count: int

    def execute(self, context: ExecutionContext) -> None:
        context.submit_subtasks([Steps(n) for n in range(self.count)])


class Hog(Task):
    """Takes memory, some more every moment."""

    step: int

    def execute(self, context: ExecutionContext) -> int:
        taken = []
        while len(taken) < 1000:
            taken.append(b"m" * self.step)
            time.sleep(0.01)
        return len(taken)


class Steps(Task):
    """Shows how far it is."""

    count: int
    pause: float = 0.0

    def execute(self, context: ExecutionContext) -> int:
        progress = context.progress("steps")
        progress.add(self.count)
        for _ in range(self.count):
            progress.done(1)
            time.sleep(self.pause)
        return self.count
