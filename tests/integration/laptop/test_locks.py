"""The locks that say who drives a job, while several processes and threads are about them."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fairlead import Client, JobBusyError
from fairlead.backends.local import LocalBackend
from fairlead.backends.local.locks import JobLocks

from .programs.misbehaving import Misbehaves

LOOKING = """
import sys
from pathlib import Path
from fairlead.backends.local.locks import JobLocks

locks = JobLocks(Path(sys.argv[1]))
print(locks.is_held(5), flush=True)
while True:
    locks.is_held(7)
"""


@pytest.fixture
def looking(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that says once whether lock 5 is held, and looks at lock 7 without end."""
    program = subprocess.Popen(
        [sys.executable, "-c", LOOKING, tmp_path / "locks"], stdout=subprocess.PIPE, text=True
    )
    yield program
    program.kill()
    program.communicate()


def test_a_lock_is_seen_by_others(tmp_path: Path) -> None:
    locks = JobLocks(tmp_path / "locks")
    assert not locks.is_held(5)
    assert locks.acquire(5)

    assert _said(tmp_path) == "True"
    assert locks.is_held(5)
    locks.release(5)
    assert _said(tmp_path) == "False"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a look takes the lock")
def test_looking_at_a_lock_keeps_nobody_from_taking_it(
    tmp_path: Path, looking: subprocess.Popen[str]
) -> None:
    assert looking.stdout is not None
    assert looking.stdout.readline()
    locks = JobLocks(tmp_path / "locks")
    for _ in range(20_000):
        assert locks.acquire(7)
        locks.release(7)


@pytest.mark.parametrize("change", ["retry", "delete"])
def test_a_job_is_changed_once_its_driver_has_let_it_go(client: Client, change: str) -> None:
    """It records the end first, and may be slow to let go."""
    job = client.jobs().submit("fails", Misbehaves("sys.exit")).wait(timeout=60)
    backend = client.backend
    assert isinstance(backend, LocalBackend)
    number = backend.store.job_number(job.id)
    changes: dict[str, Callable[[], object]] = {
        "retry": lambda: client.jobs().retry(job),
        "delete": lambda: backend.delete_job(job.id),
    }
    assert backend.store.locks.acquire(number)
    changing = threading.Thread(target=changes[change], daemon=True)
    changing.start()
    changing.join(0.1)
    assert job.state.value == "FAILED"

    backend.store.locks.release(number)
    changing.join(60)
    assert not changing.is_alive()
    left = {one.id: one.state.value for one in client.jobs().query()}
    assert left == ({job.id: "QUEUED"} if change == "retry" else {})


def test_a_job_that_goes_on_is_not_waited_for(client: Client) -> None:
    job = client.jobs().submit("later", Misbehaves("sys.exit"))
    backend = client.backend
    assert isinstance(backend, LocalBackend)
    assert backend.store.locks.acquire(backend.store.job_number(job.id))

    with pytest.raises(JobBusyError, match="is running"):
        backend.delete_job(job.id)


def _said(folder: Path) -> str:
    program = LOOKING.partition("while True")[0]
    done = subprocess.run(
        [sys.executable, "-c", program, folder / "locks"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()
