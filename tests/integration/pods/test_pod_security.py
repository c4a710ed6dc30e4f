"""The examples of Kubernetes' own pod security standards, given as pod patches.

They are in the Go module that the API server's admission is built from, and are looked up
where Go keeps its modules; the test cluster is built from the same.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.cluster.fixtures import cannot
from tests.cluster.kubeapi import ApiError, Object
from tests.integration.pods.runners import Runners, size

from fairlead_operator.runners.pod import build_pod

MODULES = Path(__file__).parents[2] / "cluster" / "modules" / "kubernetes"
MODULE = "k8s.io/pod-security-admission"

FOREIGN = frozenset(
    {
        "apparmorprofile0",  # by an annotation, which fields have replaced
        "base_windows",  # runners are for Linux
        "hostprobesandhostlifecycle1",  # another liveness probe than ours
        "hostprobesandhostlifecycle2",  # a readiness probe, which nobody would ask
    }
)
"""Examples within the profile that say something a patch may not say for other reasons."""


@pytest.fixture(scope="module")
def examples() -> Path:
    """The folder with the examples for the restricted profile, of the latest version."""
    command = ["go", "list", "-mod=mod", "-m", "-f", "{{.Dir}}", MODULE]
    environment = {**os.environ, "GOPROXY": "off", "GOFLAGS": "-mod=mod"}
    try:
        done = subprocess.run(
            command, cwd=MODULES, env=environment, capture_output=True, text=True, check=False
        )
    except OSError as problem:
        cannot(problem)
    folder = Path(done.stdout.strip() or "/absent", "test/testdata/restricted")
    if done.returncode or not folder.is_dir():
        cannot(f"the Go module {MODULE} is not there: {done.stderr.strip()[-300:]}")
    versions = [path for path in folder.iterdir() if path.name.startswith("v1.")]
    return max(versions, key=lambda path: int(path.name.removeprefix("v1.")))


def fixtures(folder: Path) -> Iterator[tuple[str, Object]]:
    for path in sorted(folder.glob("*.yaml")):
        yield path.stem, yaml.safe_load(path.read_text())


def as_patch(pod: Object) -> Object:
    """Return an example as a patch of a runner's pod: the same said of the runner's container."""
    metadata = {key: value for key, value in pod["metadata"].items() if key != "name"}
    spec = dict(pod["spec"])
    spec["containers"] = [
        {key: value for key, value in one.items() if key != "image"} | {"name": "runner"}
        for one in spec["containers"]
    ]
    return {"metadata": metadata, "spec": spec}


def without_init(patch: Object) -> Object:
    """Return a patch without init containers, which no patch may have."""
    spec = {key: value for key, value in patch["spec"].items() if key != "initContainers"}
    return {**patch, "spec": spec}


def admitted(runners: Runners, pod: Object) -> str:
    """Ask the API server about a pod without making it; return what it has against it."""
    try:
        runners.namespace.api.create(f"{runners.namespace.core}/pods?dryRun=All", pod)
    except ApiError as error:
        return str(json.loads(error.body)["message"])
    return ""


def test_every_example_of_a_violation_is_refused(examples: Path) -> None:
    found = dict(fixtures(examples / "fail"))
    assert len(found) >= 70
    accepted = [name for name, pod in found.items() if not size(podPatch=as_patch(pod)).faults]
    assert accepted == []


def test_examples_within_the_profile_are_accepted(examples: Path, runners: Runners) -> None:
    found = dict(fixtures(examples / "pass"))
    assert len(found) >= 20
    refused = {}
    for name, pod in found.items():
        one = size(podPatch=without_init(as_patch(pod)))
        if one.faults:
            refused[name] = one.faults
            continue
        made = build_pod(runners.order("example", size=one))
        assert admitted(runners, _mendable(made)) == "", name
    assert set(refused) == FOREIGN


def _mendable(pod: Object) -> Object:
    """Return a pod without what the examples leave open although a pod needs it."""
    pod["spec"]["volumes"] = [one for one in pod["spec"]["volumes"] if len(one) > 1]
    return pod


def test_whatever_of_a_violation_is_accepted_is_none(examples: Path, runners: Runners) -> None:
    """Without their init containers some examples violate nothing any more; the server agrees."""
    asked = 0
    for name, pod in fixtures(examples / "fail"):
        one = size(podPatch=without_init(as_patch(pod)))
        if not one.faults:
            asked += 1
            made = build_pod(runners.order("example", size=one))
            assert admitted(runners, made) == "", name
    assert asked < 20


def test_the_profile_would_refuse_what_the_operator_refuses(
    examples: Path, runners: Runners
) -> None:
    """The examples are what they claim to be on this very cluster."""
    for name, pod in fixtures(examples / "fail"):
        pod["metadata"]["name"] = "example"
        assert admitted(runners, pod), name
