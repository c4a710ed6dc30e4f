"""Several processes run one job: its driver lends attempts to the workers of the others."""

from __future__ import annotations

import json
import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from fairlead.core.states import JobState, TaskState

if TYPE_CHECKING:
    from conftest import Programs

NOTHING_LENT = "SELECT (SELECT count(*) FROM loan) + (SELECT count(*) FROM offer)"


def result(programs: Programs, job: str) -> object:
    """Return the result of a job's root task."""
    [root] = [task for task in programs.backend.tasks(job) if task.parent_id is None]
    found = programs.backend.result(root.id)
    return None if found is None else json.loads(found)


def outcomes(programs: Programs, job: str, identifier: str) -> list[str]:
    """Return how each attempt at the tasks of one definition ended."""
    tasks = [task for task in programs.backend.tasks(job) if task.identifier == identifier]
    return [attempt.outcome for task in tasks for attempt in programs.backend.attempts(task.id)]


def finished(programs: Programs) -> set[str]:
    """Return what is recorded as finished, in the words of the ledger."""
    rows = programs.read(
        "SELECT lower(identifier), CAST(input AS TEXT) ->> 'number' FROM task"
        " WHERE state IN ('COMPUTED', 'COMPLETED')"
    )
    return {name if number is None else f"{name}-{number}" for name, number in rows}


def waits(programs: Programs, times: int = 1) -> bool:
    return len(programs.ran().get("wait", ())) == times


def test_each_program_runs_the_tasks_that_it_knows(programs: Programs) -> None:
    right = programs.start_offering("Right")
    job = programs.submit("Both", 30)
    left = programs.start("all", "Both", "Left", "Total")
    assert left.wait() == 0

    view = programs.backend.job(job)
    assert view.state is JobState.COMPLETED
    # The total is of what the right tasks returned, and it saw what they had cached.
    assert result(programs, job) == [10 * sum(range(30)), sorted(map(str, range(30)))]
    ran = programs.ran()
    assert {name for name, where in ran.items() if where == [right.pid]} == {
        f"right-{number}" for number in range(30)
    }
    # The subtasks of the right tasks are the left program's again.
    assert all(ran[f"left-{number}"] == [left.pid] for number in [*range(30), *range(100, 130)])


def test_what_a_borrowed_task_says_is_kept_with_it(programs: Programs) -> None:
    programs.start_offering("Right")
    job = programs.submit("Both", 3)
    assert programs.start("all", "Both", "Left", "Total").wait() == 0

    tasks = [task for task in programs.backend.tasks(job) if task.identifier == "Right"]
    assert [task.display for task in tasks] == ["Right(0)", "Right(1)", "Right(2)"]
    for number, task in enumerate(tasks):
        records = list(programs.backend.logs(task_id=task.id))
        assert [(log.level, log.message, log.fields) for log in records] == [
            ("info", "on the right", {"number": number}),
            ("stdout", f"printed by right {number}", {}),
        ]


def test_two_runners_of_one_program_share_a_job(programs: Programs) -> None:
    both = [programs.start_offering("Share", "Work", "Sum") for _ in range(2)]
    job = programs.submit("Share", 60, 0.05)
    programs.until(lambda: programs.backend.job(job).state is JobState.COMPLETED)

    assert result(programs, job) == sum(range(60))
    ran = programs.ran()
    assert all(len(where) == 1 for where in ran.values()), "nothing runs twice"
    assert outcomes(programs, job, "Work") == ["SUCCEEDED"] * 60
    shares = [[*ran.values()].count([one.pid]) for one in both]
    assert sum(shares) == 62
    assert min(shares) >= 5
    assert programs.read("SELECT count(*) FROM loan") == [(0,)]


