"""Task classes: a task that submits its own class, and one that forgets to stop."""

from fairlead import Client, ExecutionContext, FutureTask, LimitExceededError, Task


class Countdown(Task):
    """Submits itself with one less, until nothing is left: the base case."""

    num: int

    def execute(self, context: ExecutionContext) -> None:
        print(f"{self.num} ...", flush=True)
        if self.num > 0:
            context.submit_subtask(Countdown(self.num - 1))


class Add(Task):
    left: int
    right: int

    def execute(self, context: ExecutionContext) -> int:
        return self.left + self.right


class Fibonacci(Task):
    """A tree: each task returns the future of the sum of two smaller ones."""

    n: int

    def execute(self, context: ExecutionContext) -> int | FutureTask[int]:
        context.current_task.display = f"Fibonacci({self.n})"
        if self.n < 2:
            return self.n
        left = context.submit_subtask(Fibonacci(self.n - 1))
        right = context.submit_subtask(Fibonacci(self.n - 2))
        return context.submit_subtask(Add(left, right))


class Endless(Task):
    """Has no base case, so the limit on depth ends it."""

    depth: int

    def execute(self, context: ExecutionContext) -> None:
        context.submit_subtask(Endless(self.depth + 1))


if __name__ == "__main__":
    jobs = Client().jobs()
    print(len(jobs.submit("countdown", Countdown(3)).wait().tasks()), "tasks")

    job = jobs.submit("fibonacci", Fibonacci(7))
    print("Fibonacci(7) =", job.result, "by", len(job.tasks()), "tasks")
    print("all of them:", *{task.state.value for task in job.tasks()})

    job = jobs.submit("endless", Endless(0)).wait()
    try:
        print(job.result)
    except LimitExceededError as error:
        print(job.state.value, "at", len(job.tasks()), "tasks:", error)
