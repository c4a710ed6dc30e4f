"""Tasks that wait for other jobs: they give up their slot, so a full pool cannot block."""

from __future__ import annotations

import pytest

from fairlead import Client, InvalidRequestError

from .programs.steps import Root
from .programs.waiting import Nest, OpensSession, WaitForJob, WaitForOther


def test_more_tasks_wait_than_can_run_at_once(client: Client) -> None:
    jobs = [WaitForJob(number) for number in range(6)]
    job = client.jobs().submit("full", jobs).wait(timeout=60)

    assert job.result == [number + 1 for number in range(6)]


def test_waiting_inside_of_what_is_waited_for(client: Client) -> None:
    assert client.jobs().submit("nest", Nest(3)).wait(timeout=60).result == 3


def test_waiting_for_a_job_that_this_program_drives_anyway(client: Client) -> None:
    first = client.jobs().submit("first", Root({"returns": "first"}))
    second = client.jobs().submit("second", WaitForOther(first.id))

    assert second.wait(timeout=60).result == "first"


def test_two_tasks_at_a_time_and_both_wait(client: Client, place: object) -> None:
    """The runner has two workers; both are taken by tasks that wait for a third."""
    last = client.jobs().submit("last", Root({"returns": "last"}))
    waiting = client.jobs().submit("wait", [WaitForOther(last.id), WaitForOther(last.id)])
    threads, processes = (2, None) if "threads" in str(place) else (None, 2)
    client.runner(threads=threads, processes=processes).run_all()

    assert waiting.result == ["last", "last"]


def test_a_session_inside_a_task(client: Client) -> None:
    assert client.jobs().submit("session", OpensSession(7)).wait(timeout=60).result == 42


@pytest.mark.parametrize("number", [0, -1, 1.5])
def test_a_runner_has_at_least_one_worker(client: Client, number: object) -> None:
    with pytest.raises(InvalidRequestError, match="threads"):
        client.runner(threads=number)  # type: ignore[arg-type]
