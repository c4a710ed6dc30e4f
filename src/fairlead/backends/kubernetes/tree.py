"""The Tasks of one job as a tree: who submitted whom, and which object of a key counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from fairlead.api.identity import task_ids
from fairlead.api.labels import parent_attempt
from fairlead.backends.kubernetes.words import Object, created, name_of, status_of, uid_of

Place = tuple[str, str]
"""Where a task stands: the label of its parent's attempt, and its key among its siblings."""


def place_of(task: Object) -> Place:
    """Return where a Task stands in its job."""
    spec = task["spec"]
    parent = spec.get("parent")
    if parent is None:
        return parent_attempt(spec["jobUID"], 0), spec["key"]
    return parent_attempt(parent["uid"], parent["attempt"]), spec["key"]


def has_committed(task: Object, attempt: int) -> bool:
    """Return whether an attempt of a Task ended well, so that its subtasks count."""
    outcome = status_of(task).get("outcome") or {}
    return outcome.get("kind") == "Succeeded" and outcome.get("attempt") == attempt


class JobTree:
    """One job with its Tasks, those too that the operator has yet to make.

    Parameters
    ----------
    job
        The Job.
    tasks
        Its Tasks, in any order.
    """

    def __init__(self, job: Object, tasks: Iterable[Object]) -> None:
        self.job = job
        found = list(tasks)
        found += self._to_be_made({place_of(task) for task in found})
        self._by_uid = {uid_of(task): task for task in found}
        self.newest: dict[Place, Object] = {}
        for task in found:
            known = self.newest.setdefault(place_of(task), task)
            if task["spec"]["run"] > known["spec"]["run"]:
                self.newest[place_of(task)] = task
        self._all = found

    def _to_be_made(self, places: set[Place]) -> Iterator[dict[str, Any]]:
        """Yield the tasks of the Job's own list that have no object yet, as it will be."""
        top = parent_attempt(uid_of(self.job), 0)
        listed = self.job["spec"].get("tasks") or ()
        for id, task in zip(task_ids(self.job), listed, strict=True):
            if (top, task["name"]) not in places:
                yield future_task(self.job, id, task)

    @cached_property
    def visible(self) -> list[Object]:
        """All tasks, superseded ones too, but not those of attempts that were not committed."""
        tasks = [task for task in self._all if self._counts(task)]
        return sorted(tasks, key=self._order)

    @cached_property
    def current(self) -> list[Object]:
        """The tasks that no retry has replaced, parents before their subtasks."""
        return [task for task in self.visible if not self.is_superseded(task)]

    def parent(self, task: Object) -> Object | None:
        """Return the Task that submitted a Task."""
        parent = task["spec"].get("parent")
        return None if parent is None else self._by_uid.get(parent["uid"])

    def is_superseded(self, task: Object) -> bool:
        """Return whether a retry has replaced a Task, or one above it."""
        while True:
            if self.newest[place_of(task)] is not task:
                return True
            above = self.parent(task)
            if above is None:
                return False
            task = above

    def newest_of(self, task: Object) -> Object:
        """Return the object that counts where a Task stands."""
        return self.newest[place_of(task)]

    def sibling(self, task: Object, key: str) -> Object | None:
        """Return the newest Task of a key next to a Task."""
        return self.newest.get((place_of(task)[0], key))

    def _counts(self, task: Object) -> bool:
        parent = task["spec"].get("parent")
        if parent is None:
            return True
        above = self._by_uid.get(parent["uid"])
        return above is not None and has_committed(above, parent["attempt"])

    def _order(self, task: Object) -> tuple[Any, ...]:
        spec = task["spec"]
        key = spec["key"]
        number = int(key) if key.isdigit() else self._positions.get(key, 0)
        siblings = place_of(task)[0]
        # Siblings are written side by side, so their times say nothing of their order.
        begun = self._begun[siblings, spec["run"]]
        return begun, spec.get("depth") or 0, siblings, number, spec["run"]

    @cached_property
    def _begun(self) -> dict[tuple[str, int], float]:
        """When the first of some siblings was made, by their parent's attempt and the run."""
        begun: dict[tuple[str, int], float] = {}
        for task in self._all:
            group = place_of(task)[0], task["spec"]["run"]
            begun[group] = min(created(task), begun.get(group, created(task)))
        return begun

    @cached_property
    def _positions(self) -> dict[str, int]:
        listed = self.job["spec"].get("tasks") or ()
        return {task["name"]: position for position, task in enumerate(listed)}


def future_task(job: Object, id: str, task: Object) -> dict[str, Any]:
    """Return the Task that the operator will make of an entry in a Job's list, but its status."""
    taken = {
        "identifier", "version", "inputFrom", "dependsOn", "machineSize", "retry",
        "failurePolicy", "display", "title", "inputRef",
    }  # fmt: skip
    return {
        "metadata": {
            "name": "",
            "uid": f"{uid_of(job)}/{task['name']}",
            "creationTimestamp": job["metadata"]["creationTimestamp"],
        },
        "spec": {
            **{name: task[name] for name in taken if name in task},
            "jobName": name_of(job),
            "jobUID": uid_of(job),
            "run": 1,
            "key": task["name"],
            "id": id,
            "machineGroup": job["spec"].get("machineGroup"),
        },
        "status": {"state": _state_of_future(job)},
    }


def _state_of_future(job: Object) -> str:
    """Return the state of a task that has no object: if its job has ended, it never will."""
    state = status_of(job).get("state")
    return "Cancelled" if state in ("Failed", "Cancelled") else "Queued"
