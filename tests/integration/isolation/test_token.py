"""An isolated task cannot get at its runner's token, whatever it tries; another can."""

from __future__ import annotations

import json
from typing import Any

from .conftest import Isolated


def told(jobs: Isolated, what: str, **spec: Any) -> Any:
    """What an attack returned."""
    job = jobs.attack(what, **spec)
    jobs.wait(job, "Completed")
    return json.loads(jobs.status(job, "a")["result"])


def test_the_token_is_nowhere(jobs: Isolated) -> None:
    found = told(jobs, "search")
    assert found["files"] > 1000
    assert 1 in found["processes"]
    assert (found["found"], found["account"], found["variables"]) == ([], False, [])
    assert found["others"] == []


def test_the_same_search_finds_it_where_tasks_are_not_isolated(jobs: Isolated) -> None:
    found = told(jobs, "search", isolation="Shared")
    assert found["account"]
    assert any(place.endswith("/token") for place in found["found"])


def test_the_api_server_lets_nobody_in_without_it(jobs: Isolated) -> None:
    assert set(told(jobs, "ask")) <= {401, 403}


def test_nobody_listens_for_a_task(jobs: Isolated) -> None:
    assert told(jobs, "link") == {"there": [], "reached": [], "may_write": False}


def test_the_first_process_can_be_neither_ended_nor_looked_into(jobs: Isolated) -> None:
    assert told(jobs, "kill_first") == "still there"
