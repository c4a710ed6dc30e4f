"""The pipeline with an optional part, whose second step's middle part fails."""

from __future__ import annotations

import time

from fairlead import ExecutionContext, Task


class Step1A(Task):
    def execute(self, context: ExecutionContext) -> None: ...


class Step1B(Task):
    def execute(self, context: ExecutionContext) -> None:
        raise RuntimeError("the service is away")


class Step1C(Task):
    def execute(self, context: ExecutionContext) -> None:
        time.sleep(0.01)


class Step1(Task):
    inner_is_optional: bool

    def execute(self, context: ExecutionContext) -> None:
        context.submit_subtask(Step1A())
        failing = context.submit_subtask(Step1B(), optional=self.inner_is_optional)
        # The wait makes sure that it has not been started when its sibling fails.
        context.submit_subtask(Step1C(), depends_on=[failing])


class Step2(Task):
    def execute(self, context: ExecutionContext) -> None: ...


class OptionalProcessing(Task):
    inner_is_optional: bool

    def execute(self, context: ExecutionContext) -> None:
        first = context.submit_subtask(Step1(self.inner_is_optional))
        context.submit_subtask(Step2(), depends_on=[first])


class AlwaysRuns(Task):
    def execute(self, context: ExecutionContext) -> None: ...


class Pipeline(Task):
    inner_is_optional: bool

    def execute(self, context: ExecutionContext) -> None:
        processing = context.submit_subtask(
            OptionalProcessing(self.inner_is_optional), optional=True
        )
        context.submit_subtask(AlwaysRuns(), depends_on=[processing])
