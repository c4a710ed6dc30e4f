"""Makes the records of new jobs: their ids, names, and top-level tasks."""

from __future__ import annotations

import os
from collections.abc import Sequence
from time import time as now
from typing import Any, Literal

from fairlead.core.ids import IdSequence, job_id
from fairlead.errors import InvalidRequestError
from fairlead.sdk import settings
from fairlead.sdk.backend import NewJob
from fairlead.sdk.bound import taken_apart
from fairlead.sdk.options import Options
from fairlead.sdk.programs import program_of
from fairlead.sdk.subtasks import NO_OPTIONS, Submission

MAX_NAME = 256
"""The most characters of a job's name."""


def new_id() -> str:
    """Return the id of a new job."""
    return job_id(now(), os.urandom(10))


def new_submission(id: str) -> Submission:
    """Return what collects the top-level tasks of the job with that id."""
    return Submission(IdSequence(id, 0, now()), settings.max_tasks())


def new_job(
    name: str,
    tasks: Sequence[Any],
    options: Options = NO_OPTIONS,
    style: Literal["job", "run"] = "job",
    machine_group: str | None = None,
) -> NewJob:
    """Return a new job of independent top-level tasks, checked and ready to be stored."""
    id = new_id()
    submission = new_submission(id)
    submission.add(tasks, options=options)
    program = program_of(taken_apart(task)[0] for task in tasks)
    return NewJob(
        id,
        checked_name(name),
        submission.tasks,
        program=program,
        style=style,
        machine_group=machine_group,
    )


def checked_name(name: object) -> str:
    """Return a job's name, or raise if it cannot be one."""
    if not isinstance(name, str) or not name.strip():
        raise InvalidRequestError(f"a job's name is a text that is not empty, not {name!r}")
    if len(name) > MAX_NAME or not name.isprintable():
        raise InvalidRequestError(
            f"a job's name has at most {MAX_NAME} characters, all printable: {name[:40]!r}..."
        )
    return name
