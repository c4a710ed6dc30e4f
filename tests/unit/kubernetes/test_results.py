"""Results, and whose they are, where tasks returned futures of their subtasks."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest
from tests.unit.kubernetes.objects import a_task, ended

from fairlead.api import labels
from fairlead.backends.kubernetes.results import owner, result, selector
from fairlead.backends.kubernetes.storage import Storage
from fairlead.errors import BackendError, BackendUnavailableError
from fairlead.sdk.objectstore import open_store


class Cluster:
    """Tasks that are selected by their labels as the API server does it."""

    def __init__(self, *tasks: dict[str, Any]) -> None:
        self.tasks = tasks
        self.asked = 0

    def list(self, given: str) -> list[dict[str, Any]]:
        self.asked += 1
        siblings, _, keys = given.partition(",")
        named = keys.partition("(")[2].rstrip(")").split(",") if keys else None
        wanted = siblings.partition("=")[2]
        return [
            task
            for task in self.tasks
            if task["metadata"]["labels"][labels.PARENT_ATTEMPT] == wanted
            and (named is None or task["spec"]["key"] in named)
        ]

    def result(self, task: dict[str, Any]) -> Any:
        data = result(task, self.list, no_values)
        return None if data is None else json.loads(data)


def no_values(reference: Any) -> bytes:
    raise AssertionError("nothing is stored elsewhere")


def returning(value: Any, *places: dict[str, Any], state: str = "Completed") -> dict[str, Any]:
    more = {"resultFrom": list(places)} if places else {}
    return ended(state, result=json.dumps(value), **more)


def test_a_plain_one() -> None:
    assert Cluster().result(a_task(status=returning({"a": 1}))) == {"a": 1}


@pytest.mark.parametrize("state", ["Queued", "Running", "Computed", "Failed", "Skipped"])
def test_only_a_completed_task_has_one(state: str) -> None:
    assert Cluster().result(a_task(status=returning(1, state=state))) is None


def test_a_returned_future_stands_for_its_result() -> None:
    root = a_task(status=returning(None, {"path": "", "task": "1"}))
    child = a_task("1", parent=root, status=returning("inner"))
    cluster = Cluster(a_task("0", parent=root), child)

    assert cluster.result(root) == "inner"
    assert owner(root, cluster.list) is child


def test_a_returned_future_need_not_have_a_value_of_its_own() -> None:
    root = a_task(status=ended(resultFrom=[{"path": "", "task": "0", "word": "sum"}]))

    assert Cluster(a_task("0", parent=root, status=returning(7))).result(root) == 7


def test_futures_within_a_value_and_counted_ones() -> None:
    places = [{"path": "/all/0", "task": "0", "count": 3}, {"path": "/x~1y", "task": "1"}]
    root = a_task(status=returning({"all": [None] * 3, "x/y": None}, *places))
    below = [a_task(str(n), parent=root, status=returning(n * n)) for n in range(3)]
    cluster = Cluster(*below)

    assert cluster.result(root) == {"all": [0, 1, 4], "x/y": 1}
    assert owner(root, cluster.list) is root


def test_a_key_that_looks_like_an_index() -> None:
    root = a_task(status=returning({"0": None}, {"path": "/0", "task": "0"}))

    assert Cluster(a_task("0", parent=root, status=returning("x"))).result(root) == {"0": "x"}


def test_a_subtask_without_a_result_leaves_none() -> None:
    root = a_task(status=returning([None, None], {"path": "/0", "task": "0", "count": 2}))
    child = a_task("0", parent=root, status={"state": "FailedOptional"})

    assert Cluster(child).result(root) == [None, None]


def test_after_a_retry_the_newest_object_counts() -> None:
    root = a_task(status=returning(None, {"path": "", "task": "0"}))
    old = a_task("0", parent=root, status={"state": "Failed"})
    new = a_task("0", parent=root, run=2, status=returning("mended"))

    assert Cluster(new, old).result(root) == "mended"


def test_a_result_handed_up_through_a_thousand_levels() -> None:
    tasks = [a_task(status=returning(None, {"path": "", "task": "0"}), uid="u0")]
    for level in range(1, 1000):
        status = returning(None, {"path": "", "task": "0"}) if level < 999 else returning("deep")
        tasks.append(a_task("0", parent=tasks[-1], status=status, uid=f"u{level}"))
    cluster = Cluster(*tasks)

    assert cluster.result(tasks[0]) == "deep"
    assert owner(tasks[0], cluster.list) is tasks[-1]


def test_many_subtasks_are_asked_for_at_once() -> None:
    places = [{"path": "/0", "task": "0", "count": 200}]
    root = a_task(status=returning([None] * 200, *places))
    cluster = Cluster(*(a_task(str(n), parent=root, status=returning(n)) for n in range(200)))

    assert cluster.result(root) == list(range(200))
    assert cluster.asked == 1
    assert selector("u.1", map(str, range(200))) == "fairlead.dev/parent-attempt=u.1"


class TestStored:
    DATA = b'"a large value"'

    def reference(self, data: bytes = DATA) -> dict[str, Any]:
        total = sha256(data).hexdigest()
        return {"key": f"jobs/u/values/{total}", "sha256": total, "size": len(data)}

    def test_a_large_one_comes_from_the_store(self, tmp_path: Any) -> None:
        url = f"file://{tmp_path}"
        open_store(url).put(self.reference()["key"], self.DATA)
        task = a_task(status=ended(resultRef=self.reference()))

        assert result(task, Cluster().list, Storage("team", url).value) == self.DATA

    def test_one_that_is_gone_or_was_changed_is_an_error(self, tmp_path: Any) -> None:
        url = f"file://{tmp_path}"
        storage = Storage("team", url)
        with pytest.raises(BackendError, match="has no jobs/u/values"):
            storage.value(self.reference())
        open_store(url).put(self.reference()["key"], b'"another"')
        with pytest.raises(BackendError, match="was changed"):
            storage.value(self.reference())

    def test_without_a_store_the_error_says_what_to_set(self) -> None:
        with pytest.raises(BackendUnavailableError, match="FAIRLEAD_STORE"):
            Storage("team").value(self.reference())
