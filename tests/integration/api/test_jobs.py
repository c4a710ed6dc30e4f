"""Jobs at admission: what the server fills in, what it keeps, what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.cluster.kubeapi import KubeApi, Object
from tests.cluster.namespaces import Namespace
from tests.integration.api.actors import collection, job, kubectl, refused

from fairlead.api.job import IMMUTABLE, JobSpec


@pytest.fixture
def jobs(namespace: Namespace) -> str:
    return collection(namespace.name, "jobs")


def entry(name: str = "one", **fields: Any) -> Object:
    """One task of a Job."""
    return {"name": name, "identifier": "acme.example/Square", **fields}


def test_the_server_fills_in_what_a_short_job_leaves_out(admin: KubeApi, jobs: str) -> None:
    made = admin.create(jobs, job("short"))
    assert made["spec"] == {
        "desired": "Running",
        "isolation": "Shared",
        "priority": 0,
        "reuse": "WithinJob",
        "run": 1,
        "tasks": [entry(version="v0.0", failurePolicy="Fail")],
    }
    assert made["status"] == {"state": "Queued"}


def test_a_status_given_at_creation_does_not_count(admin: KubeApi, jobs: str) -> None:
    made = admin.create(jobs, {**job("eager"), "status": {"state": "Completed"}})
    assert made["status"] == {"state": "Queued"}


def test_inputs_of_people_are_structured_with_known_losses(admin: KubeApi, jobs: str) -> None:
    given = {"text": "ü", "whole": 1.0, "half": 0.5, "none": None, "nested": [{"a": [True]}]}
    made = admin.create(jobs, job("input", entry(input=given)))
    kept = made["spec"]["tasks"][0]["input"]
    assert kept == given
    assert json.dumps(kept["whole"]) == "1"


def test_inputs_of_programs_are_text_and_stay_as_they_are(admin: KubeApi, jobs: str) -> None:
    text = '{"b": 1.0, "a": 12345678901234567890, "none": null}'
    made = admin.create(jobs, job("text", entry(inputJSON=text)))
    assert made["spec"]["tasks"][0]["inputJSON"] == text


IMMUTABLE_CHANGES: list[Object] = [
    {"tasks": [entry("other")]},
    {"tasks": None},
    {"tasks": [entry(input={"a": 2})]},
    {"tasks": [entry(input={"a": 1}), entry("two")]},
    {"id": "a" * 25},
    {"title": "x"},
    {"style": "Run"},
    {"maxParallel": {"a": 1}},
    {"priority": 1},
    {"deadlineSeconds": 1},
    {"ttlSecondsAfterFinished": 1},
    {"metadata": {"a": "b"}},
    {"machineSize": "large"},
    {"machineGroup": "mine"},
    {"release": "r"},
    {"serviceAccountName": "a"},
    {"reuse": "Never"},
    {"reuseSeconds": 3},
    {"isolation": "Sidecar"},
    {"traceparent": "00"},
    {"lineage": {"job": "a", "uid": "b", "kind": "Clone"}},
]


@pytest.mark.parametrize("change", IMMUTABLE_CHANGES, ids=lambda change: json.dumps(change)[:40])
def test_what_was_submitted_stays(admin: KubeApi, jobs: str, change: Object) -> None:
    admin.create(jobs, job("fixed", entry(input={"a": 1})))
    error = refused(admin, "PATCH", f"{jobs}/fixed", {"spec": change})
    assert error.status == 422
    assert "cannot be changed" in error.body or "Required value" in error.body


def test_every_immutable_field_is_tried() -> None:
    assert {next(iter(change)) for change in IMMUTABLE_CHANGES} == set(IMMUTABLE)
    fields = {field.alias for field in JobSpec.model_fields.values()}
    assert fields - set(IMMUTABLE) == {"desired", "run", "closed"}


def test_a_job_is_suspended_resumed_cancelled_and_retried(admin: KubeApi, jobs: str) -> None:
    path = f"{jobs}/life"
    admin.create(jobs, job("life"))
    changes: list[Object] = [
        {"desired": "Suspended"},
        {"desired": "Running"},
        {"desired": "Cancelled"},
        {"desired": "Running", "run": 2},
        {"run": 3},
    ]
    made = [admin.patch(path, {"spec": change}) for change in changes]
    generations = [after["metadata"]["generation"] for after in made]
    assert generations == [2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("before", "change", "complaint"),
    [
        ({}, {"run": 3}, "only be raised by one"),
        ({}, {"run": 0}, "greater than or equal to 1"),
        ({}, {"run": None, "desired": "Paused"}, "Unsupported value"),
        ({"desired": "Cancelled"}, {"desired": "Running"}, "stays cancelled"),
        ({"desired": "Cancelled"}, {"desired": "Suspended"}, "stays cancelled"),
        ({"desired": "Cancelled"}, {"desired": None}, "stays cancelled"),
        ({"desired": "Cancelled"}, {"run": 2}, "needs desired"),
        ({}, {"closed": {"tasks": 1}}, "for sessions"),
    ],
)
def test_other_changes_of_what_is_wanted_are_refused(
    admin: KubeApi, jobs: str, before: Object, change: Object, complaint: str
) -> None:
    admin.create(jobs, job("wish"))
    if before:
        admin.patch(f"{jobs}/wish", {"spec": before})
    error = refused(admin, "PATCH", f"{jobs}/wish", {"spec": change})
    assert error.status == 422
    assert complaint in error.body


def test_a_run_never_goes_back(admin: KubeApi, jobs: str) -> None:
    admin.create(jobs, job("runs"))
    admin.patch(f"{jobs}/runs", {"spec": {"run": 2}})
    for run in (1, None):
        assert refused(admin, "PATCH", f"{jobs}/runs", {"spec": {"run": run}}).status == 422


@pytest.mark.parametrize("state", ["Completed", "Failed", "Cancelled"])
def test_what_a_run_ended_with_stays_until_the_next_run(
    admin: KubeApi, jobs: str, state: str
) -> None:
    admin.create(jobs, job("ended"))
    path = f"{jobs}/ended/status"
    admin.patch(path, {"status": {"state": "Running", "run": 1}})
    admin.patch(path, {"status": {"state": state}})
    for status in ({"state": "Running"}, {"state": "Suspended", "run": 1}, {"state": None}, None):
        error = refused(admin, "PATCH", path, {"status": status})
        assert "only the next run" in error.body
    again = admin.patch(path, {"status": {"state": "Running", "run": 2}})
    assert again["status"]["state"] == "Running"


def test_a_session_is_closed_once(admin: KubeApi, jobs: str) -> None:
    session = job("session")
    del session["spec"]["tasks"]
    admin.create(jobs, session)
    path = f"{jobs}/session"
    admin.patch(path, {"spec": {"closed": {"tasks": 7}}})
    for change in ({"tasks": 8}, None):
        error = refused(admin, "PATCH", path, {"spec": {"closed": change}})
        assert "cannot be changed" in error.body


BAD_TASKS = [
    ([], "at least 1"),
    ([entry(), entry()], "Duplicate value"),
    ([entry(f"t{n}") for n in range(5_000)], "at most 500 items"),
    ([entry("ü")], "should match"),
    ([entry("a" * 64)], "63"),
    ([entry("a" * 253)], "63"),
    ([entry("a b")], "should match"),
    ([entry("-a")], "should match"),
    ([entry("")], "at least 1"),
    ([entry(identifier="")], "at least 1"),
    ([entry(identifier="x" * 257)], "256"),
    ([entry(identifier="é" * 129)], "at most 256 bytes"),
    ([entry(identifier=7)], "must be of type string"),
    ([entry(identifier=None)], "Required value"),
    ([entry(version="1.0")], "should match"),
    ([entry(version="v01.0")], "should match"),
    ([entry(version="v1.0.0")], "should match"),
    ([entry(version="v1.0\n")], "should match"),
    ([entry(input=[1])], "must be of type object"),
    ([entry(input="a")], "must be of type object"),
    ([entry(input={}, inputJSON="{}")], "not several"),
    ([entry(inputJSON="x" * 32_769)], "32768"),
    ([entry(dependsOn=["one"])], "cannot depend on itself"),
    ([entry(dependsOn=[f"t{n}" for n in range(65)])], "at most 64 items"),
    ([entry(dependsOn="a")], "must be of type array"),
    ([entry(retry={"limit": -1})], "greater than or equal to 0"),
    ([entry(retry={"limit": 1.5})], "must be of type integer"),
    ([entry(retry={"limit": "3"})], "must be of type integer"),
    ([entry(retry={"backoffSeconds": 9, "maxBackoffSeconds": 8})], "may not be above"),
    ([entry(failurePolicy="Shrug")], "Unsupported value"),
    ([entry(failurePolicy=True)], "must be of type string"),
    ([entry(timeoutSeconds=0)], "greater than or equal to 1"),
    ([entry(timeoutSeconds=10**12)], "less than or equal to"),
    ([entry(timeoutSeconds=0.5)], "must be of type integer"),
    ([entry(machineSize="Large Machine")], "should match"),
    ([entry(inputFrom=[{"path": "a", "task": "b"}])], "should match"),
    ([entry(inputFrom=[{"path": "/a"}])], "Required value"),
]


@pytest.mark.parametrize(("tasks", "complaint"), BAD_TASKS, ids=range(len(BAD_TASKS)))
def test_bad_tasks_are_refused(
    admin: KubeApi, jobs: str, tasks: list[Object], complaint: str
) -> None:
    body = job("bad")
    body["spec"]["tasks"] = tasks
    error = refused(admin, "POST", jobs, body)
    assert error.status == 422
    assert complaint in error.body
    assert admin.get(jobs)["items"] == []


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ({"maxParallel": {"a": 0}}, "greater than or equal to 1"),
        ({"maxParallel": {str(n): 1 for n in range(501)}}, "at most 500"),
        ({"priority": 1001}, "less than or equal to 1000"),
        ({"deadlineSeconds": -1}, "greater than or equal to 1"),
        ({"metadata": {"a": 1}}, "must be of type string"),
        ({"metadata": {"a": "x" * 254}}, "253"),
        ({"id": "short"}, "should match"),
        ({"desired": "running"}, "Unsupported value"),
        ({"run": 1.5}, "must be of type integer"),
        ({"closed": {"tasks": 1}}, "for sessions"),
        ({"reuse": False}, "must be of type string"),
    ],
)
def test_bad_settings_are_refused(admin: KubeApi, jobs: str, spec: Object, complaint: str) -> None:
    error = refused(admin, "POST", jobs, job("bad", **spec))
    assert error.status == 422
    assert complaint in error.body


@pytest.mark.parametrize(
    ("name", "fits"),
    [("a" * 52, True), ("a" * 53, False), ("a" * 253, False), ("Über", False), ("a.b", True)],
)
def test_names_of_jobs_leave_room_for_those_of_their_pods(
    admin: KubeApi, jobs: str, name: str, fits: bool
) -> None:
    if fits:
        admin.create(jobs, job(name))
    else:
        assert refused(admin, "POST", jobs, job(name)).status == 422


def test_a_file_may_be_applied_again_without_undoing_what_was_asked_since(
    namespace: Namespace, admin: KubeApi, jobs: str
) -> None:
    def apply() -> Object:
        """Apply the file; the Job afterwards."""
        done = kubectl(
            namespace.cluster, "apply", "-f", "-", feed=job("again"), namespace=namespace.name
        )
        assert done.returncode == 0, done.stderr
        return dict(admin.get(f"{jobs}/again"))

    # kubectl sends the tasks without what the server has filled in, and the server fills it
    # in again before it compares.
    assert apply()["metadata"]["generation"] == 1
    assert apply()["metadata"]["generation"] == 1
    admin.patch(f"{jobs}/again", {"spec": {"desired": "Cancelled"}})
    after = apply()
    assert after["spec"]["desired"] == "Cancelled"
    assert after["metadata"]["generation"] == 2


def test_a_misspelt_field_is_refused_by_kubectl(namespace: Namespace) -> None:
    body = job("typo", entry(retires={"limit": 3}))
    done = kubectl(namespace.cluster, "create", "-f", "-", feed=body, namespace=namespace.name)
    assert done.returncode == 1
    assert 'unknown field "spec.tasks[0].retires"' in done.stderr


@pytest.mark.parametrize("word", ["NaN", "Infinity"])
def test_what_json_cannot_say_is_refused(admin: KubeApi, jobs: str, word: str) -> None:
    """Python writes it, but it is no JSON."""
    error = refused(admin, "POST", jobs, job("nan", entry(input={"x": float(word)})))
    assert error.status == 400


def test_a_megabyte_of_text_is_refused(admin: KubeApi, jobs: str) -> None:
    body = job("large", entry(inputJSON="x" * 1_000_000))
    assert refused(admin, "POST", jobs, body).status == 422


def test_five_hundred_tasks_with_sixty_four_dependencies_each_are_taken(
    admin: KubeApi, jobs: str
) -> None:
    tasks = [
        entry(f"t{n}", dependsOn=[f"t{other}" for other in range(max(0, n - 64), n)])
        for n in range(500)
    ]
    made = admin.create(jobs, job("full", *tasks))
    assert len(made["spec"]["tasks"]) == 500
    # The rules about what may not change look at all of it, and still fit their budget.
    again = admin.patch(f"{jobs}/full", {"spec": {"desired": "Suspended"}})
    assert again["spec"]["desired"] == "Suspended"
    assert refused(admin, "PATCH", f"{jobs}/full", {"spec": {"priority": 5}}).status == 422
