"""Many threads at once: nobody waits for ever, and nothing is lost or done twice."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from tests.contract.programs.steps import Root

from fairlead import Client, Job, TaskCancelledError
from fairlead.sessions import Session

from .programs.small import Nap, Spread, add

FINAL = {"COMPLETED", "FAILED", "CANCELLED"}
PATIENCE = 90.0


@pytest.mark.parametrize("threads", ["threads:1", "threads:8"])
def test_many_jobs_from_many_threads(
    client: Client, monkeypatch: pytest.MonkeyPatch, threads: str
) -> None:
    monkeypatch.setenv("FAIRLEAD_WORKERS", threads)

    def one(number: int) -> int:
        job = client.jobs().submit("many", Spread(number % 7))
        total: int = job.wait(timeout=PATIENCE).result
        return total

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(one, range(200))) == [sum(range(n % 7)) for n in range(200)]


def test_many_waits_with_short_time_limits(client: Client) -> None:
    job = client.jobs().submit("long", [Nap(0.05) for _ in range(40)])
    timeouts: list[int] = []

    def one(number: int) -> None:
        dice = random.Random(number)
        while True:
            try:
                job.wait(timeout=dice.uniform(0.0, 0.02))
                return
            except TimeoutError:
                timeouts.append(number)

    _at_once([lambda number=number: one(number) for number in range(20)])
    assert job.state.value == "COMPLETED"
    assert timeouts


def test_many_short_sessions() -> None:
    def one(number: int) -> int:
        with Session() as session:
            first = session.instance(add).start(number, 1)
            return session.instance(add).start(first, 1).result(timeout=PATIENCE)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, range(300))) == [number + 2 for number in range(300)]


def test_a_session_used_by_many_threads() -> None:
    results: list[int] = []
    with Session() as session:

        def one(number: int) -> None:
            for step in range(10):
                future = session.instance(add).start(number, step)
                results.append(future.result(timeout=PATIENCE))

        _at_once([lambda number=number: one(number) for number in range(10)])
    assert sorted(results) == sorted(n + step for n in range(10) for step in range(10))


@pytest.mark.parametrize("seed", range(3))
def test_cancelling_at_random(client: Client, seed: int) -> None:
    """Jobs and tasks are cancelled, suspended and stopped while they run, by several threads."""
    dice = random.Random(seed)
    jobs = [client.jobs().submit("tree", Spread(6, 0.002), optional=n % 2 == 0) for n in range(25)]

    def disturb() -> None:
        for _ in range(40):
            job = dice.choice(jobs)
            task = dice.choice(job.tasks())
            what: list[Callable[[], Any]] = [
                partial(client.jobs().cancel, job),
                partial(client.backend.cancel_task, task.id),
                partial(client.backend.stop_task, task.id),
                partial(_pause, client, job),
            ]
            dice.choice(what)()
            time.sleep(0.002)

    def wait(job: Job) -> None:
        job.wait(timeout=PATIENCE)

    _at_once([disturb, disturb, *(lambda job=job: wait(job) for job in jobs)])
    for job in jobs:
        assert job.state.value in FINAL
        open_states = {"QUEUED", "RUNNING"}
        assert not open_states & {task.state.value for task in job.tasks()}
        for task in job.tasks():
            assert len(client.backend.attempts(task.id)) <= 1


def test_retrying_while_others_wait(client: Client) -> None:
    job = client.jobs().submit("again", Root({"gate": "/nowhere/at/all", "stops": True}))
    for _ in range(10):
        client.jobs().cancel(job)
        job.wait(timeout=PATIENCE)
        client.jobs().retry(job)
    client.jobs().cancel(job)

    assert job.view.run == 11
    assert job.state.value == "CANCELLED"
    assert len(job.tasks(history=True)) == 11


def test_callbacks_come_once_for_every_task(client: Client) -> None:
    job = client.jobs().submit("calls", [Nap(0.001) for _ in range(300)])
    called: list[str] = []
    for task in job.tasks():
        client.backend.on_task_end(task.id, lambda id=task.id: called.append(id))
    job.wait(timeout=PATIENCE)
    deadline = time.monotonic() + PATIENCE
    while len(called) < 300 and time.monotonic() < deadline:
        time.sleep(0.005)

    assert sorted(called) == sorted(task.id for task in job.tasks())


def test_futures_cancelled_while_they_run() -> None:
    with Session() as session:
        futures = [session.instance(add).start(number, 1) for number in range(60)]
        _at_once([future.cancel for future in futures[::2]])
        for number, future in enumerate(futures):
            try:
                assert future.result(timeout=PATIENCE) == number + 1
            except TaskCancelledError:
                assert number % 2 == 0
                assert future.status == "cancelled"


def _pause(client: Client, job: Job) -> None:
    client.jobs().suspend(job)
    client.jobs().resume(job)


def _at_once(calls: list[Callable[[], Any]]) -> None:
    """Call everything in a thread of its own; raise what one of them raised."""
    errors: list[BaseException] = []

    def guarded(call: Callable[[], Any]) -> None:
        try:
            call()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(call,), daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "somebody waits for ever"
    if errors:
        raise errors[0]
