"""Several programs on one store: each job is driven by one, and seen by all."""

from __future__ import annotations

import json
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from fairlead import Client, JobBusyError

from .conftest import Start, states, until

Fairlead = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file in which executions are noted."""
    path = tmp_path / "ledger"
    path.touch()
    monkeypatch.setenv("LEDGER", str(path))
    return path


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    return tmp_path / "gate"


def test_two_programs_submit_and_run_and_nothing_runs_twice(
    start: Start, ledger: Path, client: Client
) -> None:
    programs = [start("steps", "wait", 60) for _ in range(2)]
    programs += [start("steps", "run") for _ in range(2)]
    for program in programs:
        _, errors = program.communicate(timeout=120)
        assert program.returncode == 0, errors

    jobs = client.jobs().query()
    assert [job.state.value for job in jobs] == ["COMPLETED", "COMPLETED"]
    assert Counter(ledger.read_text().split()) == {str(number): 2 for number in range(60)}
    for job in jobs:
        attempts = [client.backend.attempts(task.id) for task in job.tasks()]
        assert {len(one) for one in attempts} == {1}


def test_a_second_program_attaches_follows_and_cancels(
    start: Start, ledger: Path, gate: Path, client: Client
) -> None:
    program = start("steps", "wait", 1, GATE=str(gate))
    job = client.jobs().find(_first_line(program))
    until(lambda: job.tasks()[-1].progress)

    assert job.view.driven
    [progress] = job.tasks()[-1].progress
    assert (progress.label, progress.done, progress.total) == ("steps", 1, 2)
    until(lambda: [one.message for one in client.jobs().logs(job)] == ["stepping"])
    with pytest.raises(JobBusyError):
        client.jobs().retry(job)
    with pytest.raises(JobBusyError):
        client.backend.delete_job(job.id)
    client.jobs().cancel(job)
    job.wait(timeout=120)

    assert job.state.value == "CANCELLED"
    _, errors = program.communicate(timeout=120)
    assert program.returncode == 1
    assert "was cancelled" in errors


def test_a_second_program_waits_and_takes_over_when_the_first_is_killed(
    start: Start, ledger: Path, gate: Path, client: Client
) -> None:
    program = start("steps", "wait", 3, GATE=str(gate))
    job = client.jobs().find(_first_line(program))
    until(lambda: states(job).count("RUNNING") == 3)
    other = start("steps", "run")
    program.send_signal(signal.SIGKILL)
    program.wait()
    gate.touch()
    other.communicate(timeout=120)
    start("steps", "run").communicate(timeout=120)

    assert job.state.value == "COMPLETED"
    lost, *_ = client.backend.attempts(job.tasks()[-1].id)
    assert lost.outcome == "LOST"


def test_suspending_and_resuming_what_another_program_runs(
    start: Start, ledger: Path, gate: Path, client: Client
) -> None:
    program = start("steps", "wait", 40, GATE=str(gate), FAIRLEAD_WORKERS="threads:1")
    job = client.jobs().find(_first_line(program))
    until(lambda: ledger.read_text() != "")
    client.jobs().suspend(job)
    gate.touch()
    until(lambda: "RUNNING" not in states(job))
    done = states(job).count("COMPLETED")
    assert states(job).count("QUEUED") == 40 - done

    client.jobs().resume(job)
    output, _ = program.communicate(timeout=120)
    assert output == f"{sum(range(40))}\n"


def test_runners_of_different_tasks_share_a_job(client: Client) -> None:
    """Neither holds the job while it cannot go on with it."""
    import threading

    from tests.contract.programs.steps import A, B, Root

    job = client.jobs().submit("shared", Root({"steps": {"A": {}, "B": {"after": ["A"]}}}))
    stop = threading.Event()
    runners = [client.runner(tasks=tasks) for tasks in ([Root], [A], [B])]

    def run(runner: object) -> None:
        while not stop.is_set():
            runner.run_all()  # type: ignore[attr-defined]

    for runner in runners:
        threading.Thread(target=run, args=(runner,), daemon=True).start()
    until(lambda: job.state.value == "COMPLETED")
    stop.set()


def test_waiting_does_not_keep_a_job_from_those_who_can_run_it(
    start: Start, ledger: Path, client: Client
) -> None:
    """This process does not know the tasks, so it must let go of the job again."""
    submitting = start("steps", "submit", 3)
    job = client.jobs().find(_first_line(submitting))
    submitting.wait()
    with pytest.raises(TimeoutError):
        job.wait(timeout=0.3)
    until(lambda: not job.view.driven)
    running = start("steps", "run")
    job.wait(timeout=60)

    assert job.state.value == "COMPLETED"
    running.communicate(timeout=120)


def test_a_session_whose_program_was_killed_is_closed_by_whoever_looks_next(
    start: Start, client: Client
) -> None:
    program = start("session")
    job = client.jobs().find(_first_line(program))
    assert not job.view.closed
    program.send_signal(signal.SIGKILL)
    program.wait()
    client.runner().run_all()

    assert job.view.closed
    assert job.state.value == "COMPLETED"
    assert states(job) == ["CANCELLED", "CANCELLED"]


def test_a_session_whose_program_was_killed_is_shown_as_closed(
    start: Start, client: Client, fairlead: Fairlead
) -> None:
    program = start("session")
    job = client.jobs().find(_first_line(program))
    shown = json.loads(fairlead("jobs", "list", "--output", "json").stdout)
    assert [one["state"] for one in shown] == ["RUNNING"]
    program.send_signal(signal.SIGKILL)
    program.wait()

    shown = json.loads(fairlead("jobs", "list", "--output", "json").stdout)
    assert [one["state"] for one in shown] == ["COMPLETED"]
    assert job.view.closed
    assert states(job) == ["CANCELLED", "CANCELLED"]


def test_continuing_a_killed_script_by_the_command_line(
    start: Start, ledger: Path, gate: Path, client: Client, fairlead: Fairlead
) -> None:
    """Its tasks have default identifiers, which hold for its file only."""
    program = start("steps", "wait", 20, GATE=str(gate), FAIRLEAD_WORKERS="threads:2")
    job = client.jobs().find(_first_line(program))
    until(lambda: ledger.read_text() != "")
    program.send_signal(signal.SIGKILL)
    program.wait()
    gate.touch()
    ended = fairlead("jobs", "run", job.id)

    assert ended.returncode == 0, ended.stderr
    assert job.state.value == "COMPLETED"
    assert states(job) == ["COMPLETED"] * 21
    assert len(client.backend.attempts(job.tasks()[0].id)) == 1


def test_interrupting_a_program_releases_what_runs_and_says_how_to_go_on(
    start: Start, ledger: Path, gate: Path, client: Client, fairlead: Fairlead
) -> None:
    program = start("steps", "wait", 6, GATE=str(gate), FAIRLEAD_WORKERS="threads:2")
    job = client.jobs().find(_first_line(program))
    until(lambda: ledger.read_text() != "")
    program.send_signal(signal.SIGINT)
    _, errors = program.communicate(timeout=120)

    _was_interrupted(program, errors)
    assert f"`fairlead jobs run {job.id}` continues it" in errors
    assert "RUNNING" not in states(job)
    released = [
        attempt.outcome for task in job.tasks() for attempt in client.backend.attempts(task.id)
    ]
    assert "RELEASED" in released
    assert set(released) <= {"SUCCEEDED", "RELEASED"}
    gate.touch()
    ended = fairlead("jobs", "run", job.id)
    assert ended.returncode == 0, ended.stderr
    assert states(job) == ["COMPLETED"] * 7


@pytest.mark.parametrize("workers", ["threads:2", "processes:2"])
def test_interrupting_a_runner(
    start: Start, ledger: Path, gate: Path, client: Client, workers: str
) -> None:
    submitting = start("steps", "submit", 6)
    job = client.jobs().find(_first_line(submitting))
    runner = start("steps", "run", GATE=str(gate), FAIRLEAD_WORKERS=workers)
    until(lambda: ledger.read_text() != "")
    runner.send_signal(signal.SIGINT)
    _, errors = runner.communicate(timeout=120)

    _was_interrupted(runner, errors)
    assert errors.count(f"`fairlead jobs run {job.id}` continues it") == 1
    assert "RUNNING" not in states(job)
    gate.touch()
    start("steps", "run").communicate(timeout=120)
    assert states(job) == ["COMPLETED"] * 7
    assert len(client.backend.attempts(job.tasks()[0].id)) == 1


@pytest.mark.parametrize("workers", ["threads:2", "processes:2"])
def test_the_end_of_a_program_that_does_not_wait(
    start: Start, ledger: Path, client: Client, workers: str
) -> None:
    program = start("steps", "submit", 3, FAIRLEAD_WORKERS=workers)
    output, errors = program.communicate(timeout=120)

    assert (program.returncode, errors) == (0, "")
    assert client.jobs().find(output.strip()).state.value == "QUEUED"


def _was_interrupted(program: subprocess.Popen[str], errors: str) -> None:
    assert "\nKeyboardInterrupt\n" in errors, errors
    # Python ends by the signal itself, unless any code was compiled after the interrupt.
    assert program.returncode in (-signal.SIGINT, 1)


def _first_line(program: subprocess.Popen[str]) -> str:
    assert program.stdout is not None
    line = program.stdout.readline().strip()
    assert line, program.communicate()[1]
    return line
