"""What a durable task cannot do without: committed rows and a hand-over to a thread.

No validation, no ids, no graph, no results: the bound that a real system on SQLite
approaches from above.  In a fan, starts and outcomes share commits; in a chain every
start waits for the commit of the outcome before it.
"""

from __future__ import annotations

import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

from _measure import Work, main

BATCH = 64
"""Transitions that share one commit in a fan."""


class Floor:
    """A table of tasks, and a thread that is handed one number at a time."""

    def __init__(self, folder: str) -> None:
        self.store = sqlite3.connect(Path(folder) / "floor.db", isolation_level=None)
        self.store.execute("PRAGMA journal_mode=WAL")
        self.store.execute("PRAGMA synchronous=NORMAL")
        self.store.execute("CREATE TABLE tasks(n INTEGER PRIMARY KEY, state INT, time REAL)")
        self.todo: SimpleQueue[int | None] = SimpleQueue()
        self.done: SimpleQueue[int] = SimpleQueue()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        while (task := self.todo.get()) is not None:
            self.done.put(task)

    def insert(self, n: int) -> range:
        self.store.execute("BEGIN")
        self.store.execute("DELETE FROM tasks")
        self.store.executemany("INSERT INTO tasks VALUES (?, 0, 0)", ((i,) for i in range(n)))
        self.store.execute("COMMIT")
        return range(n)

    def record(self, tasks: Sequence[int], state: int) -> None:
        self.store.execute("BEGIN")
        self.store.executemany("UPDATE tasks SET state=? WHERE n=?", [(state, t) for t in tasks])
        self.store.execute("COMMIT")

    def run_batch(self, tasks: Sequence[int]) -> None:
        self.record(tasks, 1)
        for task in tasks:
            self.todo.put(task)
        self.record([self.done.get() for _ in tasks], 2)

    def finished(self) -> int:
        rows = self.store.execute("SELECT count(*) FROM tasks WHERE state=2")
        return int(rows.fetchone()[0])

    def close(self) -> None:
        self.todo.put(None)
        self.thread.join()
        self.store.close()


@contextmanager
def floor(batch: int) -> Iterator[Work]:
    with tempfile.TemporaryDirectory() as folder:
        it = Floor(folder)

        def work(n: int) -> Callable[[], int]:
            tasks = it.insert(n)
            for first in range(0, n, batch):
                it.run_batch(tasks[first : first + batch])
            return it.finished

        yield work
        it.close()


if __name__ == "__main__":
    main(
        "floor",
        sqlite3.sqlite_version,
        {
            "fan": f"SQLite, one thread, {BATCH} tasks to a commit",
            "chain": "SQLite, one thread, two commits a task",
        },
        {"fan": lambda: floor(BATCH), "chain": lambda: floor(1)},
    )
