"""Whatever is wrong with an object is said on that object, and disturbs nothing else."""

from __future__ import annotations

import base64
import io
import json
import sys
import uuid
import zipfile
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.kubeapi import Object, until
from tests.cluster.shell import direct, run
from tests.integration.bad_input.jobs import (
    DOUBLE,
    RELEASE,
    condition,
    submit,
    task,
    wait_stuck,
    wait_task,
)
from tests.integration.bad_input.undisturbed import PROGRAM
from tests.site.site import Site

from fairlead.api.meta import API_VERSION

pytestmark = [
    pytest.mark.timeout(600, func_only=True),
    pytest.mark.usefixtures("undisturbed"),
]


# --- what a job names and nobody knows -----------------------------------------------


def test_an_unknown_identifier_waits_and_says_what_would_run_it(site: Site) -> None:
    job = submit(site, task("one", identifier="bad.example/Nobody"))["metadata"]["name"]

    said = wait_stuck(site, job, "NoCompatibleRelease")

    assert said["status"] == "False"
    assert "bad.example/Nobody" in said["message"]
    assert site.pods(job) == []


@pytest.mark.parametrize("version", ["v2.0", "v1.3", "v0.9"])
def test_a_wrong_version_waits_and_names_the_published_one(site: Site, version: str) -> None:
    job = submit(site, task("one", version=version))["metadata"]["name"]

    said = wait_stuck(site, job, "NoCompatibleRelease")

    assert version in said["message"]
    assert "v1.2" in said["message"]


def test_a_task_without_release_starts_once_one_is_published(site: Site, tmp_path: Path) -> None:
    identifier = f"bad.example/Late{uuid.uuid4().hex[:8]}"
    job = submit(site, task("one", identifier=identifier))["metadata"]["name"]
    wait_stuck(site, job, "NoCompatibleRelease")
    program = tmp_path / "late.py"
    program.write_text(PROGRAM.read_text().replace("bad.example/Double", identifier))

    site.publish(program, f"late-{uuid.uuid4().hex[:8]}")

    assert site.wait_finished(job)["status"]["state"] == "Completed"
    assert condition(site.tasks(job)[0], "Runnable").get("status") != "False"


def test_an_unknown_size_is_refused_and_the_known_ones_are_named(site: Site) -> None:
    job = submit(site, task("one", machineSize="enormous"))["metadata"]["name"]

    said = wait_stuck(site, job, "UnknownMachineSize")

    assert "enormous" in said["message"]
    assert "small" in said["message"]
    assert "large" in said["message"]


def test_an_unknown_release_waits(site: Site) -> None:
    job = submit(site, task("one"), release="nowhere")["metadata"]["name"]

    assert "nowhere" in wait_stuck(site, job, "NoCompatibleRelease")["message"]


def test_an_account_that_is_not_for_runners_is_refused(site: Site) -> None:
    job = submit(site, task("one"), serviceAccountName="default")["metadata"]["name"]

    said = wait_stuck(site, job, "AccountNotAllowed")

    assert "fairlead.dev/runner" in said["message"]
    assert site.pods(job) == []


# --- graphs that cannot run ------------------------------------------------------------


def _refs(key: str) -> Object:
    return {"inputFrom": [{"path": "/number", "task": key}]}


@pytest.mark.parametrize(
    ("tasks", "says"),
    [
        ([task("a", dependsOn=["b"]), task("b", dependsOn=["a"])], "circle"),
        ([task("a", dependsOn=["b"]), task("b", **_refs("a"))], "circle"),
        ([task("a", dependsOn=["missing"])], "missing"),
        ([task("a", **_refs("missing"))], "missing"),
    ],
    ids=["cycle", "cycle by values", "dependency on nothing", "value of nothing"],
)
def test_a_graph_that_cannot_run_fails_its_job(site: Site, tasks: list[Object], says: str) -> None:
    job = submit(site, *tasks)["metadata"]["name"]

    found = site.wait_finished(job)

    failed = condition(found, "Failed")
    assert (failed["status"], failed["reason"]) == ("True", "InvalidGraph")
    assert says in failed["message"]
    assert "; take" in failed["message"] or "; depend" in failed["message"]
    assert site.tasks(job) == []


