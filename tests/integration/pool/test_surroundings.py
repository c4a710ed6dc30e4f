"""What a task finds around it does not depend on the task before."""

from __future__ import annotations

import os
from pathlib import Path

from pool_bench import eventually, has_said, is_running

from fairlead.sdk.attempt import OutcomeKind


def test_what_a_task_changes_is_put_back(make_bench) -> None:
    bench = make_bench(1, show=False)
    pid = bench.value("pid")

    bench.run("spoil_surroundings")

    assert bench.value("surroundings") == [os.getcwd(), True, 0]
    assert bench.events.text(3) == "heard\n"
    assert bench.value("pid") == pid


def test_no_process_outlives_the_task_that_started_it(make_bench, tmp_path: Path) -> None:
    bench = make_bench(1)

    child = bench.value("start_child", str(tmp_path / "child"))

    assert not is_running(child)
    assert bench.value("echo", 1) == 1


def test_no_process_outlives_a_task_that_is_killed(make_bench, tmp_path: Path) -> None:
    bench = make_bench(1)
    file = tmp_path / "child"
    ticket = bench.submit("start_child_and_wait", str(file))
    eventually(lambda: has_said(file))

    bench.pool.kill(ticket, OutcomeKind.TIMEOUT)
    bench.events.wait(ticket)

    assert not is_running(int(file.read_text()))


def test_a_forked_copy_that_returns_from_the_task_ends_there(make_bench) -> None:
    bench = make_bench(1)

    bench.value("fork_and_return")
    bench.events.wait(*[bench.submit("echo", n) for n in range(20)])

    assert bench.value("echo", 1) == 1


def test_what_a_task_starts_inherits_no_files(make_bench) -> None:
    assert make_bench(1).value("files_of_child") == ["0", "1", "2", "3"]


def test_tasks_do_not_take_the_drivers_standard_input(make_bench) -> None:
    assert make_bench(1).value("read_input") == ""
