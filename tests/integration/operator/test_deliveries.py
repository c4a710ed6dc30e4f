"""Attempts that end in time, but whose runners cannot record what they made at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.cluster.kubeapi import until

from fairlead.api.times import seconds
from fairlead_operator.jobs.effects import LAST_CHANCE
from fairlead_operator.jobs.starting import REPORT_TIME

from .conftest import LONG, Jobs, act

LIMIT = 5


def in_place_of_values(store: Path, job_uid: str) -> Path:
    """Put a file where the folder of a job's values is to be, so that none can be kept."""
    folder = store / "jobs" / job_uid
    for one in (folder.parent, folder):
        if not one.exists():
            one.mkdir()
            one.chmod(0o777)  # runners write there too
    path = folder / "values"
    path.touch()
    return path


def test_an_attempt_whose_result_waits_for_the_store_is_not_out_of_time(jobs: Jobs) -> None:
    task = act("a", size=40_000, timeoutSeconds=LIMIT)
    job = jobs.submit(task, desired="Suspended")
    values = in_place_of_values(jobs.site.folder, jobs.get(job)["metadata"]["uid"])
    jobs.change(job, desired="Running")

    def beyond_all_limits() -> dict[str, Any] | None:
        status = jobs.status(job, "a")
        began, said = seconds(status.get("startTime")), seconds(status.get("deliveryTime"))
        assert status.get("attempt") in (None, 1)
        late = LIMIT + REPORT_TIME + LAST_CHANCE + 2
        return status if began and said and said - began > late else None

    status = until("the attempt is beyond its limits", beyond_all_limits, timeout=LONG)
    assert "stop" not in status
    values.unlink()
    jobs.wait(job, "Completed")
    status = jobs.status(job, "a")
    assert (status["attempt"], status["resultRef"]["size"]) == (1, 40_002)
    assert "deliveryTime" not in status
