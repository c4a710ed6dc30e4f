"""Tasks that somebody adds by hand, not as they should be: each says what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cluster.kubeapi import Object, until
from tests.integration.bad_input.jobs import condition, submit, task
from tests.site.site import Site

from fairlead.api import labels
from fairlead.api.meta import API_VERSION

pytestmark = [
    pytest.mark.timeout(600, func_only=True),
    pytest.mark.usefixtures("undisturbed"),
]


def session(site: Site) -> Object:
    """Make a job without a list."""
    body = {"apiVersion": API_VERSION, "kind": "Job", "metadata": {"generateName": "open-"}}
    return dict(site.api.create(site.path("jobs"), {**body, "spec": {}}))


def add(site: Site, job: Object, key: str, name: str = "", **spec: Any) -> str:
    """Add a task that doubles 21 to a job, as an SDK would; its name."""
    called, uid = job["metadata"]["name"], job["metadata"]["uid"]
    marks = {
        labels.JOB: called,
        labels.JOB_UID: uid,
        labels.KEY: key,
        labels.PARENT_ATTEMPT: labels.parent_attempt(uid, 0),
    }
    usual = {
        "jobName": called,
        "jobUID": uid,
        "run": 1,
        "key": key,
        "identifier": "bad.example/Double",
        "version": "v1.0",
        "input": '{"number": 21}',
    }
    metadata = {"name": name or f"{called}-{key.lower()}", "labels": marks}
    head = {"apiVersion": API_VERSION, "kind": "Task", "metadata": metadata}
    made = site.api.create(site.path("tasks"), {**head, "spec": usual | spec})
    return str(made["metadata"]["name"])


def wait_told(site: Site, name: str) -> Object:
    """Wait until a Task says why it does not start; that condition."""

    def told() -> Object | None:
        found = condition(site.get("tasks", name), "Runnable")
        return found if found.get("status") == "False" else None

    return until(f"{name} says why it does not start", told, timeout=60)


def wait_completed(site: Site, name: str) -> None:
    def completed() -> bool:
        return (site.get("tasks", name) or {}).get("status", {}).get("state") == "Completed"

    until(f"{name} is completed", completed, timeout=90)


@pytest.mark.parametrize("needs", ["5:3", "0:99999999", "nothing"])
def test_a_dependency_on_nothing_holds_up_no_other_task(site: Site, needs: str) -> None:
    job = session(site)
    odd = add(site, job, "odd", dependsOn=[needs])
    assert needs in wait_told(site, odd)["message"]
    # An operator that begins anew finds all of it.
    site.operator.restart()
    wait_completed(site, add(site, job, "good"))
    site.kubectl("patch", "fljob", job["metadata"]["name"], *CANCEL)
    assert site.wait_finished(job["metadata"]["name"])["status"]["state"] == "Cancelled"


def test_of_two_tasks_with_one_key_the_first_counts(site: Site) -> None:
    job = session(site)
    first = add(site, job, "one")
    wait_completed(site, first)
    second = add(site, job, "one", name="a-second")
    assert wait_told(site, second)["reason"] == "DuplicateKey"
    site.operator.restart()
    wait_completed(site, add(site, job, "two", dependsOn=["one"]))
    site.kubectl("patch", "fljob", job["metadata"]["name"], *CANCEL)
    site.wait_finished(job["metadata"]["name"])
    assert (site.get("tasks", first) or {})["status"]["attempt"] == 1
    assert "attempt" not in (site.get("tasks", second) or {})["status"]


CANCEL = ("--type=merge", "--patch", '{"spec":{"desired":"Cancelled"}}')


def test_no_task_is_added_to_a_job_with_a_list(site: Site) -> None:
    job = submit(site, task("one", identifier="bad.example/Nobody"))
    name = job["metadata"]["name"]
    until("its task is there", lambda: site.tasks(name), timeout=60)
    added = add(site, job, "two")
    said = wait_told(site, added)
    assert said["reason"] == "NotAdded"
    assert "Submit another Job" in said["message"]
    assert "attempt" not in (site.get("tasks", added) or {})["status"]
    site.kubectl("patch", "fljob", name, *CANCEL)
    assert site.wait_finished(name)["status"]["tasks"]["total"] == 1


def test_a_task_of_no_job_goes_as_the_tasks_of_a_deleted_one_do(site: Site) -> None:
    nowhere = {"metadata": {"name": "nowhere", "uid": "00000000-0000-0000-0000-000000000000"}}
    name = add(site, nowhere, "one")
    until("it is gone", lambda: site.get("tasks", name) is None, timeout=60)


def test_a_wish_that_is_none_is_refused(site: Site) -> None:
    job = session(site)
    name = add(site, job, "odd", dependsOn=["nothing"])
    status, said = site.api.raw(
        "PATCH",
        site.path("tasks", name),
        {"metadata": {"annotations": {labels.DESIRED: "Exploded"}}},
        kind="application/merge-patch+json",
    )
    assert status == 422
    assert "Stopped or Cancelled" in said
