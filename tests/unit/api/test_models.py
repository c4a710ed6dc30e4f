"""The models: their names in YAML, what they read, what they write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fairlead.api.crds import KINDS
from fairlead.api.job import Job, JobSpec
from fairlead.api.machine import MachineSize
from fairlead.api.meta import ObjectMeta
from fairlead.api.states import camel
from fairlead.api.task import FROZEN, REPORTED, Outcome, Task, TaskSpec, TaskStatus
from fairlead.core.outcomes import OutcomeKind
from fairlead.core.states import JobState, TaskState

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "examples" / "kubernetes").glob("*.yaml"))

SPEC: dict[str, Any] = {
    "jobName": "nightly",
    "jobUID": "0f",
    "run": 1,
    "key": "fetch",
    "identifier": "acme.example/Fetch",
    "version": "v1.2",
}


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_examples_are_read_and_written_without_loss(path: Path) -> None:
    given_job = yaml.safe_load(path.read_text())
    written = Job.model_validate(given_job).model_dump(
        mode="json", by_alias=True, exclude_unset=True
    )
    assert written == given_job


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_examples_are_short(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) <= 22


def test_names_are_camel_case_with_acronyms_in_capitals() -> None:
    spec = TaskSpec.model_validate({**SPEC, "creator": {"podUID": "u"}})
    assert (spec.job_uid, spec.max_parallel) == ("0f", None)
    assert spec.creator is not None
    assert spec.creator.pod_uid == "u"
    assert spec.to_dict() == {**SPEC, "creator": {"podUID": "u"}, "failurePolicy": "Fail"}


def test_python_names_are_accepted_too() -> None:
    made = TaskSpec(
        job_name="nightly", job_uid="0f", run=1, key="a", identifier="A", version="v0.0"
    )
    assert made.to_dict()["jobUID"] == "0f"


def test_what_a_newer_server_adds_is_ignored() -> None:
    read = Task.model_validate(
        {"metadata": {"name": "t", "selfLink": "/x"}, "spec": {**SPEC, "novelty": 1}}
    )
    assert "novelty" not in read.spec.to_dict()


def test_a_task_without_status_is_queued() -> None:
    assert Task.model_validate({"metadata": {}, "spec": SPEC}).status.state is TaskState.QUEUED


@pytest.mark.parametrize("state", TaskState)
def test_states_are_camel_case_in_yaml_and_the_cores_own_in_python(state: TaskState) -> None:
    read = TaskStatus.model_validate({"state": camel(state)})
    assert read.state is state
    assert read.to_dict() == {"state": camel(state)}
    assert TaskStatus(state=state) == read


def test_words_for_states() -> None:
    assert camel(TaskState.FAILED_OPTIONAL) == "FailedOptional"
    assert camel(OutcomeKind.OUT_OF_MEMORY) == "OutOfMemory"
    assert camel(JobState.SUSPENDED) == "Suspended"


@pytest.mark.parametrize("word", ["queued", "Done", "", None, 1])
def test_unknown_states_are_refused(word: Any) -> None:
    with pytest.raises(ValidationError):
        TaskStatus.model_validate({"state": word})


def test_times_keep_their_microseconds() -> None:
    text = "2026-01-02T03:04:05.678901Z"
    outcome = Outcome.model_validate({"kind": "Error", "attempt": 1, "podUID": "u", "time": text})
    assert outcome.to_dict()["time"] == text


@given(st.text(max_size=300))
def test_identifiers_are_what_the_core_takes_too(text: str) -> None:
    """Bytes are counted by a rule that only the API server has."""
    ok = 1 <= len(text) <= 256
    try:
        TaskSpec.model_validate({**SPEC, "identifier": text})
    except ValidationError:
        assert not ok
    else:
        assert ok


@pytest.mark.parametrize("version", ["1.0", "v1", "v01.0", "v1.0.0", "v1.0\n", "V1.0", "v١.٠"])
def test_versions_are_checked(version: str) -> None:
    with pytest.raises(ValidationError):
        TaskSpec.model_validate({**SPEC, "version": version})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_json_cannot_hold_are_refused(value: float) -> None:
    with pytest.raises(ValidationError):
        TaskSpec.model_validate({**SPEC, "timeoutSeconds": value})


def test_quantities_are_kept_as_written() -> None:
    resources = {"requests": {"cpu": 2, "memory": "1.5Gi"}}
    body = {"metadata": {"name": "s"}, "spec": {"resources": resources}}
    assert MachineSize.model_validate(body).spec.to_dict()["resources"] == resources


def test_fields_that_rules_name_exist() -> None:
    fields = {field.alias for field in TaskStatus.model_fields.values()}
    assert set(FROZEN) <= fields
    assert set(REPORTED) <= fields


def test_a_job_has_the_defaults_that_the_server_fills_in() -> None:
    job = JobSpec.model_validate({"tasks": [{"name": "a", "identifier": "A"}]})
    assert (job.desired, job.run, job.reuse, job.isolation) == (
        "Running",
        1,
        "WithinJob",
        "Shared",
    )
    assert job.tasks is not None
    assert (job.tasks[0].version, job.tasks[0].failure_policy) == ("v0.0", "Fail")


def test_kinds_know_their_own_names() -> None:
    for kind in KINDS:
        field = kind.model.model_fields["kind"]
        assert field.default == kind.name == kind.model.__name__


def test_objects_know_their_name_and_uid() -> None:
    job = Job(metadata=ObjectMeta(name="n", uid="u"), spec=JobSpec())
    assert (job.name, job.uid) == ("n", "u")
    assert job.to_dict()["apiVersion"] == "fairlead.dev/v1beta1"
