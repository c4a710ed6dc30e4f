"""Which Task objects of a job count, and how they hang together."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.kubernetes.objects import a_job, a_task, an_id, ended

from fairlead.backends.kubernetes.tree import JobTree


def names(tasks: list[Any]) -> list[str]:
    return [task["metadata"]["uid"] for task in tasks]


def test_parents_come_before_their_subtasks_and_siblings_in_order_of_submission() -> None:
    root = a_task("0", status=ended("Computed"))
    below = [a_task(str(number), parent=root) for number in (10, 2, 0)]
    tree = JobTree(a_job(), [*below, root])

    assert names(tree.current) == ["0@1", "0@1.0@1", "0@1.2@1", "0@1.10@1"]


def test_siblings_keep_their_order_whenever_each_was_written() -> None:
    root = a_task("0", status=ended("Computed"))
    first, second = a_task("0", parent=root), a_task("1", parent=root)
    first["metadata"]["creationTimestamp"] = "2026-03-01T10:00:07Z"

    assert names(JobTree(a_job(), [second, first, root]).current)[1:] == ["0@1.0@1", "0@1.1@1"]


@pytest.mark.parametrize(
    ("status", "seen"),
    [
        (ended("Computed", attempt=2), True),
        (ended("Computed", attempt=1), False),
        ({"state": "Running", "attempt": 2}, False),
    ],
    ids=["committed", "another attempt committed", "still running"],
)
def test_subtasks_count_once_their_attempt_is_committed(status: Any, seen: bool) -> None:
    root = a_task("0", status=status)
    tree = JobTree(a_job(), [root, a_task("0", parent=root, parent_attempt=2)])

    assert len(tree.visible) == (2 if seen else 1)


def test_subtasks_whose_parent_is_gone_do_not_count() -> None:
    gone = a_task("0", status=ended("Computed"))

    assert JobTree(a_job(), [a_task("0", parent=gone)]).visible == []


def test_of_several_objects_of_a_key_the_one_of_the_latest_run_counts() -> None:
    first, second = a_task("0"), a_task("0", run=2, id=an_id("u"))
    tree = JobTree(a_job(), [second, first])

    assert names(tree.current) == ["0@2"]
    assert names(tree.visible) == ["0@1", "0@2"]
    assert [tree.is_superseded(task) for task in tree.visible] == [True, False]


def test_what_a_renewed_task_had_submitted_is_superseded_too() -> None:
    old = a_task("0", status=ended("Computed"))
    child = a_task("0", parent=old, status=ended("Computed"))
    grandchild = a_task("0", parent=child)
    tree = JobTree(a_job(), [old, child, grandchild, a_task("0", run=2)])

    assert names(tree.current) == ["0@2"]
    assert len(tree.visible) == 4


def test_a_task_of_the_list_that_has_no_object_yet_is_there_all_the_same() -> None:
    job = a_job(
        tasks=[
            {"name": "fetch", "identifier": "Fetch", "version": "v1.2", "id": an_id("f")},
            {"name": "report", "identifier": "Report", "version": "v1.0", "dependsOn": ["fetch"]},
        ]
    )
    tree = JobTree(job, [a_task("fetch", id=an_id("f"))])

    fetch, report = tree.current
    assert fetch["metadata"]["uid"] == "fetch@1"
    assert report["spec"]["key"] == "report"
    assert report["status"] == {"state": "Queued"}
    assert len(report["spec"]["id"]) == 25
    assert tree.sibling(report, "fetch") is fetch


def test_tasks_of_a_list_keep_its_order() -> None:
    listed = [{"name": name, "identifier": "X", "version": "v0.0"} for name in "cab"]
    tree = JobTree(a_job(tasks=listed), [a_task(name) for name in "abc"])

    assert [task["spec"]["key"] for task in tree.current] == ["c", "a", "b"]


def test_a_task_that_was_never_made_of_a_job_that_was_cancelled_is_cancelled() -> None:
    job = a_job(
        tasks=[{"name": "a", "identifier": "X", "version": "v0.0"}],
        status={"state": "Cancelled", "run": 1},
    )

    assert JobTree(job, []).current[0]["status"] == {"state": "Cancelled"}
