"""Which cause keeps the operator from its work: what the log, /readyz and the numbers say."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from fairlead_operator.health import STUCK_SECONDS, Health
from fairlead_operator.logs import FIELDS
from fairlead_operator.observe.freshness import Freshness
from fairlead_operator.problem_numbers import ProblemNumbers
from fairlead_operator.problems import (
    CAUSES,
    DENIED,
    STALE,
    UNREACHABLE,
    Cause,
    Finding,
    Problems,
)

AWAY = Finding(UNREACHABLE, "no answer")
NO_PODS = Finding(DENIED, "may not list pods")
NO_JOBS = Finding(DENIED, "may not list jobs")


class SeenView:
    """What is observed, as a test wants it to be."""

    def __init__(self, freshness: Freshness) -> None:
        self.freshness = freshness
        self.synced = True
        self.found: Finding | None = None

    def problem(self) -> Finding | None:
        return self.found


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO, "fairlead_operator"):
        yield caplog


def told(said: pytest.LogCaptureFixture) -> list[tuple[str, str, str]]:
    found = [(line.getMessage(), getattr(line, FIELDS)) for line in said.records]
    return [(text, fields["cause"], fields.get("because", "")) for text, fields in found]


def test_a_problem_is_one_line_when_it_begins_and_one_when_it_is_over(
    said: pytest.LogCaptureFixture,
) -> None:
    problems = Problems()
    for _ in range(3):
        problems.found(AWAY)
    for _ in range(3):
        problems.found(None)
    assert told(said) == [("not ready", "unreachable", "no answer"), ("over", "unreachable", "")]
    assert getattr(said.records[0], FIELDS)["remedy"] == UNREACHABLE.remedy
    assert said.records[0].levelno == logging.ERROR


def test_a_detail_that_changes_is_no_news(said: pytest.LogCaptureFixture) -> None:
    problems = Problems()
    for detail in ("refused", "timed out", "refused"):
        problems.found(Finding(UNREACHABLE, "no answer", detail))
    assert told(said) == [("not ready", "unreachable", "no answer: refused")]
    assert problems.text() == f"unreachable: no answer: refused. {UNREACHABLE.remedy}"


def test_another_cause_ends_the_one_before(said: pytest.LogCaptureFixture) -> None:
    problems = Problems()
    for finding in (AWAY, NO_PODS, NO_JOBS, None):
        problems.found(finding)
    assert told(said) == [
        ("not ready", "unreachable", "no answer"),
        ("over", "unreachable", ""),
        ("not ready", "denied", "may not list pods"),
        # The same cause still, but there is something else to mend now.
        ("not ready", "denied", "may not list jobs"),
        ("over", "denied", ""),
    ]


def test_how_long_it_lasted_is_counted_from_its_beginning(
    said: pytest.LogCaptureFixture,
) -> None:
    now = [100.0]
    problems = Problems(lambda: now[0])
    for moment, finding in ((100.0, NO_PODS), (130.0, NO_JOBS), (142.0, None)):
        now[0] = moment
        problems.found(finding)
    assert getattr(said.records[-1], FIELDS)["seconds"] == 42


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_one_number_for_each_cause(cause: Cause) -> None:
    problems = Problems()
    assert set(problems.numbers().values()) == {0}
    problems.found(Finding(cause, "so"))
    assert problems.numbers() == {one.name: int(one is cause) for one in CAUSES}
    families = {one.name: one for one in ProblemNumbers(problems.numbers, lambda: False).collect()}
    samples = families["fairlead_operator_problem"].samples
    assert {one.labels["cause"]: one.value for one in samples} == problems.numbers()
    assert [one.value for one in families["fairlead_operator_ready"].samples] == [0]


def test_the_table_has_a_remedy_for_each_cause() -> None:
    assert len({cause.name for cause in CAUSES}) == len(CAUSES) == 7
    for cause in CAUSES:
        assert cause.name.replace("_", "").isalpha()
        assert cause.meaning.endswith(".")
        assert cause.remedy.endswith(".")


def test_readiness_names_the_cause_and_the_remedy() -> None:
    problems, view = Problems(), SeenView(Freshness())
    health = Health(problems, lambda: view)
    assert health.ready() is None
    problems.found(NO_PODS)
    assert health.ready() == f"denied: may not list pods. {DENIED.remedy}"
    problems.found(None)
    view.found = Finding(STALE, "nothing was heard of tasks")
    assert str(health.ready()).startswith("stale: nothing was heard of tasks. Look")
    view.found, view.synced = None, False
    assert health.ready() == "not everything has been listed yet"


def test_no_problem_of_the_cluster_is_a_reason_to_start_again_but_standing_still_is() -> None:
    now = [0.0]
    freshness = Freshness(lambda: now[0])
    problems, view = Problems(), SeenView(freshness)
    health = Health(problems, lambda: view)
    freshness.expect("tasks")
    problems.found(AWAY)
    now[0] = STUCK_SECONDS + 1
    freshness.turned("tasks")
    assert health.alive() is None
    now[0] *= 3
    assert "nothing" in str(health.alive())
