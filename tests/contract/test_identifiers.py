"""Identifiers, versions, ids, and which definition runs a task."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fairlead import Client, ConflictingDefinitionError, Task, TaskDefinitionError

from .programs import versions_1_2, versions_1_5, versions_2_5
from .programs.steps import Root


def test_the_default_is_the_name_and_v0_0(client: Client) -> None:
    [task] = client.jobs().submit("default", Root()).tasks()

    assert (task.identifier, task.version, task.display) == ("Root", "v0.0", "Root")


@pytest.mark.laptop_only("which releases there are decides what runs on a cluster")
@pytest.mark.parametrize(
    ("submitted", "runs", "by"),
    [
        (versions_1_2, [versions_1_2], "v1.2"),
        (versions_1_2, [versions_1_5], "v1.5"),
        (versions_1_2, [versions_1_2, versions_1_5, versions_2_5], "v1.5"),
        (versions_1_5, [versions_1_2], None),
        (versions_1_2, [versions_2_5], None),
        (versions_2_5, [versions_1_2, versions_1_5], None),
    ],
)
def test_a_runner_takes_what_it_is_compatible_with(
    client: Client, submitted: Any, runs: list[Any], by: str | None
) -> None:
    job = client.jobs().submit("version", submitted.Tell())
    client.runner(tasks=[module.Tell for module in runs]).run_all()

    [task] = job.tasks()
    assert task.version == submitted.VERSION
    if by is None:
        assert task.state.value == "QUEUED"
        assert task.reason is not None
        assert task.reason.startswith("NoCompatibleRelease")
        assert f"example.com/Tell {submitted.VERSION} needs" in task.reason
    else:
        assert task.state.value == "COMPLETED"
        assert [one.version for one in client.backend.attempts(task.id)] == [by]
        assert client.backend.result(task.id) == f'"{by}"'.encode()


@pytest.mark.laptop_only("which releases there are decides what runs on a cluster")
def test_a_task_that_waits_for_its_version_runs_once_that_is_there(client: Client) -> None:
    job = client.jobs().submit("later", versions_1_5.Tell())
    client.runner(tasks=[versions_1_2.Tell]).run_all()
    assert job.state.value == "QUEUED"
    client.runner(tasks=[versions_1_5.Tell]).run_all()

    assert job.state.value == "COMPLETED"
    assert job.tasks()[0].reason is None


def test_two_definitions_under_one_name_and_version_are_refused(client: Client) -> None:
    class Tell(Task):
        @staticmethod
        def identifier() -> tuple[str, str]:
            return "example.com/Tell", "v1.2"

        def execute(self, context: Any) -> str:
            return "another one"

    with pytest.raises(ConflictingDefinitionError) as caught:
        client.runner(tasks=[versions_1_2.Tell, Tell])
    for file in (versions_1_2.__file__, __file__):
        assert file in str(caught.value)
    with pytest.raises(ConflictingDefinitionError):
        client.jobs().submit("conflict", Tell())
    assert client.jobs().query() == []


def test_the_same_class_twice_is_no_conflict(client: Client) -> None:
    job = client.jobs().submit("same", Root({"returns": 4}))
    client.runner(tasks=[Root, Root]).run_all()

    assert job.result == 4


@pytest.mark.parametrize(
    ("identifier", "version", "named"),
    [
        ("a", "1.0", "version"),
        ("a", "v1", "version"),
        ("a", "v01.0", "version"),
        ("a", "v1.0.0", "version"),
        ("a", "v1.-1", "version"),
        ("", "v1.0", "identifier"),
        ("x" * 257, "v1.0", "identifier"),
        ("ü" * 129, "v1.0", "identifier"),
        (7, "v1.0", "identifier"),
    ],
)
def test_a_bad_identifier_or_version_is_refused_where_it_is_defined(
    identifier: Any, version: str, named: str
) -> None:
    with pytest.raises(TaskDefinitionError, match=named):

        class Bad(Task):
            @staticmethod
            def identifier() -> tuple[str, str]:
                return identifier, version

            def execute(self, context: Any) -> None: ...


@pytest.mark.laptop_only("no other process can import what is defined in a function")
def test_an_identifier_of_256_bytes_is_fine(client: Client) -> None:
    class Long(Task):
        @staticmethod
        def identifier() -> tuple[str, str]:
            return "x" * 256, "v10.0"

        def execute(self, context: Any) -> int:
            return 1

    assert client.jobs().submit("long", Long()).wait(timeout=60).result == 1


def test_ids_are_25_letters_and_digits_and_all_different(client: Client) -> None:
    job = client.jobs().submit("ids", Root({"steps": {"A": {"steps": {"B": {}}}, "C": {}}}))
    job.wait(timeout=60)
    ids = [job.id, *(task.id for task in job.tasks())]

    assert all(re.fullmatch("[a-z0-9]{25}", one) for one in ids)
    assert len(set(ids)) == 5


def test_ids_of_jobs_sort_by_the_time_of_their_submission(client: Client) -> None:
    import time

    ids = []
    for _ in range(3):
        ids.append(client.jobs().submit("sorted", Root()).id)
        time.sleep(0.01)

    assert ids == sorted(ids)
