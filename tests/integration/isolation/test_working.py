"""Isolated tasks do all that others do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
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
    assert jobs.status(job, "large")["resultRef"]["size"] == 200_002


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
