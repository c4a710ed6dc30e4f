"""Luigi with its local scheduler: in this process, or forking two workers.

Its usual way to remember that a task is done is a file (the kinds ``durable`` and
``processes``).  In the kinds ``fan`` and ``chain`` a task is done when it is in a set,
which is cheaper and keeps nothing.
"""

from __future__ import annotations

import importlib.metadata
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import luigi
from _measure import Work, main

DONE: set[str] = set()
BATCHES = count()


class Noop(luigi.Task):  # type: ignore[misc]
    batch = luigi.IntParameter()
    index = luigi.IntParameter()

    def run(self) -> None:
        DONE.add(self.task_id)

    def complete(self) -> bool:
        return self.task_id in DONE


class Fan(luigi.WrapperTask):  # type: ignore[misc]
    batch = luigi.IntParameter()
    n = luigi.IntParameter()

    def requires(self) -> list[luigi.Task]:
        return [Noop(batch=self.batch, index=i) for i in range(self.n)]


class Link(Noop):
    def requires(self) -> list[luigi.Task]:
        return [Link(batch=self.batch, index=self.index - 1)] if self.index else []


class FileNoop(luigi.Task):  # type: ignore[misc]
    folder = luigi.Parameter()
    index = luigi.IntParameter()

    def output(self) -> luigi.LocalTarget:
        return luigi.LocalTarget(f"{self.folder}/{self.index}")

    def run(self) -> None:
        Path(self.output().path).touch()


class FileFan(luigi.WrapperTask):  # type: ignore[misc]
    folder = luigi.Parameter()
    n = luigi.IntParameter()

    def requires(self) -> list[luigi.Task]:
        return [FileNoop(folder=self.folder, index=i) for i in range(self.n)]


def build(task: luigi.Task, workers: int) -> None:
    if not luigi.build([task], local_scheduler=True, workers=workers, log_level="ERROR"):
        raise SystemExit("luigi reports a failure")


def in_memory(root: Callable[[int, int], luigi.Task]) -> Work:
    def work(n: int) -> Callable[[], int]:
        DONE.clear()
        build(root(next(BATCHES), n), workers=1)
        return lambda: len(DONE)

    return work


@contextmanager
def fan() -> Iterator[Work]:
    yield in_memory(lambda batch, n: Fan(batch=batch, n=n))


@contextmanager
def chain() -> Iterator[Work]:
    yield in_memory(lambda batch, n: Link(batch=batch, index=n - 1))


@contextmanager
def on_files(workers: int) -> Iterator[Work]:
    with tempfile.TemporaryDirectory() as folder:

        def work(n: int) -> Callable[[], int]:
            target = Path(folder) / str(next(BATCHES))
            target.mkdir()
            build(FileFan(folder=str(target), n=n), workers=workers)
            return lambda: len(list(target.iterdir()))

        yield work


if __name__ == "__main__":
    main(
        "luigi",
        importlib.metadata.version("luigi"),
        {
            "fan": "local scheduler, one process, targets in memory",
            "chain": "local scheduler, one process, targets in memory",
            "durable": "local scheduler, one process, files",
            "processes": "local scheduler, two workers (a fork for each task), files",
        },
        {
            "fan": fan,
            "chain": chain,
            "durable": lambda: on_files(workers=1),
            "processes": lambda: on_files(workers=2),
        },
    )
