"""One attempt: what it returns for whatever the task's code does."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from typing import Any

import pytest

from fairlead import ExecutionContext, FutureTask, NonRetryableError, Task
from fairlead.core.outcomes import OutcomeKind
from fairlead.sdk.backend import Progress, Ref
from fairlead.sdk.context import current_context


class Do(Task):
    """Does what its name says."""

    what: str

    def execute(self, context: ExecutionContext) -> Any:
        return getattr(self, self.what)(context)

    def nothing(self, context: ExecutionContext) -> None: ...

    def fail(self, context: ExecutionContext) -> None:
        raise ValueError("boom", 3)

    def refuse(self, context: ExecutionContext) -> None:
        raise NonRetryableError("never")

    def leave(self, context: ExecutionContext) -> None:
        sys.exit(3)

    def recurse(self, context: ExecutionContext) -> None:
        self.recurse(context)

    def fill(self, context: ExecutionContext) -> None:
        raise MemoryError

    def interrupt(self, context: ExecutionContext) -> None:
        raise KeyboardInterrupt

    def exotic(self, context: ExecutionContext) -> None:
        raise GeneratorExit

    def unserialisable(self, context: ExecutionContext) -> Any:
        return {"a": object()}

    def foreign(self, context: ExecutionContext) -> Any:
        return FutureTask("x")

    def limit(self, context: ExecutionContext) -> Any:
        return context.submit_subtasks([Do("nothing")] * 3)

    def show(self, context: ExecutionContext) -> int:
        context.current_task.display = "shown"
        context.progress("rows").add(2)
        context.set_status("busy")
        context.job_cache["k"] = b"v"
        return 1

    def show_and_fail(self, context: ExecutionContext) -> None:
        self.show(context)
        self.fail(context)

    def subtasks(self, context: ExecutionContext) -> Any:
        first, second = context.submit_subtasks([Do("nothing"), Do("show")])
        return {"first": first, "rest": [second, 5]}

    def forward(self, context: ExecutionContext) -> Any:
        return context.submit_subtask(Do("show"))

    def current(self, context: ExecutionContext) -> bool:
        return current_context.get() is context


class Later(Task):
    seconds: float = 0.0

    async def execute(self, context: ExecutionContext) -> int:
        await asyncio.sleep(self.seconds)
        return id(asyncio.get_running_loop())


class TestSuccess:
    def test_nothing_is_null(self, attempt: Any):
        outcome = attempt(Do("nothing"))
        assert (outcome.kind, outcome.result, outcome.version) == (
            OutcomeKind.SUCCEEDED, b"null", "v0.0"
        )  # fmt: skip

    def test_what_was_shown_and_written_is_in_the_outcome(self, attempt: Any):
        outcome = attempt(Do("show"))
        assert (outcome.display, outcome.status_text) == ("shown", "busy")
        assert outcome.progress == (Progress("rows", 0, 2),)
        assert outcome.cache_writes == {"k": b"v"}

    def test_futures_in_the_result_are_references(self, attempt: Any):
        outcome = attempt(Do("subtasks"))
        assert outcome.result == b'{"first":null,"rest":[null,5]}'
        assert outcome.result_refs == (Ref(("first",), 0), Ref(("rest", 0), 1))
        assert [child.input for child in outcome.children] == [
            b'{"what":"nothing"}', b'{"what":"show"}'
        ]  # fmt: skip

    def test_a_future_as_the_result(self, attempt: Any):
        outcome = attempt(Do("forward"))
        assert (outcome.result, outcome.result_refs) == (b"null", (Ref((), 0),))

    def test_the_context_is_the_current_one_while_the_task_runs(self, attempt: Any):
        assert attempt(Do("current")).result == b"true"
        assert current_context.get() is None


FAILURES = [
    ("fail", OutcomeKind.ERROR, "ValueError", "('boom', 3)"),
    ("refuse", OutcomeKind.NON_RETRYABLE, "NonRetryableError", "never"),
    ("leave", OutcomeKind.CRASHED, "SystemExit", "Do called sys.exit(3)"),
    ("recurse", OutcomeKind.ERROR, "RecursionError", "maximum recursion depth"),
    ("fill", OutcomeKind.OUT_OF_MEMORY, "MemoryError", ""),
    ("exotic", OutcomeKind.ERROR, "GeneratorExit", ""),
    ("unserialisable", OutcomeKind.NON_RETRYABLE, "TaskResultError", "at result.a"),
    ("foreign", OutcomeKind.NON_RETRYABLE, "TaskResultError", "futures of its own subtasks only"),
]


class TestFailure:
    @pytest.mark.parametrize(("what", "kind", "type", "message"), FAILURES)
    def test_it_is_in_the_outcome_and_nothing_is_raised(
        self, attempt: Any, what: str, kind: OutcomeKind, type: str, message: str
    ):
        outcome = attempt(Do(what))
        assert (outcome.kind, outcome.failure.type) == (kind, type)
        assert message in outcome.failure.message
        assert (outcome.result, outcome.children) == (None, [])

    def test_the_arguments_and_the_user_s_frames_are_kept(self, attempt: Any):
        failure = attempt(Do("fail")).failure
        assert failure.arguments == ["boom", 3]
        assert "in fail" in failure.traceback
        assert "runner/execute.py" not in failure.traceback

    def test_when_it_was_is_told(self, attempt: Any):
        before = time.monotonic()
        assert before <= attempt(Do("fail")).ended <= time.monotonic()

    def test_what_was_shown_before_is_kept_but_not_what_was_written(self, attempt: Any):
        outcome = attempt(Do("show_and_fail"))
        assert (outcome.display, outcome.cache_writes) == ("shown", {})

    def test_a_limit_is_not_retried(self, attempt: Any):
        outcome = attempt(Do("limit"), max_tasks=2)
        assert (outcome.kind, outcome.failure.type) == (
            OutcomeKind.NON_RETRYABLE, "LimitExceededError"
        )  # fmt: skip

    def test_an_interrupt_in_the_main_thread_is_the_user_s(self, attempt: Any):
        with pytest.raises(KeyboardInterrupt):
            attempt(Do("interrupt"))

    def test_an_interrupt_elsewhere_is_the_task_s(self, attempt: Any):
        outcomes: list[Any] = []
        thread = threading.Thread(target=lambda: outcomes.append(attempt(Do("interrupt"))))
        thread.start()
        thread.join()
        assert outcomes[0].failure.type == "KeyboardInterrupt"


class TestAsync:
    def test_one_loop_serves_all_tasks_of_a_thread(self, attempt: Any):
        assert attempt(Later()).result == attempt(Later()).result

    def test_it_works_inside_a_running_loop(self, attempt: Any):
        async def main() -> Any:
            return attempt(Later())

        assert asyncio.run(main()).kind is OutcomeKind.SUCCEEDED

    def test_a_timeout_cancels_it(self, attempt: Any):
        outcome = attempt(Later(30.0), timeout=0.01)
        assert (outcome.kind, outcome.failure.message) == (
            OutcomeKind.TIMEOUT, "it ran longer than its timeout of 0.01 s"
        )  # fmt: skip


def test_input_that_does_not_fit_is_not_retried(host: Any):
    from fairlead.runner.execute import execute
    from fairlead.sdk.attempt import AttemptOrder

    definition = Do.__fairlead__
    order = AttemptOrder("j", "t", 1, "Do", "v0.0", definition.source, b'{"what": 3}')
    outcome = execute(definition, order, host)
    assert (outcome.kind, outcome.failure and outcome.failure.type) == (
        OutcomeKind.NON_RETRYABLE, "TaskInputError"
    )  # fmt: skip
