"""Taking over a job from whose driver, now dead, an attempt was borrowed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fairlead import Client, ExecutionContext, Task
from fairlead.backends.local import LocalBackend
from fairlead.backends.local.batch import Batch
from fairlead.backends.local.engine import Engine
from fairlead.backends.local.store import Store, task_range
from fairlead.sdk.backend import RunnerOptions
from fairlead.sdk.cache import JobCache, LocalFileSystemCache
from fairlead.sdk.runners import definition_of

LEND = "INSERT INTO loan (offer, job, task, attempt) VALUES (?, ?, ?, 1)"


class Counted(Task):
    path: str

    def execute(self, context: ExecutionContext) -> None:
        with open(self.path, "a", encoding="utf-8") as runs:
            runs.write("run\n")


class TellingCache(LocalFileSystemCache):
    """Tells when a job is loaded: its group is asked for then."""

    def __init__(self, folder: Path, tell: Callable[[], None]) -> None:
        super().__init__(folder)
        self._tell = tell

    def group(self, name: str) -> JobCache:
        self._tell()
        return super().group(name)


def test_what_a_dead_driver_had_lent_does_not_begin_again(tmp_path: Path) -> None:
    """Not even when the loans are looked at before the taking over is committed."""
    runs, begun_by_look = tmp_path / "runs", []

    def look(now: float, batch: Batch) -> None:
        assert engine.borrower is not None
        engine.borrower.look(now, batch)
        begun_by_look.append(list(engine.running))

    cache = TellingCache(tmp_path / "cache", lambda: engine.put(look))
    backend = LocalBackend()
    engine = backend.open_engine(RunnerOptions([definition_of(Counted)], cache))
    job = Client(backend).jobs().submit("counted", Counted(str(runs)))
    engine.offer_workers(None)
    number = backend.store.job_number(job.id)
    lend_as_one_that_dies(backend.store, engine, number)

    engine.drive(number)
    assert backend.wait_job(job.id, None).state == "COMPLETED"
    backend.close()

    assert begun_by_look == [[]]
    assert runs.read_text() == "run\n"
    [task] = backend.tasks(job.id)
    assert [attempt.outcome for attempt in backend.attempts(task.id)] == ["LOST", "SUCCEEDED"]


def lend_as_one_that_dies(store: Store, borrowing: Engine, number: int) -> None:
    """Write what a driver does that lends the job's first task, and is heard of no more."""
    assert borrowing.borrower is not None
    task, _ = task_range(number)
    batch = Batch()
    batch.starts.append((1, 0.0, task))
    batch.others.append((LEND, (borrowing.borrower.number, number, task)))
    with store.transaction() as connection:
        batch.write(connection)
