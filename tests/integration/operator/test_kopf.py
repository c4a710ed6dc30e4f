"""The same jobs, where kopf watches the quiet kinds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.cluster.kubeapi import until

from .conftest import Jobs, Site, act


@pytest.fixture
def watched_by_kopf(site: Site) -> Iterator[None]:
    """The site's operator, started so that kopf tells it of jobs, releases, sizes and groups."""
    site.operator.stop()
    site.operator.start(FAIRLEAD_OPERATOR_OBSERVE="kopf")
    yield
    site.operator.stop()
    site.operator.start()


def test_a_job_runs_changes_and_is_deleted(jobs: Jobs, watched_by_kopf: None) -> None:
    job = jobs.submit(act("a", children=3), act("b", "return", "a"))
    assert jobs.wait(job, "Completed")["progress"] == "6/6"

    waiting = jobs.submit(act("a"), desired="Suspended")
    jobs.change(waiting, desired="Running")
    jobs.wait(waiting, "Completed")

    jobs.site.kubectl("delete", "fljob", job, waiting, "--wait")
    jobs.made.clear()
    until("their tasks are gone", lambda: not jobs.site.tasks(job) + jobs.site.tasks(waiting))


def test_kopf_leaves_no_mark_on_jobs(jobs: Jobs, watched_by_kopf: None) -> None:
    job = jobs.submit(act("a"))
    jobs.wait(job, "Completed")
    metadata = jobs.get(job)["metadata"]
    assert not metadata.get("finalizers")
    assert not [name for name in metadata.get("annotations", {}) if "kopf" in name]
