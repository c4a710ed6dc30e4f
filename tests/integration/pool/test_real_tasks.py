"""Tasks written with the SDK, in a program of their own, run by a pool as it is by default."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pool_bench import Recorder

from fairlead.runner.pool import WorkerPool
from fairlead.runner.program import import_program
from fairlead.sdk.attempt import AttemptOrder, AttemptOutcome, OutcomeKind
from fairlead.sdk.registry import registry

PROGRAM = """
import asyncio, os, sys
from fairlead import Client, ExecutionContext, Task


class Square(Task):
    n: int

    def execute(self, context: ExecutionContext) -> int:
        print("squaring")
        context.logger.info("squared", n=self.n)
        context.job_cache["seen"] = b"yes"
        context.current_task.display = f"Square({self.n})"
        return self.n * self.n


class Parent(Task):
    def execute(self, context: ExecutionContext) -> int:
        squares = context.submit_subtasks([Square(n) for n in range(1000)])
        return squares[7]


class Later(Task):
    async def execute(self, context: ExecutionContext) -> str:
        await asyncio.sleep(0.01)
        return "later"


class Unserializable(Task):
    def execute(self, context: ExecutionContext) -> object:
        return {"a set": {1, 2}, "and": object()}


class Strange(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")
        self.handle = open(os.devnull)


class Raises(Task):
    def execute(self, context: ExecutionContext) -> None:
        raise Strange(object(), 2)


class Exits(Task):
    def execute(self, context: ExecutionContext) -> None:
        sys.exit("enough")


class Greedy(Task):
    def execute(self, context: ExecutionContext) -> int:
        return len(bytearray(2**30))


Client().jobs().submit("never", Square(1))
raise AssertionError("the import went on beyond the call that starts work")
"""

Run = Callable[..., AttemptOutcome]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("real") / "real_program.py"
    path.write_text(PROGRAM)
    import_program(str(path))
    return str(path)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def run(program: str, recorder: Recorder, tmp_path: Path):
    pool = WorkerPool(
        1,
        recorder,
        programs=[program],
        files_root=str(tmp_path / "files"),
        memory_limit=2**28,
        show=False,
    )
    tickets = iter(range(1, 100))

    def run(name: str, **value: Any) -> AttemptOutcome:
        [definition] = [
            one for one in registry if one.identifier == name and one.origin.file == program
        ]
        ticket = next(tickets)
        pool.submit(
            ticket,
            AttemptOrder(
                "job",
                "task",
                1,
                name,
                definition.version,
                definition.source,
                json.dumps(value).encode(),
            ),
        )
        outcome: AttemptOutcome = recorder.wait(ticket)[0]
        return outcome

    yield run
    pool.close(0.0)


def test_a_task_runs_as_it_does_in_a_thread(run: Run, recorder: Recorder) -> None:
    outcome = run("Square", n=12)

    assert outcome.kind is OutcomeKind.SUCCEEDED
    assert (outcome.result, outcome.display) == (b"144", "Square(12)")
    assert outcome.cache_writes == {"seen": b"yes"}
    assert [log[2:] for log in recorder.logs] == [("squared", {"n": 12})]
    assert recorder.text(1) == "squaring\n"


def test_subtasks_and_references_come_back(run: Run) -> None:
    outcome = run("Parent")

    assert len(outcome.children) == 1000
    assert json.loads(outcome.children[999].input) == {"n": 999}
    assert [reference.task for reference in outcome.result_refs] == [7]


def test_coroutines_run(run: Run) -> None:
    assert run("Later").result == b'"later"'
    assert run("Later").result == b'"later"'


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("Unserializable", OutcomeKind.NON_RETRYABLE, "Unserializable"),
        ("Raises", OutcomeKind.ERROR, "and 2"),
        ("Exits", OutcomeKind.CRASHED, "enough"),
        ("Greedy", OutcomeKind.OUT_OF_MEMORY, ""),
    ],
)
def test_failures_say_what_was_wrong(run: Run, name: str, kind: OutcomeKind, words: str) -> None:
    outcome = run(name)

    assert outcome.kind is kind
    assert outcome.failure is not None
    assert words in outcome.failure.message
    assert run("Square", n=2).result == b"4"


def test_a_task_that_the_program_does_not_define_is_explained(
    program: str, recorder: Recorder, tmp_path: Path
) -> None:
    pool = WorkerPool(1, recorder, programs=[program], files_root=str(tmp_path))

    pool.submit(1, AttemptOrder("job", "task", 1, "Absent", "v0.0", program, b"{}"))
    [outcome] = recorder.wait(1)
    pool.close(0.0)

    assert outcome.kind is OutcomeKind.NON_RETRYABLE
    assert outcome.failure is not None
    assert "Absent v0.0" in outcome.failure.message
