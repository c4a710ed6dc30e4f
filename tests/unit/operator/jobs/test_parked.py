"""Attempts whose pod was refused, and that wait for their turn to have it made."""

from __future__ import annotations

import pytest
from tests.unit.operator.jobs.world import World, job, task

from fairlead_operator.jobs.actions import CreatePod
from fairlead_operator.jobs.asking import Refused
from fairlead_operator.jobs.parked import LONGEST_WAIT

FULL = Refused("QuotaExceeded", "exceeded quota: q")


@pytest.fixture
def refused() -> World:
    """Three tasks whose pods the quota refused; whoever gives out runners says when."""
    seen = World(job(*map(task, "abc")), refuse_pods="QuotaExceeded", refused_to_all=True)
    seen.runners.not_again = FULL
    return seen.operate()


def test_nothing_is_asked_of_the_api_server_before_it_is_their_turn(refused: World) -> None:
    refused.wait(LONGEST_WAIT / 2)
    assert refused.ordered(CreatePod) == []
    assert refused.status("a")["conditions"][0]["message"] == FULL.message


def test_those_who_wait_for_the_same_ask_once_between_them(refused: World) -> None:
    refused.runners.asked.clear()
    refused.model.runners_came(refused.now)
    assert len(refused.runners.asked) == 1


def test_when_there_is_room_their_pods_are_made_under_their_own_names(refused: World) -> None:
    names = {key: refused.status(key)["podName"] for key in "abc"}
    refused.refuse_pods, refused.runners.not_again = "", None
    refused.model.runners_came(refused.now)
    refused.operate()
    assert set(refused.pods) == set(names.values())
    for key in "abc":
        refused.finish(key)
    assert refused.job_state == "Completed"
    assert {refused.status(key)["attempt"] for key in "abc"} == {1}


def test_who_was_not_told_asks_by_itself(refused: World) -> None:
    refused.refuse_pods, refused.runners.not_again = "", None
    refused.wait(LONGEST_WAIT + 1)
    assert len(refused.pods) == 3


def test_one_that_was_cancelled_ends_at_once_and_asks_no_more(refused: World) -> None:
    refused.runners.asked.clear()
    refused.change_job(desired="Cancelled").operate()
    assert refused.job_state == "Cancelled"
    assert refused.runners.asked == []
    assert refused.pods == {}


def test_however_often_they_were_woken_each_asks_once_in_a_while_by_itself(
    refused: World,
) -> None:
    for _ in range(200):
        refused.wait(0.1)
        refused.model.runners_came(refused.now)
    refused.wait(LONGEST_WAIT + 1)
    refused.runners.asked.clear()
    refused.wait(LONGEST_WAIT + 1)
    assert 1 <= len(refused.runners.asked) <= 6
