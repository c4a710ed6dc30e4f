"""Task classes: map-reduce through the job cache, and the picture of the job.

There is no ``__main__`` guard: a worker that imports this program stops at ``submit``.
"""

from fairlead import Client, ExecutionContext, InMemoryCache, Task


class Square(Task):
    """Maps: puts the square of one number into the job's cache."""

    number: int

    def execute(self, context: ExecutionContext) -> None:
        context.current_task.display = f"Square({self.number})"
        context.job_cache.group("squares")[str(self.number)] = str(self.number**2).encode()


class Sum(Task):
    """Reduces: adds up whatever is in the group."""

    def execute(self, context: ExecutionContext) -> int:
        squares = context.job_cache.group("squares")
        total = sum(int(squares[key].decode()) for key in squares)
        context.logger.info("Computed sum of squares", result=total)
        return total


class SumOfSquares(Task):
    """Submits one task a number, and one that waits for all of these."""

    numbers: list[int]

    def execute(self, context: ExecutionContext) -> object:
        squares = context.submit_subtasks([Square(number) for number in self.numbers])
        return context.submit_subtask(Sum(), depends_on=squares)


client = Client()
jobs = client.jobs()
job = jobs.submit("sum-of-squares", SumOfSquares([12, 345, 453, 21, 45, 98]))
print("before:", job.state.value, [task.state.value for task in job.tasks()])

runner = client.runner(tasks=[SumOfSquares, Square, Sum], cache=InMemoryCache())
runner.run_all()

print("after:", job.state.value, job.result)
picture = jobs.display(job)
print("the same, drawn:", picture.svg().startswith("<svg"))
