"""``TaskRun``: one task that was started on its own, followed from any process by its id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fairlead.core.states import TaskState
from fairlead.errors import InvalidRequestError, TaskError
from fairlead.sdk.backend import TaskView
from fairlead.sdk.bound import taken_apart
from fairlead.sdk.machines import MachineGroup
from fairlead.sdk.new_jobs import new_job
from fairlead.sdk.options import check_wait
from fairlead.sdk.outcomes import FINAL, WORDS, result_or_raise
from fairlead.sdk.programs import about_to_start_work
from fairlead.sdk.text import is_storable

if TYPE_CHECKING:
    from fairlead.sdk.client import Client
    from fairlead.sdk.definitions import TaskDefinition
    from fairlead.sdk.options import Options


A_MOMENT = 0.001
"""Seconds; long enough to be a wait."""


class TaskRun:
    """One run, by its id.  Several objects, in any processes, may stand for the same run.

    Parameters
    ----------
    id
        The run's id; nothing is looked up until it is used.
    client
        Where it runs; by default, the backend of the environment.
    """

    def __init__(
        self,
        id: str,
        client: Client | None = None,
        *,
        definition: TaskDefinition | None = None,
    ) -> None:
        if not isinstance(id, str) or not id:
            raise InvalidRequestError(f"a run's id is a text, not {id!r}")
        self.id = id
        self._given = client
        self._definition = definition

    def __repr__(self) -> str:
        return f"TaskRun({self.id!r})"

    @property
    def _backend(self) -> Any:
        if self._given is None:
            from fairlead.sdk.client import Client

            self._given = Client()
        return self._given.backend

    @property
    def view(self) -> TaskView:
        """All that is recorded of the run now."""
        view: TaskView = self._backend.task(self.id)
        return view

    @property
    def state(self) -> TaskState:
        """Its present state."""
        return self.view.state

    @property
    def status(self) -> str:
        """Its state in one word: pending, running, completed, failed or cancelled."""
        return WORDS[self.state]

    def get_position_in_queue(self) -> int | None:
        """Return how many tasks are ahead of it in the queue; None once it has started."""
        position: int | None = self._backend.queue_position(self.id)
        return position

    def wait(self, timeout: float | None = None) -> TaskRun:
        """Wait until the run has ended, driving it here if nobody else does.

        Raises
        ------
        TimeoutError
            If it has not ended after ``timeout`` seconds.
        """
        self._ended(timeout)
        return self

    def _ended(self, timeout: float | None) -> TaskView:
        check_wait(timeout)
        about_to_start_work()
        view: TaskView = self._backend.wait_task(self.id, timeout)
        if view.state not in FINAL:
            raise TimeoutError(f"run {self.id} has not ended after {timeout} s")
        return view

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the run's result and return it, or raise what it failed with."""
        return result_or_raise(self._backend, self._ended(timeout), self._definition)

    def kill(self) -> None:
        """Cancel the run; whatever it is doing is discarded."""
        self._backend.cancel_task(self.id)

    def set_metadata(self, metadata: Mapping[str, str]) -> None:
        """Note texts under names with the run.

        Raises
        ------
        TypeError
            If it is no dict, or a key or value is no text.
        ValueError
            If a key or value is empty.
        """
        self._backend.set_metadata(self.id, checked_metadata(metadata))

    def get_metadata(self) -> dict[str, str]:
        """Return what has been noted with the run."""
        metadata: dict[str, str] = self._backend.metadata(self.id)
        return metadata

    def list_files(self) -> list[str]:
        """Return the files that the run has left, by their paths in its folder."""
        files: list[str] = self._backend.files(self.id)
        return files

    def download(self, path: str = ".") -> list[str]:
        """Copy the run's files into a folder; return the paths of what was written."""
        written: list[str] = self._backend.download(self.id, str(path))
        return written


def checked_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return metadata, or raise if it is anything but texts under names."""
    if not isinstance(metadata, Mapping):
        raise TypeError(f"metadata is a dict of texts, not {type(metadata).__name__}")
    for key, value in metadata.items():
        for what, text in (("key", key), ("value", value)):
            if not isinstance(text, str):
                raise TypeError(
                    f"metadata {what} {text!r} is {type(text).__name__}, not str; convert it:"
                    f" str({text!r})"
                )
            if not text:
                raise InvalidRequestError(f"metadata: an empty {what} ({key!r}: {value!r})")
            if not is_storable(text):
                raise InvalidRequestError(f"metadata {what} {text!r} is no Unicode text")
    return dict(metadata)


def start_run(client: Client, task: Any, on: MachineGroup | None, options: Options) -> TaskRun:
    """Submit a task as a run of its own, and print how to follow it."""
    about_to_start_work()
    definition, _ = taken_apart(task)
    if on is not None and not isinstance(on, MachineGroup):
        raise InvalidRequestError(f"on takes a MachineGroup, not {type(on).__name__} {on!r}")
    if on is not None and not on.started:
        raise TaskError(f"{on!r} is not running; start a group before running on it")
    group = None if on is None else on.name
    job = new_job(definition.name, [task], options, style="run", machine_group=group)
    client.backend.submit(job)
    run = TaskRun(job.tasks[0].id, client, definition=definition)
    print(hints(run.id, run.get_position_in_queue()), flush=True)
    # A run goes on by itself while the program does other things: to wait for it, however
    # shortly, lets this process drive it.
    client.backend.wait_task(run.id, A_MOMENT)
    return run


def hints(id: str, position: int | None) -> str:
    """Return where a run is in the queue and how to follow it, as printed at its start."""
    return (
        f"Number of tasks ahead in the queue: {position or 0}.\n"
        f"· Consider tracking the status of the task via CLI:\n"
        f"    fairlead tasks list --id {id}\n"
        f"· Or, tracking the logs of the task via CLI:\n"
        f"    fairlead logs {id}\n"
        f"· Or, track the task files in real time with:\n"
        f"    fairlead tasks list-files {id}\n"
        f"· You can also get more information about the task via the CLI command:\n"
        f"    fairlead tasks info {id}"
    )
