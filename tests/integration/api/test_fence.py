"""What the fence lets through: the operator, and the pod that holds a task, and nobody else."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from tests.cluster.kubeapi import MERGE, Object, until
from tests.integration.api.actors import Pod, Site, refused, task


@pytest.fixture(scope="module")
def holder(site: Site) -> Pod:
    """The pod to which tasks are given."""
    return site.runner("holder")


@pytest.fixture(scope="module")
def other(site: Site) -> Pod:
    """Another runner of the same namespace."""
    return site.runner("other")


NUMBERS = itertools.count(1)


@pytest.fixture
def held(site: Site, holder: Pod) -> str:
    """A Task that the operator has given to the holder; its path."""
    return site.held(f"held-{next(NUMBERS)}", holder.name, size="small")


def write(pod: Pod, path: str, **status: Any) -> Object:
    """Let a pod write fields of a status; it names attempt 1 unless said otherwise."""
    return dict(pod.api.patch(f"{path}/status", {"status": {"attempt": 1, **status}}))


def cannot_write(pod: Pod, path: str, **status: Any) -> str:
    """Let a pod try to write fields of a status; why it was refused."""
    error = refused(pod.api, "PATCH", f"{path}/status", {"status": {"attempt": 1, **status}})
    assert error.status == 422
    return error.body


def success(pod: Pod, **more: Any) -> Object:
    """An outcome as the pod reports it."""
    return {
        "kind": "Succeeded",
        "attempt": 1,
        "podUID": pod.uid,
        "time": "2026-01-02T03:04:05.678901Z",
        **more,
    }


RUNNING = {"state": "Running", "report": "1.1", "startTime": "2026-01-02T03:04:05.123456Z"}


def test_the_holder_runs_and_completes_a_leaf_in_two_writes(holder: Pod, held: str) -> None:
    write(holder, held, **RUNNING)
    done = write(
        holder,
        held,
        state="Completed",
        report="1.2",
        outcome=success(holder),
        result="144",
        display="Square(12)",
        progress="10/10",
    )
    assert done["status"]["state"] == "Completed"
    assert done["status"]["result"] == "144"
    assert done["status"]["size"] == "small"
    assert done["status"]["startTime"] == "2026-01-02T03:04:05.123456Z"


def test_a_parent_stays_running_until_the_operator_has_seen_its_subtasks(
    site: Site, holder: Pod, held: str
) -> None:
    write(holder, held, **RUNNING)
    report = {"outcome": success(holder), "children": 3, "report": "1.2"}
    assert "without subtasks" in cannot_write(holder, held, state="Completed", **report)
    assert "state like that" in cannot_write(holder, held, state="Computed", **report)
    assert write(holder, held, **report)["status"]["state"] == "Running"
    assert site.set_status(held, state="Computed")["status"]["children"] == 3
    assert site.set_status(held, state="Completed")["status"]["state"] == "Completed"


def test_a_failure_is_reported_and_judged_by_the_operator(
    site: Site, holder: Pod, held: str
) -> None:
    write(holder, held, **RUNNING)
    failure = success(holder, kind="Error", type="ValueError", message="no", traceback="...")
    assert "state like that" in cannot_write(
        holder, held, state="Failed", report="1.2", outcome=failure
    )
    write(holder, held, report="1.2", outcome=failure)
    retried = site.set_status(held, state="Queued", outcome=None, userFailures=1, attempt=2)
    assert retried["status"]["attempt"] == 2
    # The same pod may hold the next attempt too: then its numbers begin anew.
    write(holder, held, attempt=2, state="Running", report="2.1")


def test_what_never_started_is_reported_without_having_run(holder: Pod, held: str) -> None:
    done = write(holder, held, report="1.1", outcome=success(holder, kind="NeverStarted"))
    assert done["status"]["state"] == "Queued"


def test_the_reason_of_the_start_goes_when_the_task_runs(
    site: Site, holder: Pod, held: str
) -> None:
    site.set_status(held, reason="Starting")
    assert "reason" in cannot_write(holder, held, **RUNNING, reason="Bored")
    assert "reason" not in write(holder, held, **RUNNING, reason=None)["status"]


def test_another_pod_changes_nothing(other: Pod, held: str) -> None:
    assert "holds this task" in cannot_write(other, held, **RUNNING)


def test_an_administrator_changes_nothing(site: Site, held: str) -> None:
    error = refused(site.admin, "PATCH", f"{held}/status", {"status": {"display": "forged"}})
    assert error.status == 422
    assert "only the operator and the pod that holds this task" in error.body


def test_a_token_of_the_account_without_a_pod_changes_nothing(site: Site, held: str) -> None:
    api = site.account(site.install.runner_account, site.namespace)
    error = refused(api, "PATCH", f"{held}/status", {"status": {"attempt": 1, **RUNNING}})
    assert error.status == 422


def test_a_pod_of_the_holders_name_in_another_namespace_changes_nothing(
    site: Site, holder: Pod, held: str
) -> None:
    """Names of pods are unique in a namespace only, so the fence asks for that too."""
    home = site.install.namespace
    stranger = site.runner(holder.name, namespace=home, account="default")
    subject = {"kind": "ServiceAccount", "name": "default", "namespace": home}
    role = f"{site.install.release}-{home}-runner"
    site.admin.create(
        f"/apis/rbac.authorization.k8s.io/v1/namespaces/{site.namespace}/rolebindings",
        {
            "metadata": {"name": "stranger"},
            "subjects": [subject],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": role},
        },
    )
    assert "holds this task" in cannot_write(stranger, held, **RUNNING)


def test_a_task_that_nobody_holds_is_written_by_no_pod(site: Site, holder: Pod) -> None:
    path = site.task("unheld")
    error = refused(holder.api, "PATCH", f"{path}/status", {"status": {"display": "mine"}})
    assert "holds this task" in error.body


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", "large"),
        ("notBefore", "2026-01-02T03:04:05Z"),
        ("stop", "Stop"),
        ("release", "mine"),
        ("userFailures", 0),
        ("platformFailures", 7),
        ("endTime", "2026-01-02T03:04:05Z"),
        ("assignTime", "2026-01-02T03:04:05Z"),
        ("attempts", [{"attempt": 1, "kind": "Error"}]),
        (
            "conditions",
            [
                {
                    "type": "Runnable",
                    "status": "True",
                    "reason": "Mine",
                    "lastTransitionTime": "2026-01-02T03:04:05Z",
                    "message": "",
                }
            ],
        ),
    ],
)
def test_the_holder_does_not_write_what_the_operator_decides(
    holder: Pod, held: str, field: str, value: Any
) -> None:
    said = cannot_write(holder, held, **RUNNING, **{field: value})
    assert f"status.{field} is for the operator" in said


def test_the_holder_cannot_give_the_task_away(holder: Pod, other: Pod, held: str) -> None:
    assert "another attempt" in cannot_write(holder, held, **RUNNING, podName=other.name)
    assert "another attempt" in cannot_write(holder, held, **RUNNING, podName=None)


@pytest.mark.parametrize("attempt", [0, 2, 7])
def test_a_write_of_another_attempt_is_refused(holder: Pod, held: str, attempt: int) -> None:
    report = {"state": "Running", "report": f"{max(attempt, 1)}.1", "attempt": attempt}
    said = cannot_write(holder, held, **report)
    assert "another attempt" in said or "only grows" in said


def test_a_late_write_of_the_attempt_before_changes_nothing(
    site: Site, holder: Pod, held: str
) -> None:
    """The same pod holds both, so that only the attempt tells the two apart."""
    write(holder, held, **RUNNING)
    site.set_status(held, state="Queued", attempt=2)
    late = {"report": "1.2", "outcome": success(holder), "result": "1"}
    assert "only grows" in cannot_write(holder, held, **late)
    # Even a write that does not say for which attempt it is meant: its report does.
    unnamed = refused(holder.api, "PATCH", f"{held}/status", {"status": late})
    assert "must name its attempt" in unnamed.body


def test_a_write_must_name_its_attempt(holder: Pod, held: str) -> None:
    nameless = refused(holder.api, "PATCH", f"{held}/status", {"status": {"display": "x"}})
    assert "must name its attempt" in nameless.body
    write(holder, held, **RUNNING)
    again = refused(holder.api, "PATCH", f"{held}/status", {"status": {"display": "x"}})
    assert "must be newer" in again.body


def test_writes_that_come_out_of_order_change_nothing(holder: Pod, held: str) -> None:
    write(holder, held, **RUNNING)
    write(holder, held, report="1.10", progress="3/10")
    assert "newer" in cannot_write(holder, held, report="1.9", progress="2/10")
    assert "newer" in cannot_write(holder, held, report="1.10", progress="3/10")


def test_an_outcome_names_the_pod_that_reports_it(holder: Pod, other: Pod, held: str) -> None:
    write(holder, held, **RUNNING)
    for outcome in (success(other), success(holder, podUID="x"), success(holder, attempt=2)):
        said = cannot_write(holder, held, report="1.2", outcome=outcome)
        assert "status.outcome must name" in said


def test_an_outcome_is_reported_once(holder: Pod, held: str) -> None:
    write(holder, held, **RUNNING)
    write(holder, held, report="1.2", outcome=success(holder), children=1)
    again = {"report": "1.3", "outcome": success(holder), "children": 2}
    assert "already" in cannot_write(holder, held, **again)
    assert "already" in cannot_write(holder, held, report="1.3", display="late")


@pytest.mark.parametrize("field", [{"result": "1"}, {"children": 2}])
def test_results_come_with_a_success_only(holder: Pod, held: str, field: Object) -> None:
    write(holder, held, **RUNNING)
    assert "succeeded" in cannot_write(holder, held, report="1.2", **field)
    failed = success(holder, kind="Error")
    assert "succeeded" in cannot_write(holder, held, report="1.2", outcome=failed, **field)


def test_nobody_completes_without_having_run(holder: Pod, held: str) -> None:
    said = cannot_write(holder, held, state="Completed", report="1.1", outcome=success(holder))
    assert "state like that" in said


def test_a_cancelled_task_takes_no_report(site: Site, holder: Pod, held: str) -> None:
    write(holder, held, **RUNNING)
    site.set_status(held, state="Cancelled")
    said = cannot_write(holder, held, report="1.2", outcome=success(holder), state="Completed")
    assert "final" in said or "state like that" in said


def test_a_write_to_the_status_leaves_spec_and_labels_alone(holder: Pod, held: str) -> None:
    body = {
        "metadata": {"labels": {"fairlead.dev/job": "other", "x": "y"}},
        "spec": {"identifier": "other"},
        "status": {"attempt": 1, **RUNNING},
    }
    after = holder.api.patch(f"{held}/status", body)
    assert after["metadata"]["labels"] == {"fairlead.dev/job": "job"}
    assert after["spec"]["identifier"] == "acme.example/Square"
    assert after["status"]["state"] == "Running"


def test_a_pod_that_was_deleted_by_force_soon_has_no_token(site: Site) -> None:
    """Until then its process may live on, and the fence alone holds it off."""
    zombie = site.runner("zombie")
    path = site.held("taken-over", zombie.name)
    write(zombie, path, **RUNNING)
    pod = f"/api/v1/namespaces/{site.namespace}/pods/{zombie.name}"
    site.admin.delete(pod, gracePeriodSeconds=0)
    site.set_status(path, state="Queued", attempt=2, podName="replacement")
    late = {"state": "Completed", "report": "1.2", "outcome": success(zombie), "result": "1"}
    status, _ = zombie.api.raw("PATCH", f"{path}/status", {"status": late}, kind=MERGE)
    assert status in (401, 422)
    assert "outcome" not in site.admin.get(path)["status"]

    def locked_out() -> bool:
        return zombie.api.raw("GET", path)[0] == 401

    until("the token's end", locked_out, timeout=60, every=0.5)


# --- making tasks ------------------------------------------------------------------

PARENT = {"name": "parent", "uid": "0a0a", "attempt": 1}


def test_a_runner_makes_subtasks_in_its_own_name(site: Site, holder: Pod) -> None:
    creator = {"podUID": holder.uid, "podName": holder.name}
    body = task("subtask", parent=PARENT, creator=creator, key="7")
    made = holder.api.create(site.tasks, body)
    assert made["status"] == {"state": "Queued"}


@pytest.mark.parametrize(
    ("creator", "complaint"),
    [
        (None, "podUID must be"),
        ({"podUID": "x"}, "podUID must be"),
        ("other", "podUID must be"),
        ("name", "podName must be"),
    ],
)
def test_a_runner_makes_no_task_in_another_name(
    site: Site, holder: Pod, other: Pod, creator: Any, complaint: str
) -> None:
    known = {
        "other": {"podUID": other.uid},
        "name": {"podUID": holder.uid, "podName": other.name},
    }
    given = known.get(creator, creator) if isinstance(creator, str) else creator
    body = task("forged", parent=PARENT, creator=given)
    assert complaint in refused(holder.api, "POST", site.tasks, body).body


def test_a_runner_adds_nothing_to_the_top_level(site: Site, holder: Pod) -> None:
    body = task("top", creator={"podUID": holder.uid})
    said = refused(holder.api, "POST", site.tasks, body)
    assert said.status == 422
    assert "only those who may create Jobs" in said.body


def test_people_add_tasks_to_the_top_level_but_make_no_subtasks(site: Site, holder: Pod) -> None:
    site.admin.create(site.tasks, task("by-a-person"))
    forged = task("forged", parent=PARENT, creator={"podUID": holder.uid})
    assert "for pods only" in refused(site.admin, "POST", site.tasks, forged).body
    assert "only a runner" in refused(site.admin, "POST", site.tasks, task("x", parent=PARENT)).body


def test_a_program_in_a_pod_that_may_submit_jobs_may_add_tasks(site: Site) -> None:
    """A client inside the cluster: its token is bound to a pod, but it is no runner."""
    where = f"/api/v1/namespaces/{site.namespace}/serviceaccounts"
    site.admin.create(where, {"metadata": {"name": "notebook"}})
    site.admin.create(
        f"/apis/rbac.authorization.k8s.io/v1/namespaces/{site.namespace}/rolebindings",
        {
            "metadata": {"name": "notebook"},
            "subjects": [{"kind": "ServiceAccount", "name": "notebook"}],
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": site.install.cluster_name("edit"),
            },
        },
    )
    notebook = site.runner("notebook", account="notebook")
    body = task("from-a-notebook", creator={"podUID": notebook.uid})
    made = notebook.api.create(site.tasks, body)
    assert made["spec"]["creator"]["podUID"] == notebook.uid
    assert refused(notebook.api, "POST", site.tasks, task("nameless")).status == 422


def test_the_operator_makes_tasks_of_both_kinds(site: Site) -> None:
    site.task("top-level")
    site.task("renewed", parent=PARENT, run=2)


def test_a_status_given_at_creation_does_not_count(site: Site, holder: Pod) -> None:
    body = task("eager", parent=PARENT, creator={"podUID": holder.uid})
    body["status"] = {"state": "Completed", "result": "1", "podName": holder.name, "attempt": 1}
    assert holder.api.create(site.tasks, body)["status"] == {"state": "Queued"}


def test_the_label_of_the_job_is_that_of_the_spec(site: Site) -> None:
    body = task("mislabelled")
    body["metadata"]["labels"] = {"fairlead.dev/job": "another"}
    assert "must be spec.jobName" in refused(site.admin, "POST", site.tasks, body).body
    site.task("relabelled")
    change = {"metadata": {"labels": {"fairlead.dev/job": None}}}
    said = refused(site.admin, "PATCH", f"{site.tasks}/relabelled", change)
    assert "must be spec.jobName" in said.body


def test_a_person_asks_a_task_to_stop_by_an_annotation(site: Site) -> None:
    path = site.task("asked")
    for word in ("Stopped", "Cancelled", None):
        site.admin.patch(path, {"metadata": {"annotations": {"fairlead.dev/desired": word}}})
    change = {"metadata": {"annotations": {"fairlead.dev/desired": "Exploded"}}}
    assert "Stopped or Cancelled" in refused(site.admin, "PATCH", path, change).body
