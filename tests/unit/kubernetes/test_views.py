"""Jobs, tasks and attempts as the SDK shows them, from objects of the API server."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.kubernetes.objects import CREATED, a_job, a_task, an_id, ended, failed

from fairlead.api.identity import job_identity
from fairlead.api.times import seconds
from fairlead.backends.kubernetes.failures import attempt_views, failure_of_task
from fairlead.backends.kubernetes.listing import job_views
from fairlead.backends.kubernetes.tree import JobTree
from fairlead.backends.kubernetes.views import job_view, task_view, task_views
from fairlead.core.states import JobState, TaskState
from fairlead.errors import TaskCancelledError
from fairlead.sdk.backend import Progress
from fairlead.sdk.failures import error_of

AT = seconds(CREATED) or 0.0


class TestTask:
    def test_what_it_was_submitted_with(self) -> None:
        first = a_task("0", id=an_id("a"))
        second = a_task(
            "1",
            id=an_id("b"),
            title="tokyo",
            dependsOn=["0"],
            retry={"limit": 3},
            failurePolicy="Ignore",
            machineSize="large",
        )
        view = task_view(second, JobTree(a_job(), [first, second]))

        assert (view.id, view.job_id, view.parent_id) == (an_id("b"), an_id("j"), None)
        assert (view.key, view.display) == ("tokyo", "tokyo")
        assert (view.max_retries, view.optional, view.machine_size) == (3, True, "large")
        assert view.depends_on == (an_id("a"),)
        assert (view.state, view.attempt, view.created) == (TaskState.QUEUED, 0, AT)
        assert (view.started, view.ended, view.failure) == (None, None, None)

    def test_what_became_of_it(self) -> None:
        status = ended(
            display="Square(3)",
            statusText="done",
            progressDetails=[{"label": "tiles", "done": 2, "total": 3}, {"label": ""}],
        )
        task = a_task(status=status)
        view = task_view(task, JobTree(a_job(), [task]))

        assert (view.state, view.attempt, view.display) == (TaskState.COMPLETED, 1, "Square(3)")
        assert (view.started, view.ended) == (AT + 3.25, AT + 5.5)
        assert view.progress == (Progress("tiles", 2, 3), Progress("", 0, 0))
        assert view.status_text == "done"

    def test_the_key_of_a_task_of_a_file_is_its_name_and_of_others_none(self) -> None:
        named, numbered = a_task("fetch"), a_task("3")
        tree = JobTree(a_job(), [named, numbered])

        assert task_view(named, tree).key == "fetch"
        assert task_view(numbered, tree).key is None
        assert task_view(numbered, tree).display == "Step"

    def test_dependencies_are_the_newest_objects_and_values_count(self) -> None:
        old = a_task("0", id=an_id("a"))
        new = a_task("0", id=an_id("b"), run=2)
        other = a_task("1", id=an_id("c"))
        reference = {"path": "/parts/0", "task": "0", "count": 2}
        after = a_task("2", id=an_id("d"), inputFrom=[reference])
        view = task_view(after, JobTree(a_job(), [old, new, other, after]))

        assert view.depends_on == (an_id("b"), an_id("c"))

    def test_a_range_of_dependencies(self) -> None:
        tasks = [a_task(str(number), id=an_id("abc"[number])) for number in range(3)]
        after = a_task("3", dependsOn=["0:3"])

        view = task_view(after, JobTree(a_job(), [*tasks, after]))
        assert view.depends_on == (an_id("a"), an_id("b"), an_id("c"))

    def test_a_subtask_names_its_parent(self) -> None:
        root = a_task("0", id=an_id("r"), status=ended("Computed"))
        child = a_task("0", parent=root, id=an_id("c"))
        [first, second] = task_views(JobTree(a_job(), [root, child]))

        assert (first.parent_id, second.parent_id) == (None, an_id("r"))

    def test_history_has_what_a_retry_has_replaced(self) -> None:
        tree = JobTree(a_job(), [a_task("0"), a_task("0", run=2, id=an_id("u"))])

        assert [view.superseded for view in task_views(tree, history=True)] == [True, False]
        assert [view.run for view in task_views(tree)] == [2]


class TestFailure:
    def test_of_an_exception(self) -> None:
        failure = failure_of_task(a_task(status=failed()))

        assert failure is not None
        assert (failure.kind, failure.summary) == ("ERROR", "ValueError: no tiles")
        error = error_of(failure)
        assert (type(error), error.args) == (ValueError, ("no tiles",))

    def test_of_an_attempt_that_never_told(self) -> None:
        record = {"attempt": 1, "kind": "OutOfMemory", "message": "wanted more than 512Mi"}
        task = a_task(status={"state": "FailedOptional", "attempts": [record]})
        failure = failure_of_task(task)

        assert failure is not None
        assert (failure.kind, failure.message) == ("OUT_OF_MEMORY", "wanted more than 512Mi")

    def test_of_one_that_never_started(self) -> None:
        status = {"state": "Failed", "reason": "QueueTimeout: it waited for 5 s"}
        failure = failure_of_task(a_task(status=status))

        assert failure is not None
        assert isinstance(error_of(failure), TimeoutError)
        assert "waited for 5 s" in failure.message

    @pytest.mark.parametrize("state", ["Queued", "Running", "Computed", "Cancelled", "Skipped"])
    def test_only_what_failed_has_one(self, state: str) -> None:
        assert failure_of_task(a_task(status=failed(state))) is None


class TestAttempts:
    def test_ended_ones_and_the_present_one(self) -> None:
        record = {
            "attempt": 1,
            "kind": "Error",
            "version": "v0.1",
            "startTime": "2026-03-01T10:00:01Z",
            "endTime": "2026-03-01T10:00:02Z",
            "type": "ValueError",
            "message": "ValueError: first",
            "traceback": "Traceback",
        }
        first, second = attempt_views(a_task(status=ended(attempt=2, attempts=[record])))

        assert (first.outcome, first.started, first.ended) == ("ERROR", AT + 1, AT + 2)
        assert first.failure is not None
        assert (first.failure.type, first.failure.message) == ("ValueError", "first")
        assert first.failure.traceback == "Traceback"
        assert (second.attempt, second.outcome, second.failure) == (2, "SUCCEEDED", None)
        assert (second.started, second.ended, second.version) == (AT + 3.25, AT + 5.5, "v0.1")

    def test_what_they_took(self) -> None:
        took = {"wallMilliseconds": 1500, "cpuMilliseconds": 700, "peakMemoryBytes": 2**20}
        record = {"attempt": 1, "kind": "Error", "endTime": "2026-03-01T10:00:02Z", "usage": took}
        task = a_task(status=ended(attempt=2, attempts=[record]))
        assert [view.usage for view in attempt_views(task)] == [(1.5, 0.7, 2**20), None]

    def test_a_failed_one_that_is_recorded_is_not_there_twice(self) -> None:
        record = {"attempt": 1, "kind": "Error", "startTime": "2026-03-01T10:00:01Z"}

        assert len(attempt_views(a_task(status={**failed(), "attempts": [record]}))) == 1

    def test_a_running_one(self) -> None:
        status = {"state": "Running", "attempt": 1, "startTime": "2026-03-01T10:00:03Z"}
        [running] = attempt_views(a_task(status=status))

        assert (running.outcome, running.ended) == ("RUNNING", None)

    def test_one_that_was_handed_back_before_it_began_was_none(self) -> None:
        record = {"attempt": 1, "kind": "Released", "endTime": "2026-03-01T10:00:02Z"}
        status = {"state": "Queued", "attempt": 1, "attempts": [record]}

        assert attempt_views(a_task(status=status)) == []


class TestJob:
    def test_as_it_runs(self) -> None:
        status = {
            "state": "Running",
            "run": 1,
            "startTime": "2026-03-01T10:00:01Z",
            "tasks": {"total": 5, "queued": 2, "running": 1, "failedOptional": 2},
        }
        view = job_view(a_job(status=status, style="Workflow", tasks=[], machineGroup="small-1"))

        assert (view.id, view.name, view.style) == (an_id("j"), "a job", "workflow")
        assert (view.state, view.closed, view.driven) == (JobState.RUNNING, True, True)
        assert (view.started, view.ended, view.machine_group) == (AT + 1, None, "small-1")
        assert view.counts == {
            TaskState.QUEUED: 2, TaskState.RUNNING: 1, TaskState.FAILED_OPTIONAL: 2,
        }  # fmt: skip

    def test_a_new_run_that_has_not_begun_is_queued(self) -> None:
        view = job_view(a_job(run=2, status={"state": "Failed", "run": 1, "reason": "TaskFailed"}))

        assert (view.state, view.run, view.reason, view.failure) == (JobState.QUEUED, 2, None, None)

    @pytest.mark.parametrize(("closed", "expected"), [(None, False), ({"tasks": 2}, True)])
    def test_a_session_is_open_until_it_is_closed(self, closed: Any, expected: bool) -> None:
        job = a_job(**({"closed": closed} if closed else {}))

        assert job_view(job).closed is expected

    def test_of_a_file_it_is_called_by_its_object_and_always_has_the_same_id(self) -> None:
        job = a_job()
        del job["spec"]["id"], job["spec"]["title"]
        view = job_view(job)

        assert view.name == "a-job"
        assert view.id == job_identity(job)
        assert len(view.id) == 25

    def test_its_failure_is_that_of_its_first_failed_task(self) -> None:
        status = {
            "state": "Failed",
            "run": 1,
            "failure": {"task": "x", "identifier": "Step", "kind": "Error", "type": "ValueError"},
        }
        job = a_job(status=status)

        whole = job_view(job, a_task(status=failed())).failure
        assert whole is not None
        assert whole.arguments == ["no tiles"]
        brief = job_view(job).failure
        assert brief is not None
        assert (brief.kind, brief.type) == ("ERROR", "ValueError")

    def test_a_cancelled_task_makes_its_failure_a_cancellation(self) -> None:
        job = a_job(status={"state": "Failed", "run": 1, "reason": "TaskCancelled"})
        failure = job_view(job, a_task(status={"state": "Cancelled"})).failure

        assert failure is not None
        assert isinstance(error_of(failure), TaskCancelledError)

    def test_without_any_task_it_is_what_its_conditions_say(self) -> None:
        condition = {
            "type": "Failed",
            "status": "True",
            "reason": "InvalidGraph",
            "message": "a -> b -> a is a circle",
        }
        failure = job_view(
            a_job(status={"state": "Failed", "run": 1, "conditions": [condition]})
        ).failure

        assert failure is not None
        assert failure.summary == "InvalidGraph: a -> b -> a is a circle"

    def test_by_name_and_state_the_first_so_many(self) -> None:
        jobs = [
            a_job(title=title, status={"state": state, "run": 1})
            for title in ("a", "b")
            for state in ("Running", "Failed", "Completed")
        ]
        done = [JobState.FAILED, JobState.COMPLETED]

        assert [view.state for view in job_views(jobs, "b", done, 5)] == done
        assert [view.name for view in job_views(jobs, None, (), 4)] == ["a", "a", "a", "b"]