@pytest.mark.parametrize("size", [40_000, 1_000_000], ids=["too large", "a megabyte"])
def test_an_input_that_no_task_can_hold_fails_its_job(site: Site, size: int) -> None:
    job = submit(site, task("one", input={"text": "x" * size}))["metadata"]["name"]

    failed = condition(site.wait_finished(job), "Failed")

    assert failed["reason"] == "InputTooLarge"
    assert "inputRef" in failed["message"]


def test_an_input_that_is_too_deep_fails_its_job_and_hides_no_other(site: Site) -> None:
    """Nine thousand levels are more than Python reads, and less than the API server does."""
    deep = '{"a":' * 9_000 + "1" + "}" * 9_000
    head = {"apiVersion": API_VERSION, "kind": "Job", "metadata": {"name": "deep"}}
    spec = {"tasks": [{"name": "one", "identifier": "bad.example/Double", "input": 0}]}
    body = json.dumps({**head, "spec": spec}).replace('"input": 0', f'"input": {deep}')
    site.kubectl("create", "--validate=ignore", "-f", "-", feed=body)
    try:
        # An operator that begins anew lists what there is.
        site.operator.restart()
        site.kubectl("wait", "--for=condition=Finished", "fljob/deep", "--timeout=60s")
        said = site.kubectl("get", "fljob", "deep", "-o", f"jsonpath={_FAILED}")
        assert said.startswith("InputTooDeep")
        assert "make it flatter" in said
        assert "deep" in run(
            [Path(sys.executable).with_name("fairlead"), "jobs", "list"],
            env=direct() | site.environment,
        )
    finally:
        site.kubectl("delete", "fljob", "deep")


_CONDITION = '.status.conditions[?(@.type=="Failed")]'
_FAILED = f"{{{_CONDITION}.reason}} {{{_CONDITION}.message}}"


# --- odd but good ----------------------------------------------------------------------


def test_the_longest_names_and_odd_identifiers_are_no_trouble(site: Site) -> None:
    key = "K" + "a-b_c.D" * 8 + "z" * 6
    long = submit(site, task(key), name="x" * 46)["metadata"]["name"]
    odd = submit(
        site, task("one", identifier="例え/タスク🦀" + "é" * 100, display="✨" * 256), name="odd"
    )["metadata"]["name"]

    dotted = submit(site, task("one.two"), name="a.b-0")["metadata"]["name"]

    assert site.wait_finished(long)["status"]["state"] == "Completed"
    assert site.wait_finished(dotted)["status"]["state"] == "Completed"
    assert "例え/タスク🦀" in wait_stuck(site, odd, "NoCompatibleRelease")["message"]


def test_a_whole_specification_of_five_hundred_tasks_is_taken(site: Site) -> None:
    tasks = [task(f"t{n}", dependsOn=[f"t{n - 1}"] if n else []) for n in range(500)]
    tasks[0]["identifier"] = "bad.example/Nobody"
    job = submit(site, *tasks)["metadata"]["name"]

    until("all tasks are there", lambda: len(site.tasks(job)) == 500, timeout=120)

    site.kubectl("patch", "fljob", job, "--type=merge", "-p", '{"spec":{"desired":"Cancelled"}}')
    found = site.wait_finished(job)
    assert found["status"]["state"] == "Cancelled"
    assert found["status"]["tasks"]["cancelled"] == 500


