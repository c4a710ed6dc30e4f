"""Whatever a task does to its process fails that attempt alone, and says why."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from fairlead import Client, ProgramError, TaskError

from .conftest import states, until
from .programs.misbehaving import (
    EndsCopy,
    Hoards,
    Misbehaves,
    Ok,
    PrintsMuch,
    SleepsDeaf,
    TakesMemory,
    ToldPid,
    Waits,
)  # fmt: skip


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run tasks in worker processes."""
    monkeypatch.setenv("FAIRLEAD_WORKERS", "processes:2")
    monkeypatch.setenv("FAIRLEAD_GRACE", "0.2")


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """Return the file that tasks wait for."""
    return tmp_path / "gate"


@pytest.mark.usefixtures("processes")
class TestInProcesses:
    def test_a_task_that_takes_too_much_memory_fails_alone(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FAIRLEAD_WORKER_MEMORY", "64Mi")
        greedy = client.jobs().submit("greedy", Hoards(500))
        modest = client.jobs().submit("modest", Hoards(20))
        client.runner().run_all()

        assert modest.result == 20
        assert greedy.state.value == "FAILED"
        assert [one.outcome for one in client.backend.attempts(greedy.tasks()[0].id)] == [
            "OUT_OF_MEMORY"
        ]

    @pytest.mark.parametrize(
        ("how", "words"),
        [
            ("leaves", "exit code 3"),
            ("leaves at once", "exit code 0"),
            ("sys.exit", r"sys\.exit\(4\)"),
            ("segfault", "SIGSEGV"),
            ("killed", "SIGKILL"),
            ("aborts", "SIGABRT"),
        ],
    )
    def test_its_attempt_fails_alone(self, client: Client, how: str, words: str) -> None:
        others = client.jobs().submit("others", [Ok(number) for number in range(20)])
        bad = client.jobs().submit("bad", Misbehaves(how))
        again = client.jobs().submit("again", Misbehaves(how), max_retries=1, backoff=0.01)
        client.runner().run_all()

        assert others.result == list(range(20))
        with pytest.raises(TaskError, match=words):
            _ = bad.result
        assert again.result == "better", "a crash while its code ran uses a retry"
        assert [one.outcome for one in client.backend.attempts(again.tasks()[0].id)] == [
            "CRASHED", "SUCCEEDED",
        ]  # fmt: skip

    def test_a_program_that_no_worker_can_import_fails_only_its_own_tasks(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from .programs.unimportable import OutOfReach

        monkeypatch.setenv("REFUSE_IMPORT", "1")
        out_of_reach = client.jobs().submit("out of reach", OutOfReach())
        others = client.jobs().submit("others", [Ok(number) for number in range(5)])
        client.runner().run_all()

        assert others.result == list(range(5))
        with pytest.raises(ProgramError, match="does not like workers"):
            _ = out_of_reach.result

    def test_memory(self, client: Client) -> None:
        job = client.jobs().submit("memory", TakesMemory()).wait(timeout=60)

        assert job.view.failure is not None
        assert job.view.failure.kind == "OUT_OF_MEMORY"

    def test_a_worker_that_somebody_kills(self, client: Client, tmp_path: Path) -> None:
        file = tmp_path / "pid"
        job = client.jobs().submit("killed", ToldPid(str(file)), max_retries=1, backoff=0.01)
        threading.Thread(target=job.wait, daemon=True).start()
        until(lambda: file.exists() and file.read_text())
        os.kill(int(file.read_text()), signal.SIGKILL)

        assert job.wait(timeout=60).result == "the second time"

    def test_a_time_limit_really_stops_the_task(self, client: Client, gate: Path) -> None:
        job = client.jobs().submit("limit", Waits(str(gate)), timeout=0.5).wait(timeout=60)

        with pytest.raises(TimeoutError, match=r"longer than its limit of 0\.5 s"):
            _ = job.result
        _is_gone(gate)

    def test_cancelling_asks_and_then_kills(self, client: Client, tmp_path: Path) -> None:
        gate = tmp_path / "gate"
        job = client.jobs().submit("deaf", SleepsDeaf(str(gate)))
        threading.Thread(target=job.wait, daemon=True).start()
        until(lambda: gate.exists() and gate.read_text())
        client.jobs().cancel(job)
        job.wait(timeout=60)

        assert states(job) == ["CANCELLED"]
        until(lambda: not Path(f"/proc/{gate.read_text()}").exists())

    def test_a_cancelled_task_is_killed_though_its_job_has_ended(
        self, client: Client, tmp_path: Path
    ) -> None:
        gate = tmp_path / "gate"
        job = client.jobs().submit("deaf", SleepsDeaf(str(gate)), optional=True)
        threading.Thread(target=job.wait, daemon=True).start()
        until(lambda: gate.exists() and gate.read_text())
        client.backend.cancel_task(job.tasks()[0].id)
        job.wait(timeout=60)

        assert job.state.value == "COMPLETED"
        until(lambda: not Path(f"/proc/{gate.read_text()}").exists())

    def test_what_a_task_forks_can_be_told_to_end(self, client: Client) -> None:
        job = client.jobs().submit("copy", EndsCopy()).wait(timeout=60)

        assert job.result == -signal.SIGTERM

    def test_workers_end_with_their_client(self, client: Client, tmp_path: Path) -> None:
        file = tmp_path / "pid"
        job = client.jobs().submit("left", ToldPid(str(file)))
        threading.Thread(target=lambda: _wait_quietly(job), daemon=True).start()
        until(lambda: file.exists() and file.read_text())
        client.backend.close()  # type: ignore[attr-defined]

        until(lambda: not Path(f"/proc/{file.read_text()}").exists())


def test_a_time_limit_in_threads_moves_the_task_to_a_process(client: Client, gate: Path) -> None:
    job = client.jobs().submit("limit", Waits(str(gate)), timeout=0.5, max_retries=1, backoff=0.01)
    job.wait(timeout=60)

    assert [one.outcome for one in client.backend.attempts(job.tasks()[0].id)] == ["TIMEOUT"] * 2
    _is_gone(gate)


def test_a_task_within_its_time_limit(client: Client) -> None:
    assert client.jobs().submit("quick", Ok(1), timeout=60).wait(timeout=60).result == 1


def test_a_thread_that_does_not_stop_is_given_up(
    client: Client, monkeypatch: pytest.MonkeyPatch, gate: Path
) -> None:
    """It cannot be killed; its task is cancelled, and others take its place."""
    monkeypatch.setenv("FAIRLEAD_GRACE", "0.1")
    monkeypatch.setenv("FAIRLEAD_WORKERS", "threads:1")
    stuck = client.jobs().submit("stuck", Waits(str(gate)))
    threading.Thread(target=stuck.wait, daemon=True).start()
    until(lambda: _pid(gate))
    client.jobs().cancel(stuck)
    stuck.wait(timeout=60)
    assert states(stuck) == ["CANCELLED"]
    other = client.jobs().submit("other", [Ok(number) for number in range(5)]).wait(timeout=60)

    assert other.result == [0, 1, 2, 3, 4]
    passed = gate.with_name("gate.passed")
    assert not passed.exists()
    gate.touch()
    until(passed.exists)


def test_sys_exit_in_a_thread_is_the_tasks_failure_only(client: Client) -> None:
    job = client.jobs().submit("exit", Misbehaves("sys.exit")).wait(timeout=60)

    with pytest.raises(TaskError, match=r"sys\.exit\(4\)"):
        _ = job.result


@pytest.mark.parametrize("workers", ["threads:2", "processes:2"])
@pytest.mark.parametrize(
    ("how", "lines", "size"),
    [("lines", 10_000, 990_000), ("one piece", 1, 1_000_000), ("pieces", None, 100_000)],
)
def test_printing_a_megabyte(
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    workers: str,
    how: str,
    lines: int | None,
    size: int,
) -> None:
    monkeypatch.setenv("FAIRLEAD_WORKERS", workers)
    job = client.jobs().submit("much", PrintsMuch(how)).wait(timeout=60)

    assert job.result == 7
    records = list(client.jobs().logs(job))
    assert sum(len(record.message) for record in records) == size
    if lines is not None:
        assert len(records) == lines
    shown = capfd.readouterr().out
    assert len(shown.replace("\n", "")) == size


def _wait_quietly(job: object) -> None:
    import contextlib

    with contextlib.suppress(Exception):
        job.wait()  # type: ignore[attr-defined]


def _pid(gate: Path) -> str:
    """Return which process waits at a gate; nothing, while none has said so."""
    file = gate.with_name(f"{gate.name}.pid")
    return file.read_text() if file.exists() else ""


def _is_gone(gate: Path) -> None:
    """Return once the process that waited at a gate is gone, if a task ever got so far."""
    assert _pid(gate) != str(os.getpid())
    until(lambda: not _pid(gate) or not Path(f"/proc/{_pid(gate)}").exists())
