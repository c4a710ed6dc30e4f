"""Task classes: optional tasks, whose failure does not fail the job.

The same pipeline in two variants: in the first a required step under an optional task
fails, so that the rest of the optional task is skipped; in the second the failing step
is optional itself, and nothing is skipped.
"""

from fairlead import Client, ExecutionContext, FutureTask, Job, Task


class Step(Task):
    """Says its name."""

    def execute(self, context: ExecutionContext) -> str:
        name = type(self).__name__
        print(name, flush=True)
        return name


class Step1A(Step):
    pass


class Step1B(Task):
    """Fails, however often it is tried."""

    def execute(self, context: ExecutionContext) -> str:
        raise RuntimeError(f"attempt {context.current_task.attempt} failed")


class Step1C(Step):
    pass


class Step2(Step):
    pass


class AlwaysRuns(Step):
    pass


class Step1(Task):
    b_is_optional: bool

    def execute(self, context: ExecutionContext) -> None:
        a = context.submit_subtask(Step1A())
        b = context.submit_subtask(Step1B(), depends_on=[a], optional=self.b_is_optional)
        context.submit_subtask(Step1C(), depends_on=[b])


class OptionalProcessing(Task):
    b_is_optional: bool

    def execute(self, context: ExecutionContext) -> None:
        step1 = context.submit_subtask(Step1(self.b_is_optional))
        context.submit_subtask(Step2(), depends_on=[step1])


class Pipeline(Task):
    b_is_optional: bool

    def execute(self, context: ExecutionContext) -> None:
        optional = context.submit_subtask(OptionalProcessing(self.b_is_optional), optional=True)
        context.submit_subtask(AlwaysRuns(), depends_on=[optional])


class Succeeds(Task):
    """An optional task that succeeds is like any other."""

    def execute(self, context: ExecutionContext) -> object:
        said = context.submit_subtask(Step(), optional=True)
        return context.submit_subtask(Use(said))


class TriesFirst(Task):
    """Optional, with retries: it has failed only when these are used up."""

    def execute(self, context: ExecutionContext) -> object:
        enriched = context.submit_subtask(Step1B(), optional=True, max_retries=3, backoff=0.01)
        return context.submit_subtask(Use(enriched))


class Use(Task):
    """Takes what an optional task may not have: its field admits None."""

    text: str | None

    def execute(self, context: ExecutionContext) -> str:
        return f"used {self.text!r}"


class Look(Task):
    """Takes the future as it is, and asks for the result itself."""

    said: FutureTask[str]

    def execute(self, context: ExecutionContext) -> str:
        try:
            return context.result(self.said)
        except RuntimeError as error:
            return f"saw {error!r}"


class Asks(Task):
    def execute(self, context: ExecutionContext) -> object:
        said = context.submit_subtask(Step1B(), optional=True)
        return context.submit_subtask(Look(said))


def show(title: str, job: Job) -> None:
    print(f"-- {title}", flush=True)
    job.wait()
    for task in job.tasks():
        retried = f" at attempt {task.attempt}" if task.attempt > 1 else ""
        print(f"{task.display}: {task.state.value}{retried}")
    print("the job:", job.state.value, job.result)


if __name__ == "__main__":
    jobs = Client().jobs()
    show("Step1B is required", jobs.submit("required", Pipeline(False)))
    show("Step1B is optional", jobs.submit("optional", Pipeline(True)))
    show("an optional task that succeeds", jobs.submit("well", Succeeds()))
    show("optional with retries", jobs.submit("retried", TriesFirst()))
    show("an optional job", jobs.submit("alone", Step1B(), optional=True))
    show("asking for the result", jobs.submit("asks", Asks()))