# --- inputs that are not the task's ------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        {"input": {"number": "many"}},
        {"input": {}},
        {"input": {"number": 1, "more": 2}},
        {"inputJSON": "[1, 2"},
        {"inputJSON": "nonsense"},
        {"inputJSON": '"text"'},
        {"inputJSON": '{"number": ' + "[" * 5_000 + "]" * 5_000 + "}"},
        {"inputJSON": '{"number": 1' + "0" * 5_000 + ".5}"},
        {"inputJSON": '{"number": NaN}'},
        {"inputJSON": '{"number": "\\ud800\\u0000"}'},
    ],
    ids=[
        "type",
        "missing",
        "unknown",
        "cut off",
        "no JSON",
        "no object",
        "too deep",
        "too many digits",
        "no number",
        "odd text",
    ],
)
def test_a_wrong_input_fails_without_a_retry(site: Site, given: dict[str, Any]) -> None:
    wrong = {name: value for name, value in DOUBLE.items() if name != "input"} | given
    job = submit(site, {"name": "one", **wrong, "retry": {"limit": 5}})["metadata"]["name"]

    found = site.wait_finished(job)

    assert found["status"]["state"] == "Failed"
    assert found["status"]["failure"]["message"]
    assert [one["status"]["attempt"] for one in site.tasks(job)] == [1]


# --- releases that are broken --------------------------------------------------------------


def _release(site: Site, **changes: Any) -> str:
    """A copy of the good release with other fields, which only jobs that name it use; its name."""
    stage = {"stage": "Development"}
    spec = dict((site.get("releases", RELEASE) or {})["spec"]) | stage | changes
    name = f"broken-{uuid.uuid4().hex[:8]}"
    body = {"apiVersion": API_VERSION, "kind": "Release", "metadata": {"name": name}, "spec": spec}
    site.api.create(site.path("releases"), body)
    return name


def _config_map(site: Site, content: bytes) -> str:
    name = f"broken-{uuid.uuid4().hex[:8]}"
    data = {"part": base64.b64encode(content).decode()}
    body = {"metadata": {"name": name}, "immutable": True, "binaryData": data}
    site.api.create(site.core("configmaps"), body)
    return name


def _refused_by_its_runner(site: Site, release: str, **given: str) -> str:
    """Run a job of a release; it fails at once and for good. What is said of it."""
    wanted = task("one", retry={"limit": 5}) | given
    job = submit(site, wanted, release=release)["metadata"]["name"]
    found = site.wait_finished(job)
    assert found["status"]["state"] == "Failed"
    [one] = site.tasks(job)
    assert one["status"]["attempt"] == 1
    assert "result" not in one["status"]
    said = condition(found, "Failed")
    assert said["status"] == "True"
    assert "Mend the input or the code" in said["message"]
    return str(said["message"])


def _package(site: Site, content: bytes) -> dict[str, Any]:
    """A package of some bytes with the right sum."""
    name = _config_map(site, content)
    return {"configMaps": [name], "sha256": sha256(content).hexdigest(), "size": len(content)}


def test_a_package_with_another_sum_is_not_run(site: Site) -> None:
    package = dict((site.get("releases", RELEASE) or {})["spec"]["package"]) | {"sha256": "0" * 64}

    said = _refused_by_its_runner(site, _release(site, package=package))

    assert "0" * 64 in said


def test_a_package_that_is_no_archive_is_not_run(site: Site) -> None:
    said = _refused_by_its_runner(site, _release(site, package=_package(site, b"no archive")))

    assert "zip" in said


def test_a_package_whose_code_is_broken_is_not_run(site: Site) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("program.py", "def broken(:\n")

    said = _refused_by_its_runner(site, _release(site, package=_package(site, held.getvalue())))

    assert "SyntaxError" in said or "invalid syntax" in said


def test_a_release_whose_configmap_is_missing_says_so(site: Site) -> None:
    package = dict((site.get("releases", RELEASE) or {})["spec"]["package"])
    release = _release(site, package=package | {"configMaps": ["gone"]})
    job = submit(site, task("one"), release=release)["metadata"]["name"]

    def said() -> bool:
        found = condition(site.get("releases", release), "Ready")
        return found.get("status") == "False" and "gone" in found["message"]

    until("the release says what it lacks", said, timeout=60)
    waiting = wait_task(site, job, lambda one: bool(condition(one, "Runnable")))
    assert "gone" in condition(waiting, "Runnable")["message"]


