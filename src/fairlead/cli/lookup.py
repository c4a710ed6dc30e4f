"""Which job or task is meant: an id, the start of one, or a job's name."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fairlead.errors import InvalidRequestError, NotFoundError
from fairlead.sdk.backend import Backend, TaskView

SHORTEST_PREFIX = 4
"""Fewer characters of an id than this are a typing error rather than an id."""

LOOK_BACK = 10_000
"""How many of the newest jobs or tasks are searched for an id that starts as given."""


def job_id(backend: Backend, given: str) -> str:
    """Return the id of the job that is meant.

    Parameters
    ----------
    backend
        Where jobs are kept.
    given
        An id, a name (its newest job is meant), or the start of an id.

    Raises
    ------
    NotFoundError
        No job is called so.
    InvalidRequestError
        The start of an id fits several jobs.
    """
    try:
        return backend.find_job(given)
    except NotFoundError:
        match = _by_prefix("job", given, lambda: (job.id for job in backend.jobs(limit=LOOK_BACK)))
    if match is None:
        raise NotFoundError(
            f"no job has the id or name {given!r}; `fairlead jobs list` shows those there are"
        )
    return match


def task(backend: Backend, given: str) -> TaskView:
    """Return the task that is meant by an id or the start of one.

    Raises
    ------
    NotFoundError
        No task has that id.
    InvalidRequestError
        The start of an id fits several tasks.
    """
    try:
        return backend.task(given)
    except NotFoundError:
        match = _by_prefix(
            "task", given, lambda: (found.id for found in backend.find_tasks(limit=LOOK_BACK))
        )
    if match is None:
        raise NotFoundError(
            f"no task has the id {given!r}; `fairlead tasks list` shows those there are"
        )
    return backend.task(match)


def _by_prefix(kind: str, given: str, ids: Callable[[], Iterable[str]]) -> str | None:
    if len(given) < SHORTEST_PREFIX or not (given.isascii() and given.isalnum()):
        return None
    matches = [candidate for candidate in ids() if candidate.startswith(given)]
    if len(matches) > 1:
        raise InvalidRequestError(
            f"{given!r} is the start of {len(matches)} {kind} ids: "
            f"{matches[0]}, {matches[1]}{', ...' if len(matches) > 2 else ''}; give more of it"
        )
    return matches[0] if matches else None


def job_or_task(backend: Backend, given: str) -> tuple[str | None, str | None]:
    """Return the job's id and None, or None and the task's id: whichever is meant.

    A job comes first, because jobs have names.

    Raises
    ------
    NotFoundError
        Neither a job nor a task is called so.
    """
    try:
        return job_id(backend, given), None
    except NotFoundError:
        pass
    try:
        return None, task(backend, given).id
    except NotFoundError:
        raise NotFoundError(
            f"no job or task has the id or name {given!r}; `fairlead jobs list` and"
            " `fairlead tasks list` show those there are"
        ) from None
