"""What holds in every life a job can have."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy

from hypothesis import given, settings

from fairlead.core.graph import JobGraph
from fairlead.core.node import Key
from fairlead.core.observed import ObservedTask
from fairlead.core.states import FINAL_TASK_STATES, TaskState

from .choices import LIMITS, Life, decisions
from .recorder import Crash, Recorder, snapshot

WELL = {TaskState.COMPLETED, TaskState.FAILED_OPTIONAL, TaskState.SKIPPED}

quick = settings(max_examples=200, deadline=None)


def live(numbers: bytes, look: Callable[[Life], None], *, impatient: bool = True) -> Life:
    """Live the life these numbers decide, and look at it after each event."""
    life = Life(numbers, impatient=impatient)

    def run(event: Callable[[Recorder], object]) -> None:
        event(life.recorder)
        look(life)

    life.run = run
    live_out(life)
    return life


def live_out(life: Life) -> None:
    life.begin()
    while not (life.used_up or life.recorder.graph.is_final):
        life.step()
    life.drain()


@quick
@given(decisions)
def test_every_job_comes_to_its_end(numbers: bytes) -> None:
    life = live(numbers, lambda life: None)
    recorder = life.recorder
    assert recorder.graph.running_count == 0
    if recorder.job == "COMPLETED":
        assert not [key for key, state in recorder.states().items() if state == "FAILED"]
        assert all(task.state in FINAL_TASK_STATES for task in recorder.records.tasks.values())
    else:
        open_states = {task.state for task in recorder.records.tasks.values()}
        assert not open_states & {TaskState.QUEUED, TaskState.RUNNING}


@quick
@given(decisions)
def test_the_graph_and_the_records_agree(numbers: bytes) -> None:
    def look(life: Life) -> None:
        for key, task in life.recorder.records.tasks.items():
            node = life.recorder.graph.node(key)
            assert (node.state, node.reason, node.attempt) == (
                task.state,
                task.reason,
                task.attempt,
            )
            assert node.user_failures == task.user_failures
            assert node.platform_failures == task.platform_failures

    live(numbers, look)


@quick
@given(decisions)
def test_final_stays_final(numbers: bytes) -> None:
    ended: dict[Key, ObservedTask] = {}

    def look(life: Life) -> None:
        for key, task in life.recorder.records.tasks.items():
            if key in ended:
                assert task == ended[key]
            elif task.state in FINAL_TASK_STATES:
                ended[key] = copy(task)

    live(numbers, look)


@quick
@given(decisions)
def test_budgets_are_kept(numbers: bytes) -> None:
    def look(life: Life) -> None:
        for task in life.recorder.records.tasks.values():
            assert task.user_failures <= task.spec.policy.max_retries + 1
            assert task.platform_failures <= LIMITS.platform_budget + 1

    live(numbers, look)


@quick
@given(decisions)
def test_never_more_than_max_parallel_run(numbers: bytes) -> None:
    def look(life: Life) -> None:
        tasks = life.recorder.records.tasks
        started = life.recorder.started
        running = [tasks[key] for key in life.recorder.running()]
        for task in running:
            bound = task.spec.policy.max_parallel
            if bound is None or task.spec.key != started[-1]:
                continue  # tasks without a bound may have started since, and count as well
            assert bound >= len([t for t in running if t.spec.limit_name == task.spec.limit_name])

    live(numbers, look)


@quick
@given(decisions)
def test_ready_is_what_waits_for_nothing(numbers: bytes) -> None:
    """The counters say what looking at every task would say."""

    def look(life: Life) -> None:
        graph = life.recorder.graph
        if graph.is_final:
            return
        for node in graph.nodes.values():
            if node.state is not TaskState.QUEUED:
                assert not node.waiting
                continue
            assert graph.ending is None
            assert node.root is None or not node.root.closed
            assert node.parent is None or node.parent.state is TaskState.COMPUTED
            free = all(
                graph.node(key).state in WELL
                or (graph.node(key).state is TaskState.CANCELLED and graph.node(key).root)
                for key in node.spec.depends_on
            )
            backing_off = node.not_before is not None and node.not_before > life.recorder.now
            assert node.waiting == (free and not backing_off)

    def look_on_time(life: Life) -> None:
        life.recorder.wait(0.0)
        look(life)

    live(numbers, look_on_time)


@quick
@given(decisions)
def test_a_rebuilt_graph_equals_the_one_it_was_rebuilt_from(numbers: bytes) -> None:
    def look(life: Life) -> None:
        life.recorder.wait(0.0)
        before = snapshot(life.recorder.graph)
        rebuilt = JobGraph.rebuild(life.recorder.records.observed(), life.recorder.now)
        rebuilt.clock_reached(life.recorder.now)  # it asks again to stop what is out of time
        assert snapshot(rebuilt) == before

    live(numbers, look, impatient=False)


@quick
@given(decisions)
def test_rebuilding_writes_nothing_where_nothing_is_missing(numbers: bytes) -> None:
    def look(life: Life) -> None:
        before = life.recorder.records.copy()
        life.recorder.rebuild()
        assert life.recorder.records == before

    live(numbers, look)


@quick
@given(decisions)
def test_events_are_idempotent(numbers: bytes) -> None:
    """What is reported or asked twice has happened once."""
    life = Life(numbers, impatient=True)
    recorder = life.recorder

    def run(event: Callable[[Recorder], object]) -> None:
        time = recorder.now
        attempts = number_of_attempts(recorder)
        event(recorder)
        if recorder.now != time or number_of_attempts(recorder) != attempts:
            return  # of a clock and of starting, more is more
        once = recorder.records.copy()
        event(recorder)
        assert recorder.records == once

    life.run = run
    live_out(life)


def number_of_attempts(recorder: Recorder) -> int:
    return sum(task.attempt for task in recorder.records.tasks.values())


@settings(max_examples=100, deadline=None)
@given(decisions)
def test_killed_between_any_two_effects_the_end_is_the_same(numbers: bytes) -> None:
    """Each event is interrupted after each of its writes, and told again after the restart."""
    life = Life(numbers)

    def run(event: Callable[[Recorder], object]) -> None:
        before = life.recorder
        life.recorder = before.twin()
        event(life.recorder)
        writes = 0
        while True:
            crashed = before.twin()
            crashed.die_after = writes
            try:
                event(crashed)
            except Crash:
                crashed.rebuild()
                event(crashed)
                assert crashed.records == life.recorder.records
                writes += 1
            else:
                return

    life.run = run
    live_out(life)
