"""Jobs that are submitted as kubectl does, and what is read of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.cluster.kubeapi import ApiError, Object, until
from tests.site.site import Site

from fairlead.api.meta import API_VERSION

RELEASE = "double"
DOUBLE = {"identifier": "bad.example/Double", "version": "v1.0", "input": {"number": 21}}


def task(name: str, **fields: Any) -> Object:
    """One task of a job; by default it doubles 21."""
    return {"name": name, **DOUBLE, **fields}


def submit(site: Site, *tasks: Object, name: str = "bad", **spec: Any) -> Object:
    """Submit a job; the server's answer."""
    metadata = {"generateName": f"{name}-"}
    wanted = {"tasks": list(tasks), **spec}
    body = {"apiVersion": API_VERSION, "kind": "Job", "metadata": metadata, "spec": wanted}
    return dict(site.api.create(site.path("jobs"), body))


def condition(found: Object | None, type_: str) -> Object:
    """A condition of an object; empty where it has none of that type."""
    listed = (found or {}).get("status", {}).get("conditions", [])
    return next((one for one in listed if one["type"] == type_), {})


def wait_task(site: Site, job: str, holds: Callable[[Object], bool]) -> Object:
    """Wait until something holds of a job's only Task; the Task."""

    def found() -> Object | None:
        return next((one for one in site.tasks(job) if holds(one)), None)

    return until(f"a task of {job} is as it should be", found, timeout=60)


def wait_stuck(site: Site, job: str, reason: str) -> Object:
    """Wait until a job's only Task says why it does not start; that condition."""

    def says(one: Object) -> bool:
        return condition(one, "Runnable").get("reason") == reason

    return condition(wait_task(site, job, says), "Runnable")


def remove(site: Site, name: str) -> None:
    """Delete a job if it is there."""
    try:
        site.api.delete(site.path("jobs", name))
    except ApiError as absent:
        if absent.status != 404:
            raise