def test_worker_processes_of_two_runners_share_a_job(programs: Programs) -> None:
    for _ in range(2):
        programs.start_offering("Share", "Work", "Sum", FAIRLEAD_WORKERS="processes:1")
    job = programs.submit("Share", 200, 0.02)
    programs.until(lambda: programs.backend.job(job).state is JobState.COMPLETED)

    assert result(programs, job) == sum(range(200))
    assert all(len(where) == 1 for where in programs.ran().values()), "nothing runs twice"
    assert len(programs.parents()) == 2


def test_run_all_helps_a_job_that_another_process_drives_and_returns(programs: Programs) -> None:
    job = programs.submit("Share", 60, 0.05)
    driver = programs.start("all", "Share", "Work", "Sum", FAIRLEAD_WORKERS="threads:2")
    programs.until(lambda: "work-0" in programs.ran())
    helper = programs.start("all", "Work", FAIRLEAD_WORKERS="threads:2")
    assert helper.wait() == 0
    assert driver.wait() == 0
    assert result(programs, job) == sum(range(60))
    assert helper.pid in {process for where in programs.ran().values() for process in where}
    assert programs.read(NOTHING_LENT) == [(0,)]


def test_run_all_returns_where_a_driver_has_nothing_for_it(programs: Programs) -> None:
    programs.submit("Asks")
    driver = programs.start("all", "Asks", "Wait")
    programs.until(lambda: waits(programs))
    assert programs.start("all", "Left").wait() == 0
    assert driver.poll() is None
    programs.go_on()
    assert driver.wait() == 0


def test_kill_9_of_a_borrower_loses_nothing(programs: Programs) -> None:
    borrower = programs.start_offering("Wait")
    job = programs.submit("Asks")
    driver = programs.start("forever", "Asks")
    programs.until(lambda: waits(programs))
    borrower.send_signal(signal.SIGKILL)
    borrower.wait()
    again = programs.start("forever", "Wait")
    programs.until(lambda: waits(programs, 2))
    programs.go_on()
    programs.until(lambda: programs.backend.job(job).state is JobState.COMPLETED)

    assert programs.ran() == {"asks": [driver.pid], "wait": [borrower.pid, again.pid]}
    assert outcomes(programs, job, "Wait") == ["LOST", "SUCCEEDED"]
    assert result(programs, job) == "went on"


def test_kill_9_of_the_driver_loses_nothing(programs: Programs) -> None:
    borrower = programs.start_offering("Wait")
    job = programs.submit("Asks")
    driver = programs.start("all", "Asks")
    programs.until(lambda: waits(programs))
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    # The borrower takes the job over: what it had borrowed counts as lost, and runs again.
    programs.until(lambda: waits(programs, 2))
    programs.go_on()
    programs.until(lambda: programs.backend.job(job).state is JobState.COMPLETED)

    assert programs.ran() == {"asks": [driver.pid], "wait": [borrower.pid, borrower.pid]}
    assert outcomes(programs, job, "Wait") == ["LOST", "SUCCEEDED"]
    assert outcomes(programs, job, "Asks") == ["SUCCEEDED"]


def test_a_borrower_that_is_interrupted_gives_back_what_it_had(programs: Programs) -> None:
    borrower = programs.start_offering("Wait")
    job = programs.submit("Asks")
    programs.start("forever", "Asks")
    programs.until(lambda: waits(programs))
    borrower.send_signal(signal.SIGINT)
    borrower.wait()
    programs.go_on()
    programs.start("forever", "Wait")
    programs.until(lambda: programs.backend.job(job).state is JobState.COMPLETED)
    assert outcomes(programs, job, "Wait") == ["RELEASED", "SUCCEEDED"]
    [row] = programs.read("SELECT platform_failures FROM task WHERE identifier = 'Wait'")
    assert row == (0,)


