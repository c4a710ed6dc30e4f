"""What the API server itself refuses: nothing of it is stored, and no operator ever sees it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.cluster.kubeapi import ApiError, Object, until
from tests.cluster.shell import ClusterError
from tests.integration.bad_input.jobs import RELEASE, submit, task
from tests.integration.bad_input.undisturbed import prepare
from tests.site.site import PATH, Site

from fairlead.api.meta import API_VERSION

MEGABYTE = 1_000_000
RELEASED = {"identifier": "a", "version": "v1.0", "entryPoint": "a:A"}

JOBS: dict[str, tuple[list[Object], Object, str]] = {
    "duplicate names": ([task("a"), task("a")], {}, "Duplicate value"),
    "5,000 tasks": ([task(f"t{number}") for number in range(5_000)], {}, "at most 500 items"),
    "a megabyte of input as text": (
        [{"name": "a", "identifier": "a", "inputJSON": "x" * MEGABYTE}],
        {},
        "32768",
    ),
    "a task's name of 253 characters": ([task("a" * 253)], {}, "63"),
    "a task's name in unicode": ([task("größe-例")], {}, "should match"),
    "an identifier of 257 bytes": ([task("a", identifier="é" * 129)], {}, "at most 256 bytes"),
    "a task that depends on itself": ([task("a", dependsOn=["a"])], {}, "depend on itself"),
    "a version that is none": ([task("a", version="latest")], {}, "should match"),
    "a size that is no name": ([task("a", machineSize="Very Large")], {}, "should match"),
    "pauses that conflict": (
        [task("a", retry={"limit": 1, "backoffSeconds": 9, "maxBackoffSeconds": 8})],
        {},
        "may not be above",
    ),
    "two inputs": ([task("a", inputJSON="{}")], {}, "not several"),
    "nothing may run": ([task("a")], {"maxParallel": {"a": 0}}, "greater than or equal to 1"),
    "closed though it has a list": ([task("a")], {"closed": {"tasks": 1}}, "for sessions"),
}


@pytest.mark.parametrize(("tasks", "spec", "complaint"), JOBS.values(), ids=JOBS)
def test_a_bad_job_is_refused(
    site: Site, tasks: list[Object], spec: Object, complaint: str
) -> None:
    with pytest.raises(ApiError) as refusal:
        submit(site, *tasks, name="refused", **spec)
    assert refusal.value.status == 422
    assert complaint in refusal.value.body
    assert _named(site, "jobs", "refused") == []


@pytest.mark.parametrize("name", ["n" * 253, "n" * 53, "größe-例", "Upper"])
def test_a_bad_name_of_a_job_is_refused(site: Site, name: str) -> None:
    body = _object("Job", name, {"tasks": [task("a")]})
    status, _ = site.api.raw("POST", site.path("jobs"), body)
    assert status == 422
    assert site.get("jobs", "n" * 53) is None


def test_two_megabytes_of_structured_input_are_refused(site: Site) -> None:
    """More than the server's store takes."""
    with pytest.raises(ApiError) as refusal:
        submit(site, task("a", input={"text": "x" * 2 * MEGABYTE}), name="refused")
    assert refusal.value.status in (413, 422, 500)
    assert "too large" in refusal.value.body
    assert _named(site, "jobs", "refused") == []


OTHERS: dict[str, tuple[str, str, Object, str]] = {
    "a release's name of 253 characters": ("n" * 253, "Release", {"image": "a"}, "at most 63"),
    "a release in unicode": ("größe-例", "Release", {"image": "a"}, "Invalid value"),
    "a release without code": ("refused", "Release", {}, "needs an image"),
    "a sum that is none": (
        "refused",
        "Release",
        {"package": {"configMaps": ["a"], "sha256": "f00", "size": 1}},
        "should match",
    ),
    "code that is no entry point": (
        "refused",
        "Release",
        {"image": "a", "tasks": [{**RELEASED, "entryPoint": "os.system('x')"}]},
        "should match",
    ),
    "one definition twice": (
        "refused",
        "Release",
        {"image": "a", "tasks": [RELEASED, RELEASED]},
        "Duplicate value",
    ),
    "fewest above most machines": (
        "refused",
        "MachineGroup",
        {"size": "small", "minMachines": 3, "maxMachines": 2},
        "may not be above maxMachines",
    ),
    "a request above its limit": (
        "refused",
        "MachineSize",
        {"resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}}},
        "may not be above its limit",
    ),
    "memory that is no amount": (
        "refused",
        "MachineSize",
        {"resources": {"limits": {"memory": "lots"}}},
        "should match",
    ),
}
PLURALS = {"Release": "releases", "MachineGroup": "machinegroups", "MachineSize": "machinesizes"}


@pytest.mark.parametrize(("name", "kind", "spec", "complaint"), OTHERS.values(), ids=OTHERS)
def test_a_bad_release_size_or_group_is_refused(
    site: Site, name: str, kind: str, spec: dict[str, Any], complaint: str
) -> None:
    path = f"{PATH}/machinesizes" if kind == "MachineSize" else site.path(PLURALS[kind])
    usual = {"tasks": [RELEASED]} if kind == "Release" else {}
    status, said = site.api.raw("POST", path, _object(kind, name, usual | spec))
    assert status == 422
    assert complaint in said
    assert not [one for one in _all(site, path) if one["metadata"]["name"] == name]


# --- edits to what does not change -----------------------------------------------------------


def test_edits_of_what_is_immutable_are_refused(site: Site) -> None:
    prepare(site)
    job = submit(site, task("one", identifier="bad.example/Nobody"))["metadata"]["name"]
    found = until("its task is there", lambda: site.tasks(job), timeout=60)
    name = found[0]["metadata"]["name"]
    group = _object("MachineGroup", "fixed", {"size": "small"})
    site.api.create(site.path("machinegroups"), group)
    edits = (
        ("jobs", job, {"tasks": [task("other")]}),
        ("jobs", job, {"priority": 5}),
        ("jobs", job, {"run": 3}),
        ("tasks", name, {"input": "{}"}),
        ("tasks", name, {"identifier": "bad.example/Double"}),
        ("releases", RELEASE, {"stage": "Development"}),
        ("machinegroups", "fixed", {"size": "large"}),
    )
    for plural, whose, change in edits:
        before = site.get(plural, whose)
        patch = json.dumps({"spec": change})
        words = ["patch", f"{plural}.fairlead.dev", whose, "--type=merge", "-p", patch]
        with pytest.raises(ClusterError, match=r"cannot be changed|only be raised by one"):
            site.kubectl(*words)
        after = site.get(plural, whose)
        assert before is not None
        assert after is not None
        assert after["spec"] == before["spec"]
    site.api.delete(site.path("machinegroups", "fixed"))


def _object(kind: str, name: str, spec: Object) -> Object:
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _named(site: Site, plural: str, word: str) -> list[Object]:
    return [one for one in _all(site, site.path(plural)) if word in one["metadata"]["name"]]


def _all(site: Site, path: str) -> list[Object]:
    return list(site.api.get(path)["items"])
