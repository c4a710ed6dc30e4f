"""Programs and tasks that fork: a copy never speaks for the original."""

from __future__ import annotations

import pytest

from fairlead import Client

from .conftest import Start


@pytest.mark.parametrize("workers", ["threads:2", "processes:2"])
def test_copies_of_tasks_and_of_the_program(start: Start, client: Client, workers: str) -> None:
    program = start("forking", FAIRLEAD_WORKERS=workers)
    output, errors = program.communicate(timeout=60)

    lines = output.splitlines()
    assert program.returncode == 0, errors
    assert lines[0].endswith("[0, 2, 4, 6]")
    statuses = {job.name: job.state.value for job in client.jobs().query()}
    assert set(statuses.values()) == {"COMPLETED"}
    for job in client.jobs().query():
        for task in job.tasks():
            assert [one.outcome for one in client.backend.attempts(task.id)] == ["SUCCEEDED"]
    if workers.startswith("threads"):
        assert lines == ["[0, 1, 1] [0, 2, 4, 6]", "True", "5", "True"]
