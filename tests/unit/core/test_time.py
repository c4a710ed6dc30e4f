"""What becomes due by time alone: attempts that run too long, tasks that wait too long."""

from __future__ import annotations

from fairlead.core.effects import StopAttempt, StopKind
from fairlead.core.graph import JobGraph
from fairlead.core.node import TaskPolicy

from .recorder import Recorder, spec


def test_an_attempt_out_of_time_is_stopped_once_and_then_reported() -> None:
    recorder = Recorder()
    recorder.add(spec("a", policy=TaskPolicy(timeout=10.0, max_retries=1, backoff=0.0)))
    recorder.start()
    assert recorder.graph.next_wake == recorder.now + 10.0
    recorder.wait(9.9)
    assert recorder.stops == []
    recorder.wait(0.1)
    recorder.wait(50.0)
    assert recorder.stops == [StopAttempt("a", 1, StopKind.TIMEOUT)]
    assert recorder.state("a") == "RUNNING"
    recorder.finish("a", "TIMEOUT")
    assert recorder.state("a") == "QUEUED"


def test_each_attempt_has_its_own_time() -> None:
    recorder = Recorder()
    recorder.add(spec("a", policy=TaskPolicy(timeout=10.0)))
    recorder.start()
    recorder.wait(9.0)
    recorder.finish("a", "LOST")
    recorder.start()
    recorder.wait(9.0)
    assert recorder.stops == []
    recorder.wait(1.0)
    assert recorder.stops == [StopAttempt("a", 2, StopKind.TIMEOUT)]


def test_an_attempt_that_ended_in_time_leaves_nothing_to_wake_for() -> None:
    recorder = Recorder()
    recorder.add(spec("a", policy=TaskPolicy(timeout=10.0)), spec("b"))
    recorder.start()
    recorder.finish("a")
    assert recorder.graph.next_wake is None


def test_a_task_that_finds_no_runner_in_time_fails_without_retry() -> None:
    recorder = Recorder()
    patient = TaskPolicy(queue_timeout=5.0, max_retries=3)
    recorder.add(spec("a", policy=patient), spec("b"))
    recorder.start(9, lambda group: False)
    recorder.wait(5.0)
    assert recorder.states() == {"a": "FAILED", "b": "CANCELLED"}
    assert recorder.graph.node("a").reason == "QueueTimeout: no runner took it within 5 s"
    assert recorder.job == "FAILED"


def test_an_optional_task_that_finds_no_runner_lets_its_dependents_run() -> None:
    recorder = Recorder()
    recorder.add(spec("a", policy=TaskPolicy(queue_timeout=5.0, optional=True)), spec("b", "a"))
    recorder.wait(5.0)
    assert recorder.state("a") == "FAILED_OPTIONAL"
    assert [start.key for start in recorder.start()] == ["b"]


def test_the_wait_for_a_runner_begins_when_the_task_could_start() -> None:
    recorder = Recorder()
    recorder.add(spec("a"), spec("b", "a", policy=TaskPolicy(queue_timeout=5.0)))
    recorder.start()
    recorder.wait(100.0)
    recorder.finish("a")
    recorder.wait(4.0)
    assert [start.key for start in recorder.start()] == ["b"]
    recorder.wait(100.0)
    assert recorder.state("b") == "RUNNING"


def test_time_spent_suspended_does_not_count_as_waiting() -> None:
    recorder = Recorder()
    recorder.add(spec("a", policy=TaskPolicy(queue_timeout=5.0)))
    recorder.wait(1.0)
    recorder.suspend()
    recorder.wait(1000.0)
    assert recorder.state("a") == "QUEUED"
    recorder.resume()
    recorder.wait(4.0)
    assert recorder.state("a") == "QUEUED"
    recorder.wait(1.0)
    assert recorder.state("a") == "FAILED"


def test_a_short_suspension_starts_the_wait_anew() -> None:
    recorder = Recorder()
    recorder.add(spec("a", policy=TaskPolicy(queue_timeout=5.0)))
    recorder.wait(3.0)
    recorder.suspend()
    recorder.wait(1.0)
    recorder.resume()
    recorder.wait(4.0)
    assert recorder.state("a") == "QUEUED"
    recorder.wait(1.0)
    assert recorder.state("a") == "FAILED"


def test_backoffs_go_on_while_the_job_is_suspended() -> None:
    recorder = Recorder()
    recorder.add(spec("a", policy=TaskPolicy(max_retries=1)))
    recorder.start()
    recorder.finish("a", "ERROR")
    recorder.suspend()
    recorder.wait(2.0)
    assert recorder.graph.ready_count == 1
    assert recorder.start() == []


def test_after_a_restart_time_goes_on_where_it_was() -> None:
    recorder = Recorder()
    policy = TaskPolicy(timeout=10.0, max_retries=1, backoff=100.0, max_backoff=100.0)
    recorder.add(spec("a", policy=policy), spec("b", policy=policy))
    recorder.start()
    recorder.finish("b", "ERROR")
    due = recorder.records.tasks["b"].not_before
    recorder.now += 4.0
    recorder.rebuild()
    assert recorder.graph.next_wake == recorder.now + 6.0
    recorder.finish("a")
    assert recorder.graph.next_wake == due


def test_a_known_wait_for_a_runner_survives_a_restart() -> None:
    recorder = Recorder()
    recorder.add(spec("a", policy=TaskPolicy(queue_timeout=5.0)))
    begin = recorder.now
    recorder.records.tasks["a"].waiting_since = begin
    recorder.now += 3.0
    recorder.rebuild()
    assert recorder.graph.next_wake == begin + 5.0


def test_nothing_is_due_in_a_job_without_times() -> None:
    graph = JobGraph()
    graph.tasks_added([spec("a")], 0.0)
    graph.clock_reached(1e9)
    assert graph.next_wake is None
    assert graph.take_effects() == []
