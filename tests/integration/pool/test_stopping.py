"""Stopping, killing, waiting inside, resizing and closing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from pool_bench import Bench, Recorder, eventually, has_said, is_running

from fairlead.errors import BackendError
from fairlead.runner.pool import WorkerPool
from fairlead.sdk.attempt import OutcomeKind

HERE = os.path.dirname(__file__)


def test_a_running_task_sees_that_it_should_stop(bench: Bench, tmp_path: Path) -> None:
    running = bench.submit("until_stopped", str(tmp_path / "begun"))
    other = bench.submit("until_stopped", str(tmp_path / "other"))
    eventually(lambda: (tmp_path / "begun").exists() and (tmp_path / "other").exists())

    bench.pool.stop(running)

    assert bench.events.wait(running)[0].result == b'"stopped"'
    assert other not in bench.events.outcomes
    bench.pool.stop(other)
    bench.events.wait(other)


def test_a_task_stopped_before_it_begins_sees_it_at_once(make_bench, tmp_path: Path) -> None:
    bench = make_bench(1)
    first = bench.submit("until_stopped", str(tmp_path / "begun"))
    waiting = [bench.submit("until_stopped", "") for _ in range(40)]
    eventually((tmp_path / "begun").exists)

    for ticket in waiting:
        bench.pool.stop(ticket)
    bench.pool.stop(first)

    assert {one.result for one in bench.events.wait(first, *waiting)} == {b'"stopped"'}


def test_stopping_a_waiting_task_does_not_forget_the_running_one(
    make_bench, tmp_path: Path
) -> None:
    bench = make_bench(1)
    running = bench.submit("stop_slowly", str(tmp_path / "begun"))
    waiting = bench.submit("until_stopped", "")
    eventually((tmp_path / "begun").exists)

    bench.pool.stop(running)
    bench.pool.stop(waiting)

    assert {one.result for one in bench.events.wait(running, waiting)} == {b'"stopped"'}


def test_a_signal_to_end_a_worker_asks_its_task_to_stop(bench: Bench) -> None:
    assert bench.value("signal_and_stay", signal.SIGTERM) == "stopped"


def test_a_task_is_killed_alone(make_bench, tmp_path: Path) -> None:
    bench = make_bench(2)
    file = tmp_path / "begun"
    doomed = bench.submit("touch_and_sleep", [str(file), 300])
    eventually(file.exists)
    others = [bench.submit("echo", n) for n in range(60)]

    bench.pool.kill(doomed, OutcomeKind.TIMEOUT)

    [outcome] = bench.events.wait(doomed)
    assert outcome.kind is OutcomeKind.TIMEOUT
    assert outcome.failure is not None
    assert {one.kind for one in bench.events.wait(*others)} == {OutcomeKind.SUCCEEDED}


def test_a_task_killed_before_it_begins_is_released(make_bench, tmp_path: Path) -> None:
    bench = make_bench(1)
    file = tmp_path / "begun"
    first = bench.submit("until_stopped", str(file))
    eventually(file.exists)
    marks = [tmp_path / f"mark{n}" for n in range(30)]
    waiting = [bench.submit("make_file", str(mark)) for mark in marks]

    bench.pool.kill(waiting[0], OutcomeKind.TIMEOUT)
    bench.pool.kill(waiting[-1], OutcomeKind.TIMEOUT)
    killed = bench.events.wait(waiting[0], waiting[-1])
    bench.pool.stop(first)
    bench.events.wait(*waiting)

    assert {one.kind for one in killed} == {OutcomeKind.RELEASED}
    assert [mark.exists() for mark in marks] == [False, *[True] * 28, False]


def test_killing_at_any_moment_hits_nobody_else(bench: Bench) -> None:
    """Kill tasks so short that they often are just done."""
    tickets = []
    for n in range(150):
        victim = bench.submit("sleep", 0.0005 * (n % 4))
        tickets += [victim, bench.submit("echo", n)]
        time.sleep(0.0005 * (n % 3))
        bench.pool.kill(victim, OutcomeKind.TIMEOUT)

    outcomes = bench.events.wait(*tickets)

    assert {one.kind for one in outcomes[1::2]} == {OutcomeKind.SUCCEEDED}
    allowed = {OutcomeKind.SUCCEEDED, OutcomeKind.TIMEOUT, OutcomeKind.RELEASED}
    assert {one.kind for one in outcomes[::2]} <= allowed


def test_the_pool_knows_when_a_task_was_begun(make_bench, tmp_path: Path) -> None:
    bench = make_bench(1)
    before = time.monotonic()
    running = bench.submit("until_stopped", str(tmp_path / "begun"))
    waiting = bench.submit("echo", 1)
    eventually((tmp_path / "begun").exists)

    begun = bench.pool.begun(running)

    assert begun is not None
    assert before <= begun <= time.monotonic()
    assert bench.pool.begun(waiting) is None
    bench.pool.stop(running)
    bench.events.wait(waiting)
    assert bench.pool.begun(running) is None


def test_tasks_behind_a_long_one_go_to_a_free_worker(bench: Bench, tmp_path: Path) -> None:
    long = bench.submit("until_stopped", str(tmp_path / "begun"))
    eventually((tmp_path / "begun").exists)

    bench.events.wait(*[bench.submit("sleep", 0.001) for _ in range(50)])

    assert long not in bench.events.outcomes
    bench.pool.stop(long)
    bench.events.wait(long)


def test_a_task_that_waits_for_others_gives_up_its_place(make_bench, tmp_path: Path) -> None:
    """More tasks wait than there are places; those they wait for are queued behind them."""
    bench = make_bench(1)
    file = tmp_path / "made"
    waiting = [bench.submit("wait_for_file", str(file)) for _ in range(4)]
    making = bench.submit("make_file", str(file))

    outcomes = bench.events.wait(making, *waiting)

    assert {one.result for one in outcomes[1:]} == {b'"seen"'}
    assert sorted(bench.events.waits) == sorted(
        (ticket, begins) for ticket in waiting for begins in (True, False)
    )
    eventually(lambda: len(bench.pool.pids) == 1)


def test_the_pool_grows_and_shrinks(make_bench, tmp_path: Path) -> None:
    bench = make_bench(1)
    files = [tmp_path / f"begun{n}" for n in range(3)]
    tickets = [bench.submit("until_stopped", str(file)) for file in files]

    bench.pool.resize(3)
    eventually(lambda: all(file.exists() for file in files))
    bench.pool.resize(1)
    for ticket in tickets:
        bench.pool.stop(ticket)

    assert {one.result for one in bench.events.wait(*tickets)} == {b'"stopped"'}
    eventually(lambda: len(bench.pool.pids) == 1)
    assert bench.value("echo", 1) == 1


def test_a_closed_pool_has_given_back_what_had_not_begun(make_bench, tmp_path: Path) -> None:
    bench = make_bench(1)
    file = tmp_path / "begun"
    running = bench.submit("until_stopped", str(file))
    waiting = [bench.submit("echo", n) for n in range(30)]
    eventually(file.exists)
    [pid] = bench.pool.pids

    bench.pool.close()

    assert bench.events.outcomes[running].result == b'"stopped"'
    assert {bench.events.outcomes[one].kind for one in waiting} == {OutcomeKind.RELEASED}
    assert not is_running(pid)
    assert not bench.pool.alive
    with pytest.raises(BackendError, match="closed"):
        bench.submit("echo", 1)


def test_what_does_not_stop_in_time_is_killed_uncharged(make_bench, tmp_path: Path) -> None:
    bench = make_bench(1)
    file = tmp_path / "begun"
    running = bench.submit("touch_and_sleep", [str(file), 300])
    eventually(lambda: has_said(file))

    bench.pool.close(0.05)

    assert bench.events.outcomes[running].kind is OutcomeKind.RELEASED
    assert not is_running(int(file.read_text()))


def test_closing_twice_or_from_within_an_event_is_harmless(make_bench) -> None:
    bench = make_bench(1)
    closing = threading.Event()

    def close_when_settled() -> None:
        closing.set()
        bench.pool.close()

    bench.events.settled = close_when_settled
    bench.submit("echo", 1)
    assert closing.wait(60)
    bench.pool.close()
    bench.pool.stop(1)
    bench.pool.kill(1, OutcomeKind.TIMEOUT)

    assert len(bench.events.outcomes) == 1


def test_an_idle_pool_does_nothing(make_bench) -> None:
    bench = make_bench(2)
    eventually(lambda: len(bench.pool.pids) == 2)
    bench.run("leave", 1)
    bench.value("echo", 1)
    eventually(lambda: len(bench.pool.pids) == 2)

    def is_at_rest() -> bool:
        before = bench.events.settlements
        time.sleep(0.3)
        return bench.events.settlements == before

    eventually(is_at_rest)


def test_nothing_is_left_open() -> None:
    """In a process of its own: here, other tests may have left something that goes by and by."""
    code = "import test_stopping; test_stopping.open_and_close_pools()"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HERE, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


def open_and_close_pools() -> None:
    """See that pools leave no file and no thread."""

    def use_one() -> tuple[int, int]:
        events = Recorder()
        bench = Bench(WorkerPool(3, events, executor="pool_tasks:run", files_root="/"), events)
        bench.run("leave", 1)
        bench.pool.close()
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    use_one()
    assert len({use_one() for _ in range(3)}) == 1
