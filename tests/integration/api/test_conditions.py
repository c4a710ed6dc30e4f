"""Conditions on a real API server: `kubectl wait` returns on every end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.cluster.kubeapi import MERGE, KubeApi
from tests.cluster.namespaces import Namespace
from tests.integration.api.actors import collection, job, kubectl

from fairlead.api.job import Job
from fairlead.api.job_conditions import job_conditions
from fairlead.core.states import JobState

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)


def conclude(admin: KubeApi, path: str, state: JobState, reason: str | None = None) -> Job:
    """Write a state and its conditions, and read the Job back."""
    seen = Job.model_validate(admin.get(path))
    status = seen.status.model_copy(
        update={
            "state": state,
            "observed_generation": seen.metadata.generation,
            "conditions": job_conditions(
                seen.status.conditions,
                state,
                reason=reason,
                now=NOW,
                generation=seen.metadata.generation or 0,
            ),
        }
    )
    return Job.model_validate(admin.patch(f"{path}/status", {"status": status.to_dict()}))


def waits(namespace: Namespace, condition: str) -> bool:
    """Whether `kubectl wait` returns within a second."""
    words = ["wait", f"--for=condition={condition}", "--timeout=1s", "fljob/nightly"]
    return kubectl(namespace.cluster, *words, namespace=namespace.name).returncode == 0


@pytest.mark.parametrize(
    ("state", "true"),
    [
        (JobState.COMPLETED, {"Succeeded", "Complete", "Finished"}),
        (JobState.FAILED, {"Failed", "Finished"}),
        (JobState.CANCELLED, {"Failed", "Finished"}),
    ],
)
def test_kubectl_waits_for_the_end(
    namespace: Namespace, admin: KubeApi, state: JobState, true: set[str]
) -> None:
    path = f"{collection(namespace.name, 'jobs')}/nightly"
    admin.create(collection(namespace.name, "jobs"), job("nightly"))
    conclude(admin, path, JobState.RUNNING)
    assert not waits(namespace, "Finished")
    after = conclude(admin, path, state, reason="BecauseOfATest")
    assert waits(namespace, "Finished")
    assert waits(namespace, "Complete") == ("Complete" in true)
    found = after.status.conditions or []
    assert {one.type for one in found if one.status == "True"} == true
    assert {one.reason for one in found} == {"BecauseOfATest"}
    described = namespace.kubectl("describe", "fljob", "nightly")
    assert "BecauseOfATest" in described


def test_a_condition_twice_is_refused(namespace: Namespace, admin: KubeApi) -> None:
    path = f"{collection(namespace.name, 'jobs')}/nightly"
    admin.create(collection(namespace.name, "jobs"), job("nightly"))
    after = conclude(admin, path, JobState.RUNNING)
    twice = [one.to_dict() for one in after.status.conditions or []] * 2
    status, text = admin.raw(
        "PATCH",
        f"{path}/status",
        {"status": {"conditions": twice}},
        kind=MERGE,
    )
    assert status == 422
    assert "Duplicate value" in text


def test_a_new_generation_is_seen_on_every_change_of_the_spec_only(
    namespace: Namespace, admin: KubeApi
) -> None:
    path = f"{collection(namespace.name, 'jobs')}/nightly"
    admin.create(collection(namespace.name, "jobs"), job("nightly"))
    after = conclude(admin, path, JobState.RUNNING)
    assert after.metadata.generation == after.status.observed_generation == 1
    changed = Job.model_validate(admin.patch(path, {"spec": {"desired": "Suspended"}}))
    assert (changed.metadata.generation, changed.status.observed_generation) == (2, 1)