def test_cancelling_a_job_reaches_what_is_lent(programs: Programs) -> None:
    programs.start_offering("Wait")
    job = programs.submit("Asks")
    programs.start("forever", "Asks")
    programs.until(lambda: waits(programs))
    programs.backend.cancel_job(job)
    programs.until(lambda: programs.backend.job(job).state is JobState.CANCELLED)
    # The task saw that it should stop, and returned: it keeps what it returned.
    [task] = [task for task in programs.backend.tasks(job) if task.identifier == "Wait"]
    assert task.state is TaskState.COMPLETED
    assert json.loads(programs.backend.result(task.id) or b"") == "stopped"


def test_stopping_one_task_reaches_it_where_it_is_lent(programs: Programs) -> None:
    programs.start_offering("Wait")
    job = programs.submit("Asks")
    programs.start("forever", "Asks")
    programs.until(lambda: waits(programs))
    [task] = [task for task in programs.backend.tasks(job) if task.identifier == "Wait"]
    programs.backend.stop_task(task.id)
    programs.until(lambda: programs.backend.job(job).state is JobState.COMPLETED)
    assert result(programs, job) == "stopped"


def test_what_is_lent_and_does_not_stop_is_given_up(programs: Programs) -> None:
    programs.start_offering("Wait", FAIRLEAD_GRACE="0.2")
    job = programs.submit("Asks", "true")
    programs.start("forever", "Asks", FAIRLEAD_GRACE="0.2")
    programs.until(lambda: waits(programs))
    programs.backend.cancel_job(job)
    programs.until(lambda: programs.backend.job(job).state is JobState.CANCELLED)
    [task] = [task for task in programs.backend.tasks(job) if task.identifier == "Wait"]
    assert task.state is TaskState.CANCELLED
    programs.until(lambda: programs.read("SELECT count(*) FROM loan") == [(0,)])


def test_a_time_limit_holds_where_a_task_is_lent(programs: Programs) -> None:
    programs.start_offering("Wait")
    job = programs.submit("Asks", "true", 0.3)
    programs.start("forever", "Asks")
    programs.until(lambda: programs.backend.job(job).state is JobState.FAILED)
    assert outcomes(programs, job, "Wait") == ["TIMEOUT"]
    failure = programs.backend.job(job).failure
    assert failure is not None
    assert "took longer than its limit of 0.3 s" in failure.message
    programs.until(lambda: programs.read("SELECT count(*) FROM loan") == [(0,)])


def test_any_of_several_processes_may_be_killed_at_any_time(programs: Programs) -> None:
    names = ("Share", "Work", "Sum")
    job = programs.submit("Share", 150, 0.02)
    dice = random.Random(20261121)
    running = [programs.start("forever", *names) for _ in range(3)]
    recorded: set[str] = set()
    ran: dict[str, list[int]] = {}
    for _ in range(12):
        time.sleep(dice.uniform(0.1, 0.5))
        victim = running.pop(dice.randrange(len(running)))
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        now = programs.ran()
        again = {name for name in recorded if len(now[name]) > len(ran[name])}
        assert not again, f"recorded as finished, yet begun again: {again}"
        recorded = finished(programs)
        ran = programs.ran()
        running.append(programs.start("forever", *names))
    programs.until(lambda: programs.backend.job(job).state is JobState.COMPLETED)

    assert result(programs, job) == sum(range(150))
    assert len(programs.backend.tasks(job)) == 152
    assert len(programs.ran()) == 152


@pytest.mark.parametrize(("cache", "is_lent"), [("folder", True), ("memory", False)])
def test_a_job_is_lent_only_where_its_cache_is_found(
    programs: Programs, cache: str, is_lent: bool
) -> None:
    helper = programs.start_offering("Right")
    job = programs.submit("Both", 4)
    driver = programs.start("all", "Both", "Left", "Right", "Total", CACHE=cache)
    assert driver.wait() == 0
    assert result(programs, job) == [60, ["0", "1", "2", "3"]]
    where = {programs.ran()[f"right-{number}"][0] for number in range(4)}
    assert where <= ({driver.pid, helper.pid} if is_lent else {driver.pid})
