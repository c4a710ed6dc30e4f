"""Collects the tasks that are submitted together: an attempt's subtasks, a new job's tasks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fairlead.core.ids import IdSequence
from fairlead.errors import DependencyError, LimitExceededError, TaskInputError
from fairlead.sdk.backend import NewTask, Ref, TaskOptions
from fairlead.sdk.bound import taken_apart
from fairlead.sdk.codec import Values
from fairlead.sdk.definitions import TaskDefinition, registry
from fairlead.sdk.futures import FutureTask
from fairlead.sdk.options import Options, task_options
from fairlead.sdk.references import Placeholder, Reference
from fairlead.sdk.values import place

NO_OPTIONS: Options = {}


class Submission:
    """Tasks that will be stored together, all or nothing.

    Parameters
    ----------
    ids
        The ids of the tasks, in order.
    limit
        How many tasks there may be.

    Attributes
    ----------
    tasks
        The tasks so far.
    """

    __slots__ = ("_count", "_ids", "_limit", "tasks")

    def __init__(self, ids: IdSequence, limit: int = 50_000) -> None:
        self._ids = ids
        self._limit = limit
        self._count = 0
        self.tasks: list[NewTask] = []

    def add(
        self,
        submitted: Sequence[Any],
        depends_on: Iterable[Any] = (),
        options: Options = NO_OPTIONS,
    ) -> list[FutureTask[Any]]:
        """Add tasks that share dependencies and options; return their futures.

        Raises
        ------
        InvalidRequestError, TaskInputError, DependencyError, LimitExceededError
            If something is wrong with one of them; then none is added.
        """
        first = self._count
        self._check_limit(first + len(submitted))
        positions = tuple(dict.fromkeys(self._positions(depends_on)))
        run_as: dict[TaskDefinition, TaskOptions] = {}
        added: list[NewTask] = []
        futures: list[FutureTask[Any]] = []
        for id, task in zip(self._ids.ids(first, len(submitted)), submitted, strict=True):
            definition, values = taken_apart(task)
            if definition not in run_as:
                registry.check(definition)
                run_as[definition] = self.run_as(definition, options)
            how = run_as[definition]
            added.append(self._new_task(id, definition, values, positions, how))
            futures.append(FutureTask(id, self, first + len(futures), how.optional))
        self.tasks += added
        self._count += len(added)
        return futures

    def take(self) -> list[NewTask]:
        """Return the tasks so far, and forget them: they have been stored."""
        taken, self.tasks = self.tasks, []
        return taken

    def run_as(self, definition: TaskDefinition, options: Options) -> TaskOptions:
        """Return how a task of a definition runs."""
        return task_options(definition.options, options)

    def _check_limit(self, count: int) -> None:
        if count > self._limit:
            raise LimitExceededError(
                f"{count} subtasks are more than the {self._limit} tasks that a job may have;"
                f" submit fewer, or raise FAIRLEAD_MAX_TASKS"
            )

    def _new_task(
        self,
        id: str,
        definition: TaskDefinition,
        values: Values,
        positions: tuple[int | str, ...],
        options: TaskOptions,
    ) -> NewTask:
        data, placeholders = definition.codec.encode(values)
        refs: tuple[Ref, ...] = ()
        if placeholders:
            self._check_optional(definition, values, placeholders)
            data, refs = self.resolve(data, placeholders)
            positions = tuple(dict.fromkeys((*positions, *(ref.task for ref in refs))))
        return NewTask(
            id,
            definition.identifier,
            definition.version,
            definition.source,
            data,
            refs,
            positions,
            options,
        )

    def resolve(
        self, data: bytes, placeholders: Sequence[Placeholder]
    ) -> tuple[bytes, tuple[Ref, ...]]:
        """Return encoded data and the references in it.

        Results that are known already (of tasks that the present task depended on) are
        written in their places.
        """
        refs = []
        for path, target, kind in placeholders:
            known = target.known if isinstance(target, FutureTask) else None
            if known is not None and kind == "value":
                data = _with_result(data, path, known.result)
            else:
                refs.append(Ref(path, self.position(target), kind))
        return data, tuple(refs)

    def _positions(self, depends_on: Iterable[Any]) -> Iterable[int | str]:
        if isinstance(depends_on, Reference):
            depends_on = (depends_on,)
        for dependency in depends_on:
            if not isinstance(dependency, Reference):
                raise DependencyError(
                    f"depends_on takes the futures that submitting returned, not"
                    f" {type(dependency).__name__} {dependency!r}"
                )
            if not (isinstance(dependency, FutureTask) and dependency.known is not None):
                yield self.position(dependency)

    def position(self, target: Reference) -> int | str:
        """Return which task of this submission, or which other task's id, is referred to."""
        if isinstance(target, FutureTask):
            if target.owner is self:
                return target.position
            if target.known is not None:
                return target.id
        raise DependencyError(
            f"{target!r} is no future of this submission; a task can only depend on tasks that"
            f" were submitted before it by the same execution"
        )

    def _check_optional(
        self, definition: TaskDefinition, values: Values, placeholders: Sequence[Placeholder]
    ) -> None:
        """Refuse an optional task's future for a field that could not be without it."""
        risky = [one for one in placeholders if self.is_optional(one.target)]
        refused = definition.codec.none_refused(values, risky) if risky else None
        if refused is not None:
            raise TaskInputError(
                f"{definition.name}.{refused} is the future of an optional task, which may end"
                f" without a result; let the field's type admit None, or make it a FutureTask"
            )

    def is_optional(self, target: Reference) -> bool:
        """Return whether the job goes on without the task that is referred to."""
        return isinstance(target, FutureTask) and target.optional


def _with_result(data: bytes, path: tuple[str | int, ...], result: bytes | None) -> bytes:
    if result is None:
        return data  # the place already holds null
    from pydantic_core import from_json, to_json

    return to_json(place(from_json(data), path, from_json(result)))