def test_a_program_that_cannot_be_imported_fails_its_task(site: Site) -> None:
    package = dict((site.get("releases", RELEASE) or {})["spec"]["package"])
    entry = {"identifier": "bad.example/Gone", "version": "v1.0", "entryPoint": "nothing:Gone"}
    release = _release(site, package=package, tasks=[entry])

    assert "nothing" in _refused_by_its_runner(site, release, identifier="bad.example/Gone")


def test_an_image_that_is_no_name_starts_nothing_and_says_so(site: Site) -> None:
    release = _release(site, image="Not:::an/Image")
    job = submit(site, task("one"), release=release)["metadata"]["name"]

    def told() -> str:
        found = site.tasks(job)
        records = found[0]["status"].get("attempts", []) if found else []
        return str(records[0]["message"]) if records else ""

    said = until("an attempt says why it did not start", told, timeout=60)
    assert "Not:::an/Image" in said
    assert "Publish a Release with the right image" in said
    [one] = site.tasks(job)
    assert not one["status"].get("userFailures")
    site.kubectl("patch", "fljob", job, "--type=merge", "-p", '{"spec":{"desired":"Cancelled"}}')
    site.wait_finished(job)


# --- limits that conflict ----------------------------------------------------------------------


@pytest.mark.parametrize(("of_the_job", "holds"), [(5, 1), (1, 1)])
def test_of_a_jobs_bound_and_a_releases_the_narrower_holds(
    site: Site, of_the_job: int, holds: int
) -> None:
    definition = {**DOUBLE_IN_RELEASE, "maxParallel": 1}
    package = dict((site.get("releases", RELEASE) or {})["spec"]["package"])
    release = _release(site, package=package, tasks=[definition])
    bounds = {"bad.example/Double": of_the_job}
    tasks = [task(f"t{number}") for number in range(4)]
    job = submit(site, *tasks, release=release, maxParallel=bounds)["metadata"]["name"]

    found = site.wait_finished(job)

    assert found["status"]["state"] == "Completed"
    assert {one["spec"]["maxParallel"] for one in site.tasks(job)} == {holds}
    times = sorted((_time(one, "startTime"), _time(one, "endTime")) for one in site.tasks(job))
    assert all(ended <= begun for (_, ended), (begun, _) in pairwise(times))


def _time(found: Object, field: str) -> str:
    status = found["status"]
    return str(status.get(field) or status["outcome"]["time"])


DOUBLE_IN_RELEASE = {
    "identifier": "bad.example/Double",
    "version": "v1.2",
    "entryPoint": "program:Double",
}


def test_a_limit_of_the_namespace_below_the_sizes_is_said_and_waited_for(site: Site) -> None:
    bound = {"type": "Container", "max": {"memory": "1Mi"}}
    body = {"metadata": {"name": "narrow"}, "spec": {"limits": [bound]}}
    site.api.create(site.core("limitranges"), body)
    try:
        job = submit(site, task("one"), reuse="Never")["metadata"]["name"]
        said = wait_stuck(site, job, "LimitRangeExceeded")
        assert "maximum memory usage per Container is 1Mi" in said["message"]
        assert "Use another machine size, or have the limit changed" in said["message"]
    finally:
        site.api.delete(site.core("limitranges", "narrow"))
    assert site.wait_finished(job)["status"]["state"] == "Completed"


# --- edits to what does not change -----------------------------------------------------------


def test_edits_of_what_is_immutable_change_nothing(site: Site) -> None:
    job = submit(site, task("one", identifier="bad.example/Nobody"))["metadata"]["name"]
    wait_stuck(site, job, "NoCompatibleRelease")
    before = site.get("jobs", job)
    assert before is not None
    changed = json.dumps({"spec": {"tasks": [task("other")]}})

    with pytest.raises(Exception, match="cannot be changed"):
        site.kubectl("patch", "fljob", job, "--type=merge", "-p", changed)

    after = site.get("jobs", job)
    assert after is not None
    assert after["spec"] == before["spec"]
