"""What the SDK submits, as objects, and read back from them."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import pytest
from tests.unit.kubernetes.objects import JOB_UID, an_id

from fairlead.api.constants import MAX_INLINE
from fairlead.api.job import Job
from fairlead.api.task import Task
from fairlead.backends.kubernetes.newjobs import job_object, keys, listed
from fairlead.backends.kubernetes.newtasks import Writer, no_store, stored_input, task_object
from fairlead.backends.kubernetes.submitted import submitted
from fairlead.backends.kubernetes.submitting import check_graph
from fairlead.backends.kubernetes.tree import JobTree
from fairlead.errors import DependencyError, InvalidRequestError
from fairlead.sdk.backend import NewJob, NewTask, Ref, TaskOptions

MANY = TaskOptions(
    max_retries=3,
    backoff=0.5,
    max_backoff=2.0,
    optional=True,
    machine_size="large",
    timeout=1.5,
    queue_timeout=0.1,
    max_parallel=2,
)


def a_new_task(letter: str = "a", **changes: Any) -> NewTask:
    fields: dict[str, Any] = {"source": "/home/me/flow.py", "input": b"{}", **changes}
    return NewTask(an_id(letter), "Step", "v0.0", **fields)


def a_new_job(*tasks: NewTask, **changes: Any) -> NewJob:
    return NewJob(an_id("j"), changes.pop("name", "a job"), list(tasks), **changes)


def entries(job: NewJob) -> list[dict[str, Any]]:
    found = listed(job, no_store)
    assert found is not None
    return found


def test_options_become_whole_seconds_that_are_never_less() -> None:
    [entry] = entries(a_new_job(a_new_task(options=MANY)))

    assert entry["retry"] == {"limit": 3, "backoffSeconds": 1, "maxBackoffSeconds": 2}
    assert (entry["timeoutSeconds"], entry["queueTimeoutSeconds"]) == (2, 1)
    assert (entry["failurePolicy"], entry["machineSize"]) == ("Ignore", "large")


def test_what_is_not_said_is_left_to_the_cluster() -> None:
    [entry] = entries(a_new_job(a_new_task()))

    assert set(entry) == {"name", "id", "identifier", "version", "inputJSON"}


def test_a_pause_never_is_above_the_longest_one() -> None:
    options = TaskOptions(max_retries=1, backoff=5.0, max_backoff=0.2)
    [entry] = entries(a_new_job(a_new_task(options=options)))

    assert entry["retry"] == {"limit": 1, "backoffSeconds": 1, "maxBackoffSeconds": 1}


def test_the_grace_period_is_only_told_where_somebody_set_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FAIRLEAD_GRACE", "0.1")
    [entry] = entries(a_new_job(a_new_task()))

    assert entry["graceSeconds"] == 1


def test_references_in_a_row_are_one_and_name_keys() -> None:
    parts = [a_new_task(letter) for letter in "abc"]
    refs = tuple(Ref(("parts", number), number) for number in range(3))
    kept = Ref(("kept",), 0, "future")
    joined = a_new_task("d", refs=(*refs, kept), depends_on=(0, 1, 2))
    entry = entries(a_new_job(*parts, joined))[3]

    assert entry["inputFrom"] == [
        {"path": "/parts/0", "task": "0", "count": 3},
        {"path": "/kept", "task": "0", "kind": "Future"},
    ]
    assert entry["dependsOn"] == ["0", "1", "2"]


def test_more_tasks_than_a_list_takes_are_made_one_by_one() -> None:
    tasks = [a_new_task("a") for _ in range(501)]

    assert listed(a_new_job(*tasks), no_store) is None
    assert listed(a_new_job(*tasks[:200]), no_store) is not None


def test_a_list_that_would_make_a_large_object_is_made_one_by_one() -> None:
    tasks = [a_new_task("a", input=b'"' + b"x" * 20_000 + b'"') for _ in range(2)]

    assert listed(a_new_job(*tasks[:1]), no_store) is not None
    assert listed(a_new_job(*tasks), no_store) is None


def test_more_dependencies_than_an_entry_takes_become_ranges_of_a_task() -> None:
    many = tuple(range(100))
    after = a_new_task("z", depends_on=many)
    job = a_new_job(*(a_new_task("a") for _ in many), after)

    assert listed(job, no_store) is None
    assert Writer(str, no_store).spec(after, "100")["dependsOn"] == ["0:100"]


def test_an_input_that_is_too_large_goes_to_the_store() -> None:
    data = b'"' + b"x" * MAX_INLINE + b'"'
    kept: list[bytes] = []

    def put(given: bytes) -> Mapping[str, Any]:
        kept.append(given)
        return stored_input("team", given)

    found = listed(a_new_job(a_new_task(input=data)), put)
    assert found is not None
    total = sha256(data).hexdigest()
    assert found[0]["inputRef"] == {
        "key": f"inputs/team/{total}", "sha256": total, "size": len(data),
    }  # fmt: skip
    assert "inputJSON" not in found[0]
    assert kept == [data]


def test_without_a_store_such_an_input_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="FAIRLEAD_STORE"):
        listed(a_new_job(a_new_task(input=b"x" * (MAX_INLINE + 1))), no_store)


@pytest.mark.parametrize(("said", "meant"), [("sidecar", "Sidecar"), ("Shared", None)])
def test_a_job_may_isolate_its_tasks(
    monkeypatch: pytest.MonkeyPatch, said: str, meant: str | None
) -> None:
    monkeypatch.setenv("FAIRLEAD_ISOLATION", said)
    spec = job_object(a_new_job(a_new_task()), None, None)["spec"]
    assert spec.get("isolation") == meant


def test_an_isolation_that_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLEAD_ISOLATION", "Vault")
    with pytest.raises(InvalidRequestError, match="it takes Shared or Sidecar"):
        job_object(a_new_job(a_new_task()), None, None)


def test_a_job_carries_what_it_was_submitted_with() -> None:
    job = a_new_job(
        a_new_task(options=MANY), style="run", machine_group="small-1", metadata={"study": "first"}
    )
    body = job_object(job, "dev-flow-1", {"job": "old", "uid": "u", "kind": "Clone"})

    assert body["metadata"]["labels"] == {"fairlead.dev/id": an_id("j")}
    assert body["spec"] == {
        "id": an_id("j"),
        "title": "a job",
        "style": "Run",
        "reuse": "WithinJob",
        "release": "dev-flow-1",
        "machineGroup": "small-1",
        "metadata": {"study": "first"},
        "lineage": {"job": "old", "uid": "u", "kind": "Clone"},
        "maxParallel": {"Step": 2},
    }
    Job.model_validate({**body, "spec": {**body["spec"], "tasks": entries(job)}})


def test_any_name_makes_an_object_of_its_own() -> None:
    one = job_object(a_new_job(name="Ünïted / 2"), None, None)
    two = job_object(NewJob(an_id("k"), "Ünïted / 2", []), None, None)

    assert one["metadata"]["name"].startswith("united-2-")
    assert one["metadata"]["name"] != two["metadata"]["name"]
    assert one["spec"]["title"] == "Ünïted / 2"


def test_a_name_that_is_too_long_for_a_cluster_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="253"):
        job_object(a_new_job(name="x" * 254), None, None)


def test_a_circle_is_refused_before_anything_is_made() -> None:
    tasks = [a_new_task("a", depends_on=(1,)), a_new_task("b", depends_on=(0,))]

    with pytest.raises(DependencyError, match="circle"):
        check_graph(tasks)


def test_a_task_of_an_open_job_says_whose_it_is() -> None:
    spec = Writer(str, no_store).spec(a_new_task("b", depends_on=(0,), options=MANY), "7")
    body = task_object("a-job", JOB_UID, 1, spec)

    task = Task.model_validate(body)
    assert task.metadata.labels == {
        "fairlead.dev/job": "a-job",
        "fairlead.dev/job-uid": JOB_UID,
        "fairlead.dev/key": "7",
        "fairlead.dev/id": an_id("b"),
        "fairlead.dev/parent-attempt": f"{JOB_UID}.0",
    }
    assert (task.spec.job_uid, task.spec.run, task.spec.key) == (JOB_UID, 1, "7")
    assert (task.spec.max_parallel, task.spec.depends_on) == (2, ["0"])
    assert body["metadata"]["ownerReferences"][0]["uid"] == JOB_UID


def _as_stored(job: NewJob, tasks: list[dict[str, Any]] | None) -> dict[str, Any]:
    body = job_object(job, None, None)
    body["metadata"] |= {"uid": JOB_UID, "creationTimestamp": "2026-03-01T10:00:00Z"}
    if tasks is not None:
        body["spec"]["tasks"] = tasks
    return body


@pytest.mark.parametrize("one_by_one", [False, True], ids=["a list", "one by one"])
def test_a_job_is_read_back_as_it_was_submitted(one_by_one: bool) -> None:
    parts = a_new_task("a", key="tokyo", source=None, input=b'{"n":1.0}')
    refs = (Ref(("parts", 0), 0), Ref(("by/name", "0"), 0, "future"))
    options = TaskOptions(max_retries=2, backoff=3.0, max_backoff=9.0, optional=True, timeout=5.0)
    data = b'{"parts":[null],"by/name":{"0":null}}'
    joined = a_new_task("b", refs=refs, depends_on=(0,), options=options, input=data, source=None)
    job = a_new_job(parts, joined, style="workflow", metadata={"a": "b"})
    stored = _as_stored(job, None if one_by_one else listed(job, no_store))
    writer = Writer(str, no_store)
    tasks = [_made(writer.spec(task, key)) for task, key in zip(job.tasks, keys(job), strict=True)]
    stored["spec"] |= {"closed": {"tasks": 2}} if one_by_one else {}

    read = submitted(JobTree(stored, tasks if one_by_one else []), lambda reference: b"")
    assert read == job


def _made(spec: dict[str, Any]) -> dict[str, Any]:
    body = task_object("a-job", JOB_UID, 1, spec)
    body["metadata"] |= {"uid": spec["key"], "creationTimestamp": "2026-03-01T10:00:00Z"}
    return body
