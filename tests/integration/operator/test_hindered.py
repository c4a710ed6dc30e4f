"""Jobs with which the operator cannot go on say so, and why, until it can."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.cluster.kubeapi import ApiError, KubeApi, until

from .conftest import LONG, Jobs, act

POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
SAID = "told to refuse, by a test"


def hindered(jobs: Jobs, job: str) -> dict[str, Any]:
    """The condition that says what keeps the operator from going on, or nothing."""
    conditions = jobs.get(job).get("status", {}).get("conditions", [])
    return next((one for one in conditions if one["type"] == "Hindered"), {})


def until_hindered(jobs: Jobs, job: str, reason: str) -> dict[str, Any]:
    """Wait until a job says that the operator is hindered for a reason; the condition."""

    def found() -> dict[str, Any] | None:
        one = hindered(jobs, job)
        return one if (one.get("status"), one.get("reason")) == ("True", reason) else None

    return until(f"{job} is hindered: {reason}", found, timeout=LONG)


@contextmanager
def refused(jobs: Jobs) -> Iterator[None]:
    """Have every write of the operator to the status of a Task refused."""
    site = jobs.site
    name = f"refuse-{site.namespace}"
    here = {"matchLabels": {"kubernetes.io/metadata.name": site.namespace}}
    who = f"request.userInfo.username == {site.install.operator_username!r}"
    rule = {
        "apiGroups": ["fairlead.dev"],
        "apiVersions": ["*"],
        "operations": ["UPDATE"],
        "resources": ["tasks/status"],
    }
    spec: dict[str, Any] = {
        "matchConstraints": {"namespaceSelector": here, "resourceRules": [rule]},
        "matchConditions": [{"name": "operator", "expression": who}],
        "validations": [{"expression": "false", "message": SAID}],
    }
    site.api.create(POLICIES, {"metadata": {"name": name}, "spec": spec})
    bound = {"policyName": name, "validationActions": ["Deny"]}
    try:
        site.api.create(BINDINGS, {"metadata": {"name": name}, "spec": bound})
        yield
    finally:
        for path in (BINDINGS, POLICIES):
            site.api.delete(f"{path}/{name}")


def is_refused(jobs: Jobs, task: str) -> bool:
    """Try as the operator, without consequences, whether it may write the status of a Task."""
    operator = KubeApi(Path(jobs.site.operator.settings["KUBECONFIG"]))
    try:
        path = f"{jobs.site.path('tasks', task)}/status?dryRun=All"
        operator.patch(path, {"status": {"display": "tried"}})
    except ApiError as refusal:
        return SAID in refusal.body
    finally:
        operator.close()
    return False


def test_a_policy_in_the_operator_s_way_is_told_on_the_job_until_it_is_gone(jobs: Jobs) -> None:
    gate = jobs.gate("hindered")
    job = jobs.submit(act("a", "wait", gate=gate), act("b", "return", "a"))
    jobs.until_task(job, "a", state="Running")
    assert hindered(jobs, job) == {}
    with refused(jobs):
        name = jobs.tasks(job)["b"]["metadata"]["name"]
        until("the policy holds", lambda: is_refused(jobs, name), timeout=LONG)
        Path(gate).touch()
        waiting = ["wait", "--for=condition=Hindered", f"--timeout={LONG:.0f}s", f"fljob/{job}"]
        assert "condition met" in jobs.site.kubectl(*waiting, timeout=LONG + 30)
        said = until_hindered(jobs, job, "Refused")["message"]
        assert SAID in said
        assert "Change the policy or webhook that the message names" in said
        described = jobs.site.kubectl("describe", f"fljob/{job}")
        assert "Hindered" in described
        assert SAID in described
        assert jobs.get(job)["status"]["state"] == "Running"
    waiting = ["wait", "--for=condition=Hindered=False", f"--timeout={LONG:.0f}s", f"fljob/{job}"]
    assert "condition met" in jobs.site.kubectl(*waiting, timeout=LONG + 30)
    jobs.wait(job, "Completed")
    assert hindered(jobs, job)["status"] == "False"
    assert jobs.status(job, "b")["attempt"] == 1


def test_a_quota_of_tasks_is_waited_for(jobs: Jobs) -> None:
    """First for those of the job's list, by the operator; then for subtasks, by their runner."""
    site = jobs.site
    until("no Tasks are left", lambda: not site.api.get(site.path("tasks"))["items"], timeout=LONG)
    used = site.core("resourcequotas", "tasks")

    def allow(number: int) -> None:
        quota = {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "tasks"},
            "spec": {"hard": {"count/tasks.fairlead.dev": str(number)}},
        }
        site.apply(quota)
        wanted = {"count/tasks.fairlead.dev": str(number)}

        def holds() -> bool:
            return bool(site.api.get(used).get("status", {}).get("hard") == wanted)

        until(f"the quota allows {number}", holds, timeout=LONG)

    try:
        allow(0)
        job = jobs.submit(act("a", children=2))
        said = until_hindered(jobs, job, "QuotaExceeded")["message"]
        assert "count/tasks.fairlead.dev" in said
        assert "Raise the quota" in said
        assert jobs.get(job)["status"].get("state", "Queued") == "Queued"
        assert site.tasks(job) == []
        allow(1)
        jobs.until_task(job, "a", state="Running")
        allow(4)
        status = jobs.wait(job, "Completed")
    finally:
        site.api.delete(used)
    assert status["progress"] == "4/4"
    assert hindered(jobs, job)["status"] == "False"
    ended = jobs.status(job, "a")
    assert ended["attempt"] == 1
    assert not ended.get("userFailures")
    assert not ended.get("platformFailures")
