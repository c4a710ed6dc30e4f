"""What is asked of a job from outside its driver: rows that the driver takes and obeys.

A request is committed before it is acted on, so it outlives a driver that dies.  If
nobody drives the job, whoever asks takes the lock and acts itself.
"""

from __future__ import annotations

from functools import partial
from time import monotonic, sleep
from typing import TYPE_CHECKING, Literal

from fairlead.backends.local.batch import Batch
from fairlead.errors import JobBusyError
from fairlead.sdk.backend import RunnerOptions

if TYPE_CHECKING:
    from fairlead.backends.local.backend import LocalBackend
    from fairlead.backends.local.driven import DrivenJob
    from fairlead.backends.local.engine import Engine

Kind = Literal["cancel", "suspend", "resume", "close", "cancel_task", "stop_task"]

PATIENCE = 10.0
"""Seconds to wait for another process to obey a request."""


def apply_requests(engine: Engine, now: float, batch: Batch) -> None:
    """Obey the requests for jobs driven by this engine; they are deleted with the commit."""
    for number, job_number, kind, node in engine.store.read(
        "SELECT request.no, request.job, kind, node FROM request LEFT JOIN task"
        " ON task.no = request.task AND NOT superseded ORDER BY request.no"
    ):
        job = engine.jobs.get(job_number)
        if job is None:
            continue
        obey(job, kind, node, now)
        job.collect(now, batch)
        engine.touch(job)
        batch.others.append(("DELETE FROM request WHERE no = ?", (number,)))
        batch.synced = True


def obey(job: DrivenJob, kind: Kind, node: int | None, now: float) -> None:
    """Do to a job's graph what a request says.  A request that came too late does nothing.

    ``node`` is None for what concerns the job, or a task that a retry has replaced.
    """
    graph = job.graph
    if graph.is_final:
        return
    if kind == "cancel":
        graph.cancel(now, "Cancelled")
    elif kind == "suspend":
        graph.suspend(now)
    elif kind == "resume":
        graph.resume(now)
    elif kind == "close":
        graph.close(now)
    elif node is not None and kind == "cancel_task":
        graph.cancel_task(node, now)
    elif node is not None and kind == "stop_task":
        graph.stop_task(node, now)


def request(backend: LocalBackend, number: int, kind: Kind, task: int | None) -> None:
    """Ask something of a job, and wait until it has been obeyed.

    Raises
    ------
    JobBusyError
        The process that drives the job has not reacted; the request stays recorded.
    """
    store = backend.store
    with store.transaction(synced=True) as connection:
        cursor = connection.execute(
            "INSERT INTO request (job, kind, task) VALUES (?, ?, ?)", (number, kind, task)
        )
        row = cursor.lastrowid
    deadline = monotonic() + PATIENCE
    while store.read("SELECT 1 FROM request WHERE no = ?", (row,)):
        engine = backend.driver(number)
        if engine is not None:
            engine.call(partial(apply_requests, engine))
        elif not _obey_alone(backend, number):
            if monotonic() > deadline:
                raise JobBusyError(
                    f"The process that drives the job has not reacted within {PATIENCE:g} s. "
                    "The request is recorded and will be obeyed; look again later."
                )
            sleep(0.005)


def _obey_alone(backend: LocalBackend, number: int) -> bool:
    """Drive the job just long enough to obey what is asked of it; False if it is driven."""
    engine = backend.open_engine(RunnerOptions(definitions=[]))
    try:
        if not engine.drive(number):
            return not backend.store.locks.is_held(number) and _drop_requests(backend, number)
        engine.call(partial(apply_requests, engine))
        return True
    finally:
        backend.close_engine(engine)


def _drop_requests(backend: LocalBackend, number: int) -> bool:
    """Forget what is asked of a job that has ended: it came too late."""
    with backend.store.transaction() as connection:
        connection.execute(
            "DELETE FROM request WHERE job = ? AND EXISTS"
            " (SELECT 1 FROM job WHERE no = ? AND ended IS NOT NULL)",
            (number, number),
        )
    return True
