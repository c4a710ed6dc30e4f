"""What must hold whatever an operator is given: it lives, it is quiet, good jobs run."""

from __future__ import annotations

from pathlib import Path

from tests.cluster.kubeapi import until
from tests.integration.bad_input.jobs import RELEASE, submit, task
from tests.site.site import Site

PROGRAM = Path(__file__).with_name("program.py")
OURS = ("jobs", "tasks", "releases", "machinegroups")


def prepare(site: Site) -> None:
    """Publish what good jobs run."""
    if site.get("releases", RELEASE) is None:
        site.publish(PROGRAM, RELEASE)


def run_a_good_job(site: Site) -> None:
    """Run a job that nothing is wrong with to its end."""
    good = submit(site, task("good"), name="good")["metadata"]["name"]
    found = site.wait_finished(good)
    assert found["status"]["state"] == "Completed"
    assert [one["status"]["result"] for one in site.tasks(good)] == ["42"]
    site.kubectl("delete", "fljob", good)


def wait_quiet(site: Site) -> None:
    """Wait until a good job runs without a write to anything that was there before it."""

    def quiet() -> bool:
        before = _versions(site)
        run_a_good_job(site)
        after = _versions(site)
        return all(after.get(name) == version for name, version in before.items())

    until("nothing is written to what is bad", quiet, timeout=240)


def _versions(site: Site) -> dict[str, str]:
    """The version of each object, as kubectl tells them: some are too deep for Python's JSON."""
    columns = "custom-columns=KIND:.kind,NAME:.metadata.name,VERSION:.metadata.resourceVersion"
    kinds = ",".join(f"{plural}.fairlead.dev" for plural in OURS)
    listed = site.kubectl("get", kinds, "--no-headers", "--ignore-not-found", "--output", columns)
    lines = [line.split() for line in listed.splitlines()]
    return {f"{kind}/{name}": version for kind, name, version in lines}


def mistakes(site: Site) -> list[str]:
    """The lines of the operator's log in which it tells of a mistake of its own."""
    return [
        line
        for line in site.operator.said(1_000_000).splitlines()
        if "A mistake of the operator" in line or "Could not take note" in line
    ]
