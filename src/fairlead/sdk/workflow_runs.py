"""Runs a workflow: its steps as the tasks of one job, echoed as they complete."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from queue import SimpleQueue
from time import time as now
from typing import TYPE_CHECKING, Any

from fairlead.core.ids import IdSequence
from fairlead.core.states import TaskState
from fairlead.errors import DependencyError, InvalidRequestError
from fairlead.sdk import settings
from fairlead.sdk.backend import Backend, NewJob
from fairlead.sdk.client import Client
from fairlead.sdk.jobs import Job
from fairlead.sdk.new_jobs import new_id
from fairlead.sdk.outcomes import decoded_result
from fairlead.sdk.programs import about_to_start_work, program_of
from fairlead.sdk.references import Reference
from fairlead.sdk.subtasks import Submission

if TYPE_CHECKING:
    from fairlead.sdk.workflows import BoundTask, Workflow

Steps = dict["BoundTask", tuple["BoundTask", ...]]
"""Every step and what it waits for; what it waits for comes before it."""


class _WorkflowTasks(Submission):
    """The steps of a workflow, which refer to each other as they are."""

    __slots__ = ("_positions_of",)

    def __init__(self, id: str) -> None:
        super().__init__(IdSequence(id, 0, now()), settings.max_tasks())
        self._positions_of: dict[Reference, int] = {}

    def add_step(self, step: BoundTask, after: tuple[BoundTask, ...]) -> None:
        """Add a step, after those that it waits for."""
        self.add([step], after)
        self.tasks[-1].key = step.task_id
        self._positions_of[step] = len(self.tasks) - 1

    def position(self, target: Reference) -> int | str:
        """Return which task of the job a step is."""
        return self._positions_of[target]


class Results(Mapping[str, Any]):
    """Results of the completed tasks of one execution, by key; read when asked for."""

    def __init__(self, backend: Backend, job_id: str, steps: Mapping[str, BoundTask]) -> None:
        self._backend = backend
        self._completed = {
            str(task.key): task
            for task in backend.tasks(job_id)
            if task.key in steps and task.state is TaskState.COMPLETED
        }
        self._steps = steps

    def __getitem__(self, key: str) -> Any:
        task = self._completed[key]
        return decoded_result(self._backend, task, self._steps[key].definition)

    def __iter__(self) -> Iterator[str]:
        return iter(self._completed)

    def __len__(self) -> int:
        return len(self._completed)

    def __repr__(self) -> str:
        return repr(dict(self))


class WorkflowRun:
    """One execution of a workflow, which has ended."""

    def __init__(self, job: Job, results: Results, sink: str) -> None:
        self.job = job
        self.results = results
        self._sink = sink

    def outcome(self) -> Any:
        """Return the result of the sink that was built last, or raise the job's failure."""
        if self._sink not in self.results:
            _ = self.job.result  # raises
        return self.results.get(self._sink)


def run_workflow(workflow: Workflow, *, echo: bool) -> WorkflowRun:
    """Run a workflow as a job, and wait for its end."""
    about_to_start_work()
    steps = in_order(workflow)
    client = Client()
    id = new_id()
    submission = _WorkflowTasks(id)
    for step, after in steps.items():
        submission.add_step(step, after)
    program = program_of(step.definition for step in steps)
    new = NewJob(id, workflow.name, submission.tasks, program=program, style="workflow")
    client.backend.submit(new)
    job = Job(client, id)
    ids = dict(zip((task.id for task in submission.tasks), steps, strict=True))
    if echo:
        with _Echo(client.backend, ids):
            job.wait()
    else:
        job.wait()
    by_key = {step.task_id: step for step in steps}
    return WorkflowRun(job, Results(client.backend, id, by_key), last_sink(steps).task_id)


def in_order(workflow: Workflow) -> Steps:
    """Return the steps so that each comes after what it waits for, else as built.

    Raises
    ------
    InvalidRequestError
        If there are no steps.
    DependencyError
        If steps wait for each other in a circle; it is named.
    """
    waits_for = dict(workflow.steps())
    if not waits_for:
        raise InvalidRequestError(
            f"workflow {workflow.name} has no tasks; call task functions inside its block"
        )
    try:
        order = TopologicalSorter(waits_for).static_order()
        return {step: waits_for[step] for step in order}
    except CycleError as error:
        circle = " -> ".join(step.task_id for step in error.args[1])
        raise DependencyError(
            f"workflow {workflow.name}: tasks wait for each other in a circle: {circle}"
        ) from None


def last_sink(steps: Steps) -> BoundTask:
    """Return the step that was built last among those that no other one waits for."""
    needed = {one for after in steps.values() for one in after}
    return max((step for step in steps if step not in needed), key=lambda step: step.built)


class _Echo:
    """Prints results while the block runs, in the order in which tasks complete."""

    def __init__(self, backend: Backend, steps: Mapping[str, BoundTask]) -> None:
        self._backend = backend
        self._steps = steps
        self._ended: SimpleQueue[str | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._print_all, name="fairlead-echo", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()
        for id in self._steps:
            self._backend.on_task_end(id, self._callback(id))

    def _callback(self, id: str) -> Any:
        return lambda: self._ended.put(id)

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self._ended.put(None)  # interrupted: the rest will not come
        self._thread.join()

    def _print_all(self) -> None:
        # The job's end may be known here before the last of its tasks has been told.
        for _ in self._steps:
            id = self._ended.get()
            if id is None:
                return
            self._print(id)

    def _print(self, id: str) -> None:
        task = self._backend.task(id)
        if task.state is TaskState.COMPLETED:
            value = decoded_result(self._backend, task, self._steps[id].definition)
            if value is not None:
                print(value, flush=True)
