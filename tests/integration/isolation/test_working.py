"""Isolated tasks do all that others do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.cluster.kubeapi import until
from tests.cluster.kubectl import delete_all
from tests.contract import (
    test_cache,
    test_failing,
    test_reporting,
    test_retries,
    test_subtasks,
    test_values,
)
from tests.site.site import Site

from fairlead import Client
from fairlead.api.meta import API_VERSION

from .conftest import Isolated, act

RETRY = {"retry": {"limit": 2, "backoffSeconds": 0, "maxBackoffSeconds": 0}}

SCENARIOS: list[Callable[..., Any]] = [
    test_subtasks.test_recursion,
    test_values.test_futures_anywhere_in_a_value,
    test_values.test_values_keep_their_types_through_json,
    test_retries.test_each_attempt_is_recorded_with_what_it_failed_with,
    test_failing.test_the_exceptions_own_class_is_raised_with_the_remote_traceback,
    test_reporting.test_logs_are_kept_of_every_attempt,
    test_reporting.test_a_span_says_how_long_it_took_and_its_attributes,
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.__name__.removeprefix("test_"))
def test_the_contract_holds(client: Client, site: Site, scenario: Callable[..., Any]) -> None:
    scenario(client)
    made = site.api.get(site.path("jobs"))["items"]
    assert {job["spec"]["isolation"] for job in made} == {"Sidecar"}


def test_the_cache_is_shared_by_a_job(client: Client) -> None:
    test_cache.test_tasks_pass_bytes_through_a_group(client, None)


def test_files_reach_the_store(client: Client, tmp_path: Path) -> None:
    test_reporting.test_files_that_a_task_leaves(client, tmp_path)


def test_subtasks_and_large_results_and_usage(jobs: Isolated) -> None:
    job = jobs.submit(act("wide", children=3), act("large", size=200_000))
    jobs.wait(job, "Completed")
    assert jobs.status(job, "wide")["children"] == 4
    large = jobs.status(job, "large")
    assert large["resultRef"]["size"] == 200_002
    # Measured where the task runs, written by the agent.
    usage = large["outcome"]["usage"]
    assert usage["peakMemoryBytes"] > 10 * 2**20
    assert 0 < usage["wallMilliseconds"] < 600_000


def test_a_failed_attempt_is_tried_again_in_the_same_runner(jobs: Isolated) -> None:
    gate = jobs.gate("retry")
    job = jobs.submit(act("a", "exit", gate=gate, times=1, **RETRY))
    jobs.wait(job, "Completed")
    status = jobs.status(job, "a")
    (first,) = status["attempts"]
    assert (status["attempt"], first["kind"], first["podName"]) == (2, "Crashed", status["podName"])


def test_a_time_limit_ends_a_task_that_goes_on(jobs: Isolated) -> None:
    job = jobs.submit(act("a", "hold", gate=jobs.gate("shut"), timeoutSeconds=2))
    assert jobs.wait(job, "Failed")["failure"]["kind"] == "Timeout"


def test_a_cancelled_task_is_ended_after_its_grace(jobs: Isolated) -> None:
    gate = jobs.gate("shut")
    job = jobs.submit(act("a", "hold", gate=gate, graceSeconds=1))
    jobs.until_task(job, "a", state="Running")
    jobs.change(job, desired="Cancelled")
    jobs.wait(job, "Cancelled")
    assert jobs.status(job, "a")["state"] == "Cancelled"


def test_both_containers_end_when_there_is_no_more_to_do(jobs: Isolated) -> None:
    job = jobs.submit(act("a"), reuse="Never")
    jobs.wait(job, "Completed")

    def ended() -> bool:
        pod = jobs.pod(job, "a")
        return pod is None or pod["status"]["phase"] == "Succeeded"

    until("the pod has ended well", ended)


def test_a_pod_that_is_deleted_asks_its_task_to_stop(jobs: Isolated) -> None:
    gate = jobs.gate("never opened")
    job = jobs.submit(act("a", "wait", gate=gate), reuse="Never")
    first = jobs.until_task(job, "a", state="Running")["podName"]
    until("it has begun", lambda: jobs.executions(gate) == 1)
    jobs.site.api.delete(jobs.site.core("pods", first))
    # It returns when it is asked to, and that counts.
    jobs.wait(job, "Completed")
    assert jobs.status(job, "a")["attempt"] == 1


def test_a_pod_that_is_deleted_costs_no_retry(jobs: Isolated) -> None:
    gate = jobs.gate("held")
    job = jobs.submit(act("a", "hold", gate=gate, graceSeconds=1), reuse="Never")
    first = jobs.until_task(job, "a", state="Running")["podName"]
    until("it has begun", lambda: jobs.executions(gate) == 1)
    jobs.site.api.delete(jobs.site.core("pods", first))
    jobs.until_task(job, "a", attempt=2, state="Running")
    Path(gate).touch()
    jobs.wait(job, "Completed")
    (gone,) = jobs.status(job, "a")["attempts"]
    assert gone["kind"] == "Disrupted"


def test_the_guide_s_policy_lets_no_job_do_without(jobs: Isolated) -> None:
    guide = Path(__file__).parents[3] / "docs" / "guide" / "isolation.md"
    (text,) = (one for one in guide.read_text().split("```") if "kind: ValidatingAdmission" in one)
    name, namespace = f"isolated-{jobs.site.namespace}", jobs.site.namespace
    text = text.removeprefix("yaml").replace("isolated-jobs", name).replace("research", namespace)
    policies = list(yaml.safe_load_all(text))
    jobs.site.apply(*policies)
    try:
        refused = f"ValidatingAdmissionPolicy '{name}'"
        until("the policy is in force", lambda: refused in submitted(jobs, "Shared"))
        assert "must have isolation Sidecar" in submitted(jobs, "Shared")
        assert submitted(jobs, "Sidecar") == ""
    finally:
        delete_all(jobs.site.cluster, policies)


def submitted(jobs: Isolated, isolation: str) -> str:
    """What the API server says against a Job; it is not made."""
    spec = {"isolation": isolation, "tasks": [act("a")]}
    body = {"apiVersion": API_VERSION, "kind": "Job", "metadata": {"name": "try"}, "spec": spec}
    path = jobs.site.path("jobs")
    status, answer = jobs.site.api.raw("POST", f"{path}?dryRun=All", body)
    return "" if status < 300 else str(answer)
