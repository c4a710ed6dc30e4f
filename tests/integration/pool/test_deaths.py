"""Processes killed from outside: nothing is lost, done twice or left behind."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from pool_bench import Bench, eventually, has_said, is_running, zygote_of

from fairlead.errors import BackendError
from fairlead.sdk.attempt import OutcomeKind

HERE = os.path.dirname(__file__)

DRIVER = textwrap.dedent("""
    import json, os, sys, threading, time
    sys.path.append(sys.argv[1])
    from pool_bench import Bench, Recorder, parent_of
    from fairlead.runner.pool import WorkerPool

    def main():
        events = Recorder()
        pool = WorkerPool(2, events, executor="pool_tasks:run", files_root=os.devnull)
        bench = Bench(pool, events)
        bench.submit("start_child_and_wait", sys.argv[2])
        bench.submit("sleep", 300)
        if sys.argv[3] == "fork" and os.fork() == 0:
            time.sleep(300)
        while len(pool.pids) < 2:
            time.sleep(0.01)
        zygote = parent_of(pool.pids[0])
        print(json.dumps([zygote, *pool.pids]), flush=True)
        if sys.argv[3] == "return":
            return
        time.sleep(300)

    thread = threading.Thread(target=main)
    thread.start()
    thread.join()
    if sys.argv[3] == "return":
        os._exit(0)
""")


@pytest.mark.parametrize(
    ("how", "number"),
    [("stay", signal.SIGKILL), ("stay", signal.SIGTERM), ("fork", signal.SIGKILL), ("return", 0)],
)
def test_nothing_outlives_the_driver(tmp_path: Path, how: str, number: int) -> None:
    file = tmp_path / "child"
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, HERE, str(file), how],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert driver.stdout is not None
    pids = [int(pid) for pid in driver.stdout.readline().strip("[]\n").split(",")]
    if how != "return":
        eventually(lambda: has_said(file))
        pids.append(int(file.read_text()))
        driver.send_signal(number)
    driver.wait()

    eventually(lambda: not any(is_running(pid) for pid in pids))
    if how == "fork":
        os.killpg(driver.pid, signal.SIGKILL)
    driver.stdout.close()


def test_an_interrupt_from_the_keyboard_leaves_the_workers_alone(bench: Bench) -> None:
    """The driver decides what it means; here the signal goes to the workers and the zygote."""
    ticket = bench.submit("sleep", 0.3)
    eventually(lambda: len(bench.pool.pids) == 2)
    for pid in [*bench.pool.pids, present_zygote(bench)]:
        os.kill(pid, signal.SIGINT)

    assert bench.events.wait(ticket)[0].kind is OutcomeKind.SUCCEEDED
    assert bench.value("echo", 1) == 1


def test_a_killed_zygote_is_replaced(bench: Bench, tmp_path: Path) -> None:
    files = [tmp_path / f"begun{n}" for n in range(2)]
    running = [bench.submit("touch_and_sleep", [str(file), 300]) for file in files]
    waiting = [bench.submit("echo", n) for n in range(60)]
    eventually(lambda: all(has_said(file) for file in files))

    os.kill(present_zygote(bench), signal.SIGKILL)

    assert {one.kind for one in bench.events.wait(*running)} == {OutcomeKind.LOST}
    assert {one.kind for one in bench.events.wait(*waiting)} == {OutcomeKind.SUCCEEDED}
    assert not any(is_running(int(file.read_text())) for file in files)
    assert bench.pool.alive


def test_a_pool_whose_zygotes_keep_dying_gives_up(bench: Bench) -> None:
    while bench.pool.alive:
        kill_zygote(bench)
        with contextlib.suppress(BackendError):  # it may have given up just now
            bench.submit("sleep", 300)
    bench.pool.close()

    assert sorted(bench.events.outcomes) == bench.submitted
    kinds = {one.kind for one in bench.events.outcomes.values()}
    assert kinds <= {OutcomeKind.LOST, OutcomeKind.RELEASED}


def test_a_pool_that_cannot_start_another_zygote_gives_up(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever for what was submitted."""
    file = tmp_path / "begun"
    running = bench.submit("touch_and_sleep", [str(file), 300])
    waiting = [bench.submit("sleep", 300) for _ in range(60)]
    eventually(lambda: has_said(file))

    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    os.kill(present_zygote(bench), signal.SIGKILL)

    assert bench.events.wait(running)[0].kind is OutcomeKind.LOST
    kinds = {one.kind for one in bench.events.wait(*waiting)}
    assert kinds <= {OutcomeKind.LOST, OutcomeKind.RELEASED}
    eventually(lambda: not bench.pool.alive)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_pool_that_may_open_no_more_files_finishes_what_it_has(
    bench: Bench, tmp_path: Path
) -> None:
    file = tmp_path / "begun"
    tickets = [bench.submit("touch_and_sleep", [str(file), 300]) for _ in range(60)]
    eventually(lambda: has_said(file))

    most, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))), hard))
    try:
        bench.pool.resize(100)
        outcomes = bench.events.wait(*tickets)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))

    assert {one.kind for one in outcomes} == {OutcomeKind.LOST}
    assert "Too many open files" in outcomes[0].failure.message
    eventually(lambda: not bench.pool.alive)
    eventually(lambda: not is_running(int(file.read_text().split()[0])))


def test_random_kills_lose_nothing_and_finish_nothing_twice(make_bench) -> None:
    bench = make_bench(3)
    chance = random.Random(7)
    tickets = [bench.submit("sleep", chance.choice([0, 0.001, 0.004])) for _ in range(200)]
    kills = 0
    while len(bench.events.outcomes) < len(tickets):
        pids = bench.pool.pids
        for pid in chance.sample(pids, min(1, len(pids))):
            try:
                os.kill(pid, signal.SIGKILL)
                kills += 1
            except ProcessLookupError:
                continue  # it has just been reaped
        time.sleep(chance.uniform(0, 0.02))

    kinds = [one.kind for one in bench.events.wait(*tickets)]

    assert bench.events.twice == []
    assert set(kinds) <= {OutcomeKind.SUCCEEDED, OutcomeKind.CRASHED}
    assert kinds.count(OutcomeKind.CRASHED) <= kills


def present_zygote(bench: Bench) -> int:
    """Return the pid of the zygote once there are workers, whose parent it is."""
    eventually(lambda: bool(zygote_of(bench.pool.pids)))
    return zygote_of(bench.pool.pids)


def kill_zygote(bench: Bench) -> None:
    """Kill the zygote if it can be found: it may be on its way out already."""
    # There are no workers between two zygotes, nor once the pool has given up.
    eventually(lambda: bool(bench.pool.pids) or not bench.pool.alive)
    zygote = zygote_of(bench.pool.pids)
    if zygote:
        with contextlib.suppress(ProcessLookupError):
            os.kill(zygote, signal.SIGKILL)
