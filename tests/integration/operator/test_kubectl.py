"""What people see of their jobs by plain kubectl, and by the command line where a job failed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.cluster.kubeapi import until
from tests.cluster.paths import PROJECT
from tests.cluster.shell import direct, run
from tests.integration.operator.conftest import LONG, Jobs, act
from tests.site.site import Site

NIGHTLY = PROJECT / "examples" / "kubernetes" / "nightly.yaml"

PROGRAM = """
import time
from pathlib import Path

from fairlead import ExecutionContext, Task


class Fetch(Task):
    url: str

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "acme.example/Fetch", "v1.2"

    def execute(self, context: ExecutionContext) -> str:
        context.progress().add(10)
        context.progress().done(3)
        while not Path("GATE").exists():
            time.sleep(0.05)
        return self.url


class Enrich(Task):
    @staticmethod
    def identifier() -> tuple[str, str]:
        return "acme.example/Enrich", "ENRICH"

    def execute(self, context: ExecutionContext) -> None: ...


class Report(Task):
    @staticmethod
    def identifier() -> tuple[str, str]:
        return "acme.example/Report", "v2.1"

    def execute(self, context: ExecutionContext) -> None: ...
"""

pytestmark = pytest.mark.timeout(900, func_only=True)


def publish(site: Site, folder: Path, gate: Path, enrich: str) -> None:
    """Publish the program, with a version of Enrich."""
    file = folder / f"nightly_{enrich.replace('.', '_')}.py"
    file.write_text(PROGRAM.replace("GATE", str(gate)).replace("ENRICH", enrich))
    site.publish(file, file.stem.replace("_", "-"))


def test_a_job_of_a_file_is_followed_to_its_end(site: Site, tmp_path: Path) -> None:
    gate = site.shared / "nightly.gate"
    publish(site, tmp_path, gate, "v2.0")
    site.kubectl("apply", "-f", str(NIGHTLY))
    try:
        _see_it_run(site)
        gate.touch()
        _see_it_wait(site)
        publish(site, tmp_path, gate, "v1.4")
        site.kubectl("wait", "--for=condition=Finished", "fljob/nightly", "--timeout=4m")
        heads, row = _table(site, "fljob", "nightly")
        assert heads == ["NAME", "STATE", "PROGRESS", "RUNNING", "FAILED", "AGE"]
        assert row[:5] == ["nightly", "Completed", "3/3", "0", "0"]
    finally:
        site.kubectl("delete", "fljob", "nightly")


def _table(site: Site, *words: str) -> list[list[str]]:
    return [line.split() for line in site.kubectl("get", *words).splitlines()]


def _see_it_run(site: Site) -> None:
    running = ("-l", "fairlead.dev/job=nightly", "--field-selector", "status.state=Running")

    def shown() -> list[list[str]] | None:
        found = _table(site, "fltask", *running)
        return found if len(found) == 2 and "3/10" in found[1] else None

    heads, row = until("it runs and tells how far it is", shown, timeout=LONG)
    assert heads[:7] == ["NAME", "IDENTIFIER", "STATE", "ATTEMPT", "SIZE", "RUNNER", "PROGRESS"]
    assert row[0].startswith("nightly-fetch-")
    assert row[1:5] == ["acme.example/Fetch", "Running", "1", "small"]
    assert row[5].startswith("nightly-fetch-")
    assert row[5].endswith("-a1")

    def counted() -> bool:
        return _table(site, "fljob", "nightly")[1][:5] == ["nightly", "Running", "0/3", "1", "0"]

    until("the job counts it", counted, timeout=LONG)


def _see_it_wait(site: Site) -> None:
    """Nothing that is published runs the second task, which says so to whoever describes it."""
    label = "fairlead.dev/job=nightly,fairlead.dev/key=enrich"
    says = (
        "acme.example/Enrich v1.0 needs v1.0 or a later v1.x; published in namespace"
        f" {site.namespace}: v2.0. Publish v1.x, or submit v2.0."
    )

    def described() -> str | None:
        text = " ".join(site.kubectl("describe", "fltask", "-l", label).split())
        return text if says in text else None

    text = until("it says what it waits for", described, timeout=LONG)
    assert "Reason: NoCompatibleRelease" in text
    assert "Status: False Type: Runnable" in text


def test_a_failure_is_told_with_its_remedy(jobs: Jobs) -> None:
    gate = jobs.gate("told")
    wrong = {"retry": {"limit": 1, "backoffSeconds": 0}}
    job = jobs.submit(act("a"), act("b", "raise", "a", gate=gate, **wrong))
    jobs.wait(job, "Failed")

    def events() -> str | None:
        # kubectl shows the events that name the object by its unique id.
        text = jobs.site.kubectl("describe", "fljob", job).partition("\nEvents:")[2]
        return text if " Failed " in f" {' '.join(text.split())} " else None

    told = until("an event tells of the failure", events, timeout=LONG)
    assert "Warning" in told
    text = " ".join(jobs.site.kubectl("describe", "fljob", job).split())
    assert "ended with Error: ValueError: told to, by raise." in text
    assert "Read the traceback with `fairlead logs`" in text
    metadata = jobs.tasks(job)["b"]["metadata"]
    assert "AttemptFailed" in jobs.site.kubectl("describe", "fltask", metadata["name"])
    assert "finalizers" not in metadata
    [owner] = metadata["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["blockOwnerDeletion"]) == ("Job", job, False)

    shown = _fairlead(jobs.site, "jobs", "show", job)
    assert f"{job}  FAILED after" in shown
    assert "operator.example/Act raised ValueError: told to, by raise   (attempt 2 of 2)" in shown
    assert "the last lines before it" in shown
    assert f"fairlead jobs retry {job}" in shown
    assert "runs again only what did not succeed (1 of 2 tasks is kept)" in shown


def _fairlead(site: Site, *words: str) -> str:
    fairlead = Path(sys.executable).with_name("fairlead")
    return run([fairlead, *words], env=direct() | site.environment | {"COLUMNS": "200"})


def test_sizes_show_what_they_map_to(jobs: Jobs) -> None:
    heads, *rows = _table(jobs.site, "flsize")
    assert heads[:8] == [
        "NAME",
        "CPU",
        "MEMORY",
        "NODES",
        "PROVISIONING",
        "RUNNING",
        "MAX",
        "AGE",
    ]
    assert {"small", "medium", "large"} <= {row[0] for row in rows}
