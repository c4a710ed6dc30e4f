"""Outcomes fit what a Task holds, whatever a task raises."""

from __future__ import annotations

import json

import pytest

from fairlead.api.task import Outcome
from fairlead.core.outcomes import OutcomeKind
from fairlead.runner.pod.outcomes import own_outcome, record
from fairlead.runner.pod.showing import shown
from fairlead.runner.pod.upstream import failure_of
from fairlead.sdk.attempt import AttemptOutcome, AttemptUsage
from fairlead.sdk.backend import Failure, Progress


@pytest.mark.parametrize("kind", OutcomeKind)
def test_every_kind_is_written_as_kubernetes_does(kind: OutcomeKind) -> None:
    fields = record(AttemptOutcome(kind, version="v1.0"), 2, "uid")
    assert Outcome.model_validate(fields).kind is kind


def test_a_failure_comes_back() -> None:
    failure = Failure("ERROR", "KeyError", "'k'", "builtins", ["k", 1], "Traceback ...")
    fields = record(AttemptOutcome(OutcomeKind.ERROR, failure=failure), 1, "uid")
    assert failure_of(fields) == failure


def test_texts_are_cut_and_arguments_that_are_too_long_left_out() -> None:
    long = "x" * 50_000
    failure = Failure("ERROR", long, long, long, [long], "first" + long + "last")
    fields = record(AttemptOutcome(OutcomeKind.ERROR, failure=failure), 1, "uid")
    Outcome.model_validate(fields)
    assert fields["message"].endswith(" ...")
    assert fields["traceback"].endswith("last")
    assert "arguments" not in fields


def test_what_it_took_fits_whatever_its_process_says() -> None:
    outcome = AttemptOutcome(OutcomeKind.SUCCEEDED, usage=AttemptUsage(1.5, 0.0604, 12_345))
    told = record(outcome, 1, "uid")["usage"]
    assert told == {"wallMilliseconds": 1500, "cpuMilliseconds": 60, "peakMemoryBytes": 12_345}
    outcome.usage = AttemptUsage(-1.0, 1e30, 2**63)
    fields = record(outcome, 1, "uid")
    Outcome.model_validate(fields)
    assert fields["usage"]["wallMilliseconds"] == 0
    assert "usage" not in record(AttemptOutcome(OutcomeKind.SUCCEEDED), 1, "uid")


def test_the_agents_own_word_is_raised_as_its_class() -> None:
    fields = record(own_outcome(OutcomeKind.TIMEOUT, TimeoutError("too long")), 1, "uid")
    assert (fields["type"], fields["module"]) == ("TimeoutError", "builtins")
    assert json.loads(fields["arguments"]) == ["too long"]


def test_what_is_shown_is_cut_to_what_a_task_holds() -> None:
    assert shown(None, (), None) == {}
    fields = shown("d" * 300, [Progress("a" * 200, 1, 4), Progress("b", 2, 6)] * 20, "s" * 2000)
    assert fields["progress"] == "60/200"
    assert len(fields["progressDetails"]) == 32
    assert len(fields["progressDetails"][0]["label"]) == 128
    assert (len(fields["display"]), len(fields["statusText"])) == (256, 1024)
