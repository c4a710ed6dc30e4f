"""How a subtask looks as an object: nothing here talks to anybody."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.runner.pod.assignments import made

from fairlead.api import labels
from fairlead.api.task import Task
from fairlead.errors import InvalidRequestError, LimitExceededError
from fairlead.runner.pod.assignment import Assignment
from fairlead.runner.pod.subtasks import Subtasks, packed_references, written_options
from fairlead.runner.pod.values import NoStoreError, Values
from fairlead.sdk.backend import NewTask, Ref, TaskOptions
from fairlead.sdk.memorystore import MemoryStore


def child(identifier: str = "acme.example/Square", **fields: Any) -> NewTask:
    given = {"source": None, "input": b"{}", **fields}
    return NewTask("c" * 25, identifier, "v1.2", **given)


def build(assignment: Assignment, *children: NewTask, position: int = 0) -> Task:
    values = Values(MemoryStore(), assignment.job_uid)
    builder = Subtasks(assignment, "pod", "pod-uid", "acme-7", values)
    return Task.model_validate(builder.build(children, position))


def test_it_is_a_task_of_the_attempt_that_makes_it() -> None:
    task = build(made(), child(key="tokyo"))
    spec = task.spec
    assert (spec.job_name, spec.job_uid, spec.run, spec.depth) == ("nightly", "job-uid", 2, 1)
    assert (spec.key, spec.id, spec.title) == ("0", "c" * 25, "tokyo")
    assert spec.parent is not None
    assert (spec.parent.name, spec.parent.attempt) == ("nightly-fetch", 3)
    assert spec.creator is not None
    assert spec.creator.pod_uid == "pod-uid"
    assert task.metadata.labels == {
        labels.JOB: "nightly",
        labels.JOB_UID: "job-uid",
        labels.KEY: "0",
        labels.ID: "c" * 25,
        labels.PARENT_ATTEMPT: "task-uid.3",
    }
    assert task.name.startswith("nightly-square-")


def test_its_name_depends_on_the_attempt_and_its_place_alone() -> None:
    one = build(made(), child(), child(input=b'{"a":1}'), position=1)
    assert one.name == build(made(), child(), child(), position=1).name
    assert one.name != build(made(), child(), child(), position=0).name


def test_it_inherits_where_it_is_to_run() -> None:
    task = build(made(machineGroup="mine", graceSeconds=5, depth=4, traceparent="00-1"), child())
    assert task.spec.machine_group == "mine"
    assert (task.spec.grace_seconds, task.spec.depth, task.spec.traceparent) == (5, 5, "00-1")


@pytest.mark.parametrize(
    ("pinned", "source", "release"),
    [
        (None, None, None),
        ("acme-6", None, "acme-6"),
        (None, "/x/flow.py", "acme-7"),
        ("acme-6", "/x/flow.py", "acme-7"),
    ],
)
def test_a_default_identifier_means_the_release_that_runs(
    pinned: str | None, source: str | None, release: str | None
) -> None:
    assert build(made(release=pinned), child(source=source)).spec.release == release


def test_dependencies_and_references_are_ranges() -> None:
    many = [child() for _ in range(30)]
    refs = tuple(Ref(("parts", n), n) for n in range(30))
    last = child("acme.example/Sum", refs=refs, depends_on=tuple(range(29, -1, -1)))
    spec = build(made(), *many, last, position=30).spec
    assert spec.depends_on == ["0:30"]
    assert spec.input_from is not None
    (reference,) = spec.input_from
    assert (reference.path, reference.task, reference.word) == ("/parts/0", "0", "square")
    assert reference.count == 30


def test_references_to_tasks_of_other_names_are_kept_apart() -> None:
    tasks = [child(), child("Sum"), child("Sum")]
    refs = [Ref((n,), n, "future" if n == 2 else "value") for n in range(3)]
    packed = packed_references(refs, tasks)
    assert [(one["word"], one["kind"], one.get("count", 1)) for one in packed] == [
        ("square", "Value", 1),
        ("sum", "Value", 1),
        ("sum", "Future", 1),
    ]


def test_an_identifier_that_leaves_nothing_readable_still_makes_a_name() -> None:
    tasks = [child("日本語"), child(refs=(Ref(("a",), 0),), depends_on=(0,))]
    spec = build(made(), *tasks, position=1).spec
    assert spec.input_from is not None
    assert spec.input_from[0].word == ""


def test_places_that_cannot_be_kept_are_refused() -> None:
    with pytest.raises(InvalidRequestError, match="600 characters"):
        packed_references([Ref(("x" * 599,), 0)], [child()])
    scattered = [Ref((f"k{n}",), 0) for n in range(1001)]
    with pytest.raises(LimitExceededError, match="1001 places"):
        packed_references(scattered, [child()])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (TaskOptions(), {}),
        (TaskOptions(optional=True), {"failurePolicy": "Ignore"}),
        (
            TaskOptions(timeout=0.2, queue_timeout=1.5),
            {"timeoutSeconds": 1, "queueTimeoutSeconds": 2},
        ),
        (
            TaskOptions(machine_size="large", max_parallel=4),
            {"machineSize": "large", "maxParallel": 4},
        ),
        (
            TaskOptions(max_retries=2, backoff=0.1, max_backoff=0.2),
            {"retry": {"limit": 2, "backoffSeconds": 1, "maxBackoffSeconds": 1}},
        ),
        (
            TaskOptions(backoff=90.5, max_backoff=60.0),
            {"retry": {"limit": 0, "backoffSeconds": 91, "maxBackoffSeconds": 91}},
        ),
    ],
)
def test_options_become_fields_and_times_whole_seconds(
    options: TaskOptions, expected: dict[str, Any]
) -> None:
    written = written_options(options)
    assert {name: value for name, value in written.items() if value is not None} == expected


def test_a_large_input_needs_a_store() -> None:
    large = child(input=b'"' + b"x" * 40_000 + b'"')
    task = build(made(), large)
    assert task.spec.input is None
    assert task.spec.input_ref is not None
    assert task.spec.input_ref.key.startswith("jobs/job-uid/values/")
    builder = Subtasks(made(), "pod", "pod-uid", "acme-7", Values(None, "job-uid"))
    expected = r"the input of subtask 0 has 40,002 bytes.*set FAIRLEAD_RUNNER_STORE of the operator"
    with pytest.raises(NoStoreError, match=expected):
        builder.build([large], 0)
