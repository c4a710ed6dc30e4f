"""Workflows: task functions bound to arguments and joined by ``>>``, run as one job."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator
from contextvars import ContextVar, Token
from typing import Any

from fairlead.errors import (
    DependencyError,
    DuplicateTaskError,
    InvalidRequestError,
)
from fairlead.sdk.bound import Bound
from fairlead.sdk.codec import Values
from fairlead.sdk.definitions import TaskDefinition
from fairlead.sdk.new_jobs import checked_name
from fairlead.sdk.values import contains_reference, without_references

_current: ContextVar[Workflow | None] = ContextVar("fairlead_workflow", default=None)
_built = itertools.count()


class Joinable:
    """What ``>>`` joins: one task, or a group of them."""

    __slots__ = ()

    def first(self) -> tuple[BoundTask, ...]:
        """Return the tasks that what comes before is joined to."""
        raise NotImplementedError

    def last(self) -> tuple[BoundTask, ...]:
        """Return the tasks that what comes after is joined to."""
        raise NotImplementedError

    def __rshift__(self, other: Joinable | Iterable[Joinable]) -> Group:
        return join(self, as_joinable(other))

    def __rrshift__(self, other: Joinable | Iterable[Joinable]) -> Group:
        return join(as_joinable(other), self)


class BoundTask(Joinable, Bound):
    """A task function bound to arguments: a step of a workflow.

    Given as an argument to another step, it is a dependency, and is replaced by its
    result.

    Attributes
    ----------
    task_id
        The step's key, unique in its workflow.
    """

    __slots__ = ("built", "joins", "task_id")

    def __init__(
        self, definition: TaskDefinition, arguments: Values, task_id: str | None = None
    ) -> None:
        key = f"{definition.name}_{os.urandom(4).hex()}" if task_id is None else task_id
        if not isinstance(key, str) or not key:
            raise InvalidRequestError(f"a task_id is a text that is not empty, not {key!r}")
        super().__init__(definition, arguments, key)
        self.task_id = key
        self.built = next(_built)
        self.joins: list[tuple[BoundTask, BoundTask]] = []
        workflow = _current.get()
        if workflow is not None:
            workflow.add(self)

    def __repr__(self) -> str:
        return f"<{self.definition.name} {self.task_id!r}>"

    def first(self) -> tuple[BoundTask, ...]:
        """Return the step itself."""
        return (self,)

    def last(self) -> tuple[BoundTask, ...]:
        """Return the step itself."""
        return (self,)

    def needed(self) -> list[BoundTask]:
        """Return the steps among its arguments.

        Raises
        ------
        DependencyError
            If an argument is a future of another kind.
        """
        if not contains_reference(self.arguments):
            return []
        _, found = without_references(self.arguments)
        for _, target in found:
            if not isinstance(target, BoundTask):
                raise DependencyError(
                    f"{self!r}: {target!r} is no step of a workflow; take its result first"
                )
        return [target for _, target in found if isinstance(target, BoundTask)]

    def run(self) -> Any:
        """Run this step alone, at once, and return its result."""
        from fairlead.sdk.direct import run_directly
        from fairlead.sdk.programs import about_to_start_work

        about_to_start_work()
        if self.needed():
            raise DependencyError(
                f"{self!r} needs the results of other steps; run it in a workflow"
            )
        return run_directly(self.definition, self.arguments)


class Group(Joinable):
    """Several joined steps, as one thing to join."""

    __slots__ = ("_first", "_last")

    def __init__(self, first: Iterable[BoundTask], last: Iterable[BoundTask]) -> None:
        self._first = tuple(dict.fromkeys(first))
        self._last = tuple(dict.fromkeys(last))

    def first(self) -> tuple[BoundTask, ...]:
        """Return the steps at its start."""
        return self._first

    def last(self) -> tuple[BoundTask, ...]:
        """Return the steps at its end."""
        return self._last


def as_joinable(thing: object) -> Joinable:
    """Return what can be joined: itself, or a list of such things as a parallel group."""
    if isinstance(thing, Joinable):
        return thing
    if isinstance(thing, list | tuple):
        return parallel(*thing)
    name = getattr(thing, "__name__", None)
    if name and hasattr(thing, "bind"):
        raise InvalidRequestError(f"{name} is a task function; call it first: {name}(...)")
    raise InvalidRequestError(f"{thing!r} is no step of a workflow; call a task function")


def join(before: Joinable, after: Joinable) -> Group:
    """Make everything in ``after`` wait for everything in ``before``."""
    workflow = _current.get()
    for one in before.last():
        for other in after.first():
            if workflow is None:
                _join_loosely(one, other)
            else:
                workflow.join(one, other)
    return Group(before.first(), after.last())


def _join_loosely(one: BoundTask, other: BoundTask) -> None:
    """Join two steps outside any workflow: whichever takes one of them takes both."""
    if one.task_id == other.task_id and one is not other:
        raise DuplicateTaskError(
            f"there are two tasks {one.task_id!r}; give one of them another task_id"
        )
    one.joins.append((one, other))
    other.joins.append((one, other))


def chain(*tasks: Joinable) -> Group:
    """Run steps one after the other.

    Parameters
    ----------
    tasks
        Steps or groups, at least one.
    """
    joined = [as_joinable(task) for task in tasks]
    if not joined:
        raise InvalidRequestError("chain() needs at least one task")
    for before, after in itertools.pairwise(joined):
        join(before, after)
    return Group(joined[0].first(), joined[-1].last())


def parallel(*tasks: Joinable) -> Group:
    """Run steps at the same time.

    Parameters
    ----------
    tasks
        Steps or groups, at least one.
    """
    joined = [as_joinable(task) for task in tasks]
    if not joined:
        raise InvalidRequestError("parallel() needs at least one task")
    workflow = _current.get()
    if workflow is not None:
        for one in joined:
            workflow.add(*one.first(), *one.last())
    return Group(
        (task for one in joined for task in one.first()),
        (task for one in joined for task in one.last()),
    )


class Workflow:
    """Steps and what each waits for; made by :func:`workflow`.

    Attributes
    ----------
    name
        The name of the jobs it runs as.
    """

    def __init__(self, name: str) -> None:
        self.name = checked_name(name)
        self._steps: dict[str, BoundTask] = {}
        self._after: dict[BoundTask, dict[BoundTask, None]] = {}
        self._tokens: list[Token[Workflow | None]] = []
        self._results: Any = None

    def __repr__(self) -> str:
        return f"<workflow {self.name}, {len(self._steps)} tasks>"

    def add(self, *tasks: BoundTask) -> None:
        """Take steps into the workflow, and those they need or were joined to before.

        Raises
        ------
        DuplicateTaskError
            If two steps have one key.
        """
        waiting = list(tasks)
        while waiting:
            step = waiting.pop()
            known = self._steps.setdefault(step.task_id, step)
            if known is not step:
                raise DuplicateTaskError(
                    f"workflow {self.name}: there are two tasks {step.task_id!r}; give one of"
                    f" them another task_id"
                )
            if step not in self._after:
                self._after[step] = dict.fromkeys(step.needed())
                waiting += self._after[step]
                waiting += self._take_joins(step)

    def _take_joins(self, step: BoundTask) -> Iterator[BoundTask]:
        """Take over what a step was joined to outside any workflow; yield those steps."""
        for one, other in step.joins:
            if other is step:
                self._after[step][one] = None
            yield other if one is step else one

    def join(self, one: BoundTask, other: BoundTask) -> None:
        """Make a step wait for another one."""
        self.add(one, other)
        self._after[other][one] = None

    def steps(self) -> Iterator[tuple[BoundTask, tuple[BoundTask, ...]]]:
        """Yield every step and those it waits for, in the order in which they were built."""
        for step in list(self._after):
            self.add(*self._take_joins(step))  # they may have been joined since
        for step in sorted(self._steps.values(), key=lambda step: step.built):
            yield step, tuple(self._after[step])

    def execute(self, echo: bool = True) -> Any:
        """Run the workflow and wait for it.

        Parameters
        ----------
        echo
            Whether each returned value that is not None is printed as its task
            completes.

        Returns
        -------
        Any
            The result of the last-built task that no other task waits for.

        Raises
        ------
        Exception
            What the first failing task raised, as its own class where that can be.
        DependencyError
            If tasks wait for each other in a circle.
        """
        from fairlead.sdk.workflow_runs import run_workflow

        run = run_workflow(self, echo=echo)
        self._results = run.results
        return run.outcome()

    @property
    def results(self) -> Any:
        """The results of the last execution, by key; only of tasks that completed."""
        if self._results is None:
            raise InvalidRequestError(f"workflow {self.name} has not been executed yet")
        return self._results

    def __enter__(self) -> Workflow:
        self._tokens.append(_current.set(self))
        return self

    def __exit__(self, *_: object) -> None:
        _current.reset(self._tokens.pop())


def workflow(name: str) -> Workflow:
    """Return a new workflow.

    Examples
    --------
    >>> with workflow("weather") as wf:
    ...     fetch(task_id="tokyo", city="Tokyo") >> fetch(task_id="paris", city="Paris")
    ...     wf.execute()
    """
    return Workflow(name)
