"""Task classes: chains and groups of dependencies as long as you like."""

import sys

from fairlead import Client, ExecutionContext, FutureTask, Task


class Step(Task):
    """Adds itself to the steps that came before it."""

    number: int
    before: int | None

    def execute(self, context: ExecutionContext) -> int:
        return 1 if self.before is None else self.before + 1


class Chain(Task):
    """Submits all steps at once; each waits for the one before it."""

    length: int

    def execute(self, context: ExecutionContext) -> FutureTask[int]:
        step: FutureTask[int] = context.submit_subtask(Step(0, None))
        for number in range(1, self.length):
            step = context.submit_subtask(Step(number, step))
        return step


class Touch(Task):
    stage: int
    number: int

    def execute(self, context: ExecutionContext) -> None:
        earlier = context.job_cache.group(f"stage-{self.stage - 1}")
        if self.stage:
            assert len(list(earlier)) == 3, "a stage starts when the one before has ended"
        context.job_cache.group(f"stage-{self.stage}")[str(self.number)] = b"done"


class Stages(Task):
    """Every task of a stage waits for every task of the stage before it."""

    stages: int

    def execute(self, context: ExecutionContext) -> None:
        group: list[FutureTask[None]] = []
        for stage in range(self.stages):
            tasks = [Touch(stage, number) for number in range(3)]
            group = context.submit_subtasks(tasks, depends_on=group)


if __name__ == "__main__":
    jobs = Client().jobs()
    for length in [int(given) for given in sys.argv[1:]] or [70, 2_000]:
        job = jobs.submit("chain", Chain(length))
        print(f"chain of {length}: {job.result} steps, {len(job.tasks())} tasks, {job.state.value}")
    job = jobs.submit("stages", Stages(70)).wait()
    print(f"70 stages of 3: {len(job.tasks())} tasks, {job.state.value}")
