"""What a running task may ask of its context."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from fairlead import (
    DependencyError,
    ExecutionContext,
    FutureTask,
    InvalidRequestError,
    LimitExceededError,
    Task,
    TaskError,
    TaskInputError,
)
from fairlead.sdk.attempt import AttemptOrder, Upstream
from fairlead.sdk.backend import Progress, TaskOptions
from fairlead.sdk.context import children_of


class Square(Task):
    number: int

    def execute(self, context: ExecutionContext) -> int:
        return self.number**2


class Sum(Task):
    parts: list[int]

    def execute(self, context: ExecutionContext) -> int:
        return sum(self.parts)


class SumOfAny(Task):
    parts: list[int | None]

    def execute(self, context: ExecutionContext) -> int:
        return 0


LEFT_BEHIND: list[ExecutionContext] = []


class LeavesItsContext(Task):
    fails: bool

    def execute(self, context: ExecutionContext) -> None:
        LEFT_BEHIND.append(context)
        if self.fails:
            raise ValueError("failed")


class Abstract(Task):
    number: int


@pytest.fixture
def context(host: Any) -> ExecutionContext:
    return context_of(host)


def context_of(host: Any, **changes: Any) -> ExecutionContext:
    values = {"job_id": "job", "task_id": "task", "attempt": 1, "started": 1_700_000_000.0}
    order = AttemptOrder(
        **{**values, "identifier": "Sum", "version": "v0.0", "source": None, "input": b"{}"},
        **changes,
    )
    return ExecutionContext(Sum.__fairlead__, order, host)


class TestSubtasks:
    def test_a_subtask_is_kept_until_the_attempt_ends(self, context: ExecutionContext):
        future = context.submit_subtask(Square(3), max_retries=2, optional=True)
        (child,) = children_of(context)
        assert (child.id, child.identifier, child.input) == (future.id, "Square", b'{"number":3}')
        assert child.options == TaskOptions(max_retries=2, optional=True)
        assert len(future.id) == 25
        assert future.id.isalnum()

    def test_a_replay_makes_the_same_ids(self, host: Any):
        def ids(**changes: Any) -> list[str]:
            context = context_of(host, **changes)
            futures = context.submit_subtasks([Square(1), Square(2)])
            return [future.id for future in [*futures, context.submit_subtask(Square(3))]]

        assert ids() == ids()
        assert len({*ids(), *ids(depth=0)}) == 3

    def test_a_dependency_is_a_position(self, context: ExecutionContext):
        first = context.submit_subtask(Square(1))
        second = context.submit_subtask(Square(2), depends_on=[first, first])
        context.submit_subtask(Square(3), depends_on=[second, first])
        assert [child.depends_on for child in children_of(context)] == [(), (0,), (1, 0)]

    def test_a_value_is_a_dependency_too(self, context: ExecutionContext):
        squares = context.submit_subtasks([Square(1), Square(2)])
        context.submit_subtask(Sum(squares), depends_on=[squares[1]])  # type: ignore[arg-type]
        child = children_of(context)[-1]
        assert child.input == b'{"parts":[null,null]}'
        assert [ref.path for ref in child.refs] == [("parts", 0), ("parts", 1)]
        assert [ref.task for ref in child.refs] == [0, 1]
        assert child.depends_on == (1, 0)

    def test_a_chain_of_ten_thousand(self, context: ExecutionContext):
        before: list[FutureTask[int]] = []
        for number in range(10_000):
            before = [context.submit_subtask(Square(number), depends_on=before)]
        assert children_of(context)[-1].depends_on == (9_998,)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"max_retries": -1}, "max_retries must be a whole number from 0 up, not -1"),
            ({"max_retries": 1.5}, "max_retries must be a whole number"),
            ({"max_retries": True}, "max_retries must be a whole number"),
            ({"backoff": -1}, "backoff must be seconds from 0 up"),
            ({"max_backoff": float("nan")}, "max_backoff must be seconds from 0 up"),
            ({"optional": "yes"}, "optional must be True or False"),
            ({"machine_size": 3}, "machine_size must be the name of a machine size"),
            ({"timeout": 0}, "timeout must be seconds above 0"),
            ({"queue_timeout": float("inf")}, "queue_timeout must be seconds above 0"),
            ({"retries": 3}, "'retries' is not an option; the options are max_retries"),
        ],
    )
    def test_an_option_out_of_range_is_refused(
        self, context: ExecutionContext, options: Any, message: str
    ):
        with pytest.raises(InvalidRequestError, match=message):
            context.submit_subtask(Square(1), **options)
        assert children_of(context) == []

    @pytest.mark.parametrize(
        ("task", "message"),
        [
            (Square, r"Square is a class; submit an instance: Square\(\.\.\.\)"),
            (3, "int is no task"),
            (Abstract(1), "Abstract has no execute method"),
        ],
        ids=repr,
    )
    def test_what_is_no_task_is_refused(self, context: ExecutionContext, task: Any, message: str):
        with pytest.raises(InvalidRequestError, match=message):
            context.submit_subtask(task)

    @pytest.mark.parametrize("foreign", [FutureTask("x"), "x", Square(1)], ids=repr)
    def test_a_foreign_dependency_is_refused(self, context: ExecutionContext, foreign: Any):
        with pytest.raises(DependencyError):
            context.submit_subtask(Square(1), depends_on=[foreign])

    def test_a_future_of_another_context_is_refused(self, host: Any):
        foreign: Any = context_of(host).submit_subtask(Square(1))
        with pytest.raises(DependencyError, match="no future of this submission"):
            context_of(host).submit_subtask(Sum([foreign]))

    def test_one_wrong_task_stops_all(self, context: ExecutionContext):
        with pytest.raises(InvalidRequestError):
            context.submit_subtasks([Square(1), 3])
        assert children_of(context) == []

    def test_an_optional_future_needs_a_field_that_admits_none(self, context: ExecutionContext):
        part: Any = context.submit_subtask(Square(1), optional=True)
        with pytest.raises(TaskInputError, match=r"Sum\.parts\[0\] is the future of an optional"):
            context.submit_subtask(Sum([part]))
        context.submit_subtask(SumOfAny([part]))

    def test_depth_is_limited(self, host: Any):
        with pytest.raises(LimitExceededError, match="Sum is 3 levels deep"):
            context_of(host, depth=3, max_depth=3).submit_subtask(Square(1))
        context_of(host, depth=2, max_depth=3).submit_subtask(Square(1))

    def test_the_number_of_subtasks_is_limited(self, host: Any):
        context = context_of(host, max_tasks=2)
        context.submit_subtasks([Square(1), Square(2)])
        with pytest.raises(LimitExceededError, match="3 subtasks are more than the 2 tasks"):
            context.submit_subtask(Square(3))


class TestResults:
    def test_a_finished_future_gives_its_result(self, context: ExecutionContext):
        future = FutureTask[int]("a", known=Upstream("a", "COMPLETED", b"9"))
        assert context.result(future) == 9

    def test_waiting_for_an_own_subtask_is_an_error_that_says_so(self, context: ExecutionContext):
        with pytest.raises(DependencyError, match="a subtask runs after the task that submitted"):
            context.result(context.submit_subtask(Square(3)))

    def test_a_known_result_is_written_into_a_subtask(self, context: ExecutionContext):
        future: Any = FutureTask("a", known=Upstream("a", "COMPLETED", b"9"))
        context.submit_subtask(Sum([1, future]), depends_on=[future])
        (child,) = children_of(context)
        assert (child.input, child.refs, child.depends_on) == (b'{"parts":[1,9]}', (), ())


class TestSaying:
    def test_the_logger_takes_any_field(self, context: ExecutionContext, host: Any):
        context.logger.info("Fetched", message="m", event="e", self=1, articles=12)
        context.logger.debug("d")
        context.logger.warning("w")
        try:
            raise ValueError("x")
        except ValueError:
            context.logger.exception("e")
        assert host.lines[0] == (
            "info", "Fetched", {"message": "m", "event": "e", "self": 1, "articles": 12}
        )  # fmt: skip
        assert [level for level, _, _ in host.lines] == ["info", "debug", "warning", "error"]
        assert "ValueError: x" in host.lines[3][2]["traceback"]

    def test_a_span_is_kept_as_a_debug_line(self, context: ExecutionContext, host: Any):
        def fetch() -> None:
            with context.tracer.span("fetch") as span:
                span.set_attribute("articles", 12)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fetch()
        level, message, fields = host.lines[0]
        assert (level, message, fields["span"], fields["articles"]) == (
            "debug", "span", "fetch", 12
        )  # fmt: skip
        assert fields["duration_ms"] >= 0

    def test_the_display(self, context: ExecutionContext, host: Any):
        assert context.current_task.display == "Sum"
        context.current_task.display = "Sum of three"
        assert context.current_task.display == "Sum of three"
        assert host.reports == [("Sum of three", (), None)]

    def test_progress(self, context: ExecutionContext, host: Any):
        context.progress("pages").add(3)
        context.progress("pages").done(2)
        context.progress("rows").add(1)
        assert host.reports[-1][1] == (Progress("pages", 2, 3), Progress("rows", 0, 1))
        assert host.reports[0][1] == (Progress("pages", 0, 3),)

    @pytest.mark.parametrize("count", [-1, 1.5, "1", True, 3])
    def test_progress_out_of_range(self, context: ExecutionContext, count: Any):
        progress = context.progress("pages")
        progress.add(2)
        with pytest.raises(ValueError, match="progress"):
            progress.done(count)
        assert context.progress_numbers() == (Progress("pages", 0, 2),)


class TestSurroundings:
    def test_own_cache_writes_are_seen_at_once_and_published_by_nobody_else(
        self, context: ExecutionContext, host: Any
    ):
        host.committed["old"] = b"1"
        squares = context.job_cache.group("squares")
        squares["3"] = b"9"
        assert context.job_cache.group("squares")["3"] == b"9"
        assert context.job_cache["old"] == b"1"
        assert list(squares) == ["3"]
        assert list(host.committed) == ["old"]

    def test_should_stop(self, context: ExecutionContext, host: Any):
        assert not context.should_stop
        host.stopping = True
        assert context.should_stop

    def test_files(self, context: ExecutionContext, host: Any):
        (context.files / "out.txt").write_text("x")
        assert (host.folder / "out.txt").read_text() == "x"


@pytest.mark.parametrize("fails", [False, True])
def test_what_a_thread_submits_after_the_task_has_ended_is_refused(attempt: Any, fails: bool):
    attempt(LeavesItsContext(fails))
    context = LEFT_BEHIND.pop()
    with ThreadPoolExecutor() as threads:
        late = threads.submit(context.submit_subtask, Square(1))
    with pytest.raises(TaskError, match="LeavesItsContext has ended, so nothing can be submitted"):
        late.result()
    with pytest.raises(TaskError, match="has ended"):
        context.submit_subtasks([Square(1)])
