"""Tasks that do not succeed, and how that is recorded."""

from __future__ import annotations

import json

import pytest
from tests.integration.runner_pod.stand import Released, Stand, released

FLOW = released("flow", "Square", "Sum", "SumOfSquares", "Fail", "Wait")


@pytest.mark.parametrize(
    ("how", "kind", "type_"),
    [
        ("raise", "Error", "ValueError"),
        ("never again", "NonRetryable", "NonRetryableError"),
        ("exit", "Crashed", "SystemExit"),
        ("leave", "Crashed", "WorkerExited"),
    ],
)
def test_a_failure_is_recorded_and_left_to_the_operator(
    stand: Stand, how: str, kind: str, type_: str
) -> None:
    status = stand.run(FLOW, "Fail", {"how": how})
    assert status["state"] == "Running"
    assert (status["outcome"]["kind"], status["outcome"]["type"]) == (kind, type_)
    assert "result" not in status


def test_an_exception_keeps_arguments_and_traceback(stand: Stand) -> None:
    outcome = stand.run(FLOW, "Fail", {"how": "raise"})["outcome"]
    assert outcome["module"] == "builtins"
    assert outcome["message"] == "('no tiles', 7)"
    assert json.loads(outcome["arguments"]) == ["no tiles", 7]
    assert 'raise ValueError("no tiles", 7)' in outcome["traceback"]


def test_an_input_that_does_not_fit_is_not_tried_again(stand: Stand) -> None:
    outcome = stand.run(FLOW, "Square", {"number": "twelve"})["outcome"]
    assert (outcome["kind"], outcome["type"]) == ("NonRetryable", "TaskInputError")
    assert "Square.number" in outcome["message"]


def test_what_the_release_does_not_list_does_not_run(stand: Stand) -> None:
    only = released("flow", "Sum")
    outcome = stand.run(only, "Square", {"number": 1})["outcome"]
    assert (outcome["kind"], outcome["type"]) == ("NonRetryable", "ProgramError")
    assert "cannot run Square v0.0" in outcome["message"]


def test_a_version_that_is_not_compatible_does_not_run(stand: Stand) -> None:
    outcome = stand.run(FLOW, "Square", {"number": 1}, version="v1.0")["outcome"]
    assert outcome["kind"] == "NonRetryable"
    assert "needs v1.0 or a later v1.x, and of Square it has v0.0" in outcome["message"]


def test_a_program_that_cannot_be_imported_is_told_to_the_task(stand: Stand) -> None:
    broken = released("broken", "Anything")
    task, pod = stand.make("Anything"), stand.pod()
    stand.assign(task, pod)
    agent = stand.start(pod, broken, task)
    status = stand.wait_outcome(task)
    assert status["state"] == "Queued"
    assert (status["outcome"]["kind"], status["outcome"]["type"]) == (
        "NonRetryable",
        "ProgramError",
    )
    assert "broken.py:4" in status["outcome"]["message"]
    assert agent.wait() == 1


def test_an_archive_that_was_tampered_with_is_refused(stand: Stand) -> None:
    task, pod = stand.make("Square", {"number": 1}), stand.pod()
    stand.assign(task, pod)
    other = Released(FLOW.data + b" ", FLOW.tasks)
    info = {"name": "r", "sha256": FLOW.sum, "package": True, "tasks": FLOW.tasks}
    agent = stand.start(pod, other, task, release=info)
    outcome = stand.wait_outcome(task)["outcome"]
    assert (outcome["kind"], outcome["type"]) == ("NonRetryable", "ReleaseError")
    assert agent.wait() == 1


def test_a_large_result_without_a_store_says_which_setting_is_missing(stand: Stand) -> None:
    big = released("large", "Large")
    task, pod = stand.make("Large", {"size": 40_000}), stand.pod()
    stand.assign(task, pod)
    agent = stand.start(pod, big, task, store=False)
    outcome = stand.wait_outcome(task)["outcome"]
    assert outcome["kind"] == "NonRetryable"
    assert "the result has 40,002 bytes" in outcome["message"]
    assert "--runner-store" in outcome["message"]
    assert agent.wait() == 0


def test_texts_beyond_all_bounds_are_cut(stand: Stand) -> None:
    big = released("large", "Loud")
    outcome = stand.run(big, "Loud", {"size": 100_000})["outcome"]
    assert outcome["kind"] == "Error"
    assert len(outcome["message"]) == 4096
    assert len(outcome["traceback"]) == 16384
    assert "arguments" not in outcome
