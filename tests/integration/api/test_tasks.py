"""Tasks at the API server: fixed specs, legal changes of state, final states that stay.

No fence stands here, so that what is refused is refused by the definition alone.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from tests.cluster.kubeapi import KubeApi, Object
from tests.cluster.namespaces import Namespace
from tests.integration.api.actors import collection, kubectl, refused, task

from fairlead.api.states import camel
from fairlead.api.task import FROZEN
from fairlead.core.states import FINAL_TASK_STATES, TASK_TRANSITIONS, TaskState

TIME = "2026-01-02T03:04:05Z"
OUTCOME = {"kind": "Succeeded", "attempt": 1, "podUID": "u", "time": TIME}
ENDED: Object = {
    "state": "Completed",
    "attempt": 1,
    "podName": "p",
    "outcome": OUTCOME,
    "result": "144",
    "resultRef": {"key": "k", "sha256": "0" * 64, "size": 1},
    "resultFrom": [{"path": "", "task": "0"}],
    "children": 0,
}


@pytest.fixture
def tasks(namespace: Namespace) -> str:
    return collection(namespace.name, "tasks")


def ended(admin: KubeApi, tasks: str, name: str = "ended", **status: Any) -> str:
    """A Task that has ended; its path."""
    admin.create(tasks, task(name))
    running = {"state": "Running", "attempt": 1, "podName": "p"}
    admin.patch(f"{tasks}/{name}/status", {"status": running})
    admin.patch(f"{tasks}/{name}/status", {"status": {**ENDED, **status}})
    return f"{tasks}/{name}"


def test_a_new_task_is_queued_without_a_write(admin: KubeApi, tasks: str) -> None:
    made = admin.create(tasks, task("new"))
    assert made["status"] == {"state": "Queued"}
    assert admin.get(f"{tasks}/new")["metadata"]["generation"] == 1


@pytest.mark.parametrize(
    "change",
    [
        {"identifier": "other"},
        {"version": "v2.0"},
        {"input": "{}"},
        {"run": 2},
        {"key": "1"},
        {"parent": {"name": "a", "uid": "b", "attempt": 1}},
        {"creator": {"podUID": "x"}},
        {"dependsOn": ["1"]},
        {"retry": {"limit": 3}},
        {"jobName": "other"},
        {"timeoutSeconds": None},
    ],
    ids=json.dumps,
)
def test_a_spec_never_changes(admin: KubeApi, tasks: str, change: Object) -> None:
    admin.create(tasks, task("fixed", timeoutSeconds=5))
    error = refused(admin, "PATCH", f"{tasks}/fixed", {"spec": change})
    assert error.status == 422
    assert "spec of a Task cannot be changed" in error.body


def test_inputs_and_results_are_kept_to_the_letter(admin: KubeApi, tasks: str) -> None:
    text = '{"b": 1.0, "a": 12345678901234567890, "none": null, "text": "\\u00fc ü"}'
    made = admin.create(tasks, task("text", input=text))
    assert made["spec"]["input"] == text
    path = ended(admin, tasks, result=text)
    assert admin.get(path)["status"]["result"] == text


@pytest.mark.parametrize("final", sorted(FINAL_TASK_STATES), ids=camel)
def test_a_final_state_is_final(admin: KubeApi, tasks: str, final: TaskState) -> None:
    path = f"{tasks}/final"
    admin.create(tasks, task("final"))
    if final is TaskState.COMPLETED:
        admin.patch(f"{path}/status", {"status": {"state": "Running"}})
    admin.patch(f"{path}/status", {"status": {"state": camel(final)}})
    for other in set(TaskState) - {final}:
        error = refused(admin, "PATCH", f"{path}/status", {"status": {"state": camel(other)}})
        assert "final states are final" in error.body


def test_every_other_change_of_state_is_as_the_table_says(admin: KubeApi, tasks: str) -> None:
    """All pairs of states; how to get to each is found by walking the table."""
    numbers = itertools.count()
    for before, after in itertools.product(
        (TaskState.QUEUED, TaskState.RUNNING, TaskState.COMPUTED), TaskState
    ):
        name = f"t{next(numbers)}"
        path = f"{tasks}/{name}/status"
        admin.create(tasks, task(name))
        for step in (TaskState.RUNNING, TaskState.COMPUTED):
            if before is step or (before is TaskState.COMPUTED and step is TaskState.RUNNING):
                admin.patch(path, {"status": {"state": camel(step)}})
        change = {"status": {"state": camel(after)}}
        if after is before or after in TASK_TRANSITIONS[before]:
            assert admin.patch(path, change)["status"]["state"] == camel(after)
        else:
            assert refused(admin, "PATCH", path, change).status == 422


@pytest.mark.parametrize("field", FROZEN)
def test_what_a_task_ended_with_stays(admin: KubeApi, tasks: str, field: str) -> None:
    path = ended(admin, tasks)
    changed: Object = {
        "attempt": 2,
        "podName": "other",
        "outcome": {"message": "more"},
        "result": "145",
        "resultRef": {"size": 2},
        "resultFrom": [],
        "children": 1,
    }
    for value in (changed[field], None):
        error = refused(admin, "PATCH", f"{path}/status", {"status": {field: value}})
        assert error.status == 422
        assert "cannot be changed" in error.body or "only grows" in error.body
    assert admin.get(path)["status"] == ENDED


def test_what_a_task_ended_without_is_not_added(admin: KubeApi, tasks: str) -> None:
    admin.create(tasks, task("skipped"))
    path = f"{tasks}/skipped/status"
    admin.patch(path, {"status": {"state": "Skipped"}})
    for field in FROZEN:
        assert refused(admin, "PATCH", path, {"status": {field: ENDED[field]}}).status == 422


@pytest.mark.parametrize("way", ["merge", "remove", "replace", "put"])
def test_a_final_status_cannot_be_taken_away(
    admin: KubeApi, tasks: str, namespace: Namespace, way: str
) -> None:
    """A rule on the status itself is not asked when there is none any more."""
    path = ended(admin, tasks)
    patches = {
        "merge": ["--type=merge", '--patch={"status": null}'],
        "remove": ["--type=json", '--patch=[{"op": "remove", "path": "/status"}]'],
        "replace": [
            "--type=json",
            '--patch=[{"op": "replace", "path": "/status", "value": {"state": "Queued"}}]',
        ],
    }
    if way == "put":
        whole = admin.get(path)
        del whole["status"]
        assert refused(admin, "PUT", f"{path}/status", whole).status == 422
    else:
        words = ["patch", "fltask", "ended", "--subresource=status", *patches[way]]
        done = kubectl(namespace.cluster, *words, namespace=namespace.name)
        assert done.returncode == 1
        assert "final states are final" in done.stderr
    assert admin.get(path)["status"] == ENDED


def test_the_main_resource_does_not_change_the_status(admin: KubeApi, tasks: str) -> None:
    path = ended(admin, tasks)
    after = admin.patch(path, {"status": None, "metadata": {"annotations": {"a": "b"}}})
    assert after["status"] == ENDED


def test_conditions_may_still_be_told_after_the_end(admin: KubeApi, tasks: str) -> None:
    path = ended(admin, tasks)
    condition = {
        "type": "Archived",
        "status": "True",
        "reason": "Archived",
        "message": "",
        "lastTransitionTime": TIME,
    }
    after = admin.patch(f"{path}/status", {"status": {"conditions": [condition]}})
    assert after["status"]["conditions"] == [condition]


def test_attempts_only_grow(admin: KubeApi, tasks: str) -> None:
    admin.create(tasks, task("tried"))
    path = f"{tasks}/tried/status"
    admin.patch(path, {"status": {"attempt": 3}})
    for attempt in (2, None):
        error = refused(admin, "PATCH", path, {"status": {"attempt": attempt}})
        assert "only grows" in error.body
    assert refused(admin, "PATCH", path, {"status": None}).status == 422


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ({"jobName": None}, "Required value"),
        ({"identifier": "é" * 129}, "at most 256 bytes"),
        ({"version": "latest"}, "should match"),
        ({"key": "a/b"}, "should match"),
        ({"run": 0}, "greater than or equal to 1"),
        ({"input": {"a": 1}}, "must be of type string"),
        ({"input": "x" * 32_769}, "32768"),
        ({"input": "x" * 1_000_000}, "32768"),
        ({"dependsOn": ["1:"]}, "should match"),
        ({"dependsOn": [str(n) for n in range(1001)]}, "at most 1000"),
        ({"creator": {}}, "Required value"),
        ({"retry": {"limit": 0.5}}, "must be of type integer"),
        ({"input": "", "inputRef": {"key": "k", "sha256": "0" * 64, "size": 1}}, "not both"),
        ({"inputRef": {"key": "k", "sha256": "f00", "size": 1}}, "should match"),
    ],
)
def test_bad_tasks_are_refused(admin: KubeApi, tasks: str, spec: Object, complaint: str) -> None:
    error = refused(admin, "POST", tasks, task("bad", **spec))
    assert error.status == 422
    assert complaint in error.body


@pytest.mark.parametrize(("length", "fits"), [(63, True), (64, False), (253, False)])
def test_names_end_where_labels_end(admin: KubeApi, tasks: str, length: int, fits: bool) -> None:
    status, _ = admin.raw("POST", tasks, task("a" * length))
    assert status == (201 if fits else 422)


@pytest.mark.parametrize(
    ("status", "complaint"),
    [
        ({"state": "QUEUED"}, "Unsupported value"),
        ({"state": ""}, "Unsupported value"),
        ({"attempt": 0.5}, "must be of type integer"),
        ({"result": {"a": 1}}, "must be of type string"),
        ({"result": "x" * 32_769}, "32768"),
        ({"children": 10_001}, "less than or equal to 10000"),
        ({"report": "1"}, "should match"),
        ({"report": "0.1"}, "should match"),
        ({"stop": "Please"}, "Unsupported value"),
        ({"outcome": {"kind": "Succeeded"}}, "Required value"),
        ({"outcome": {**OUTCOME, "kind": "SUCCEEDED"}}, "Unsupported value"),
        ({"startTime": "now"}, "must be of type date-time"),
        ({"progressDetails": [{}] * 33}, "at most 32"),
    ],
)
def test_a_bad_status_is_refused(
    admin: KubeApi, tasks: str, status: Object, complaint: str
) -> None:
    admin.create(tasks, task("bad"))
    error = refused(admin, "PATCH", f"{tasks}/bad/status", {"status": status})
    assert error.status == 422
    assert complaint in error.body


def test_a_task_without_its_values_is_small(admin: KubeApi, tasks: str) -> None:
    """Nor do owners, labels and the books that the server keeps make it large."""
    path = ended(admin, tasks, progress="10/10", display="Square(12)", size="small")
    assert len(json.dumps(admin.get(path))) < 4_000


def test_a_task_after_ten_thousand_others_is_small(admin: KubeApi, tasks: str) -> None:
    references = [{"path": "/parts/0", "task": "0", "count": 10_000}]
    made = admin.create(tasks, task("sum", dependsOn=["0:10000"], inputFrom=references))
    assert len(json.dumps(made)) < 4_000
