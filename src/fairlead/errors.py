"""Every error Fairlead raises on purpose: one base class, one class for each cause.

The message of an error says what happened, where, and how to mend it.  Nothing in
this module imports anything else of Fairlead.
"""

from __future__ import annotations


class FairleadError(Exception):
    """Something that Fairlead can explain went wrong."""


# --- what a task did -------------------------------------------------------------


class TaskError(FairleadError):
    """A task failed, or was used in a way that tasks do not allow."""


class TaskCancelledError(TaskError):
    """The task was cancelled, so it has no result."""


class NonRetryableError(TaskError):
    """Raised by a task that must not be tried again, whatever its retries."""


class CacheLostError(TaskError):
    """The job's cache lived in a process that has ended, and it had held values."""


class MaxInstancesReachedError(TaskError):
    """A session without a queue was asked to start more instances than may run."""


class TaskDefinitionError(TaskError):
    """A class or function cannot be a task as it is written."""


class ConflictingDefinitionError(TaskDefinitionError):
    """Two different definitions have the same identifier and version."""


class TaskInputError(TaskError, ValueError):
    """A task's input does not fit its definition; nothing was stored."""


class TaskArgumentError(TaskInputError, TypeError):
    """A task was called with arguments that it does not take, or without one it needs."""


class TaskResultError(NonRetryableError):
    """A task returned something that cannot be kept as JSON."""


class DuplicateTaskError(TaskError):
    """Two tasks of one workflow have the same ``task_id``."""


class DependencyError(TaskError):
    """A dependency is unknown, foreign, or part of a cycle."""


class LimitExceededError(NonRetryableError):
    """A job grew beyond its limit of depth or of tasks."""


# --- what a program asked for ----------------------------------------------------


class SessionError(TaskError):
    """A session was used in a way that sessions do not allow."""


class SessionNotFoundError(SessionError):
    """An instance was asked for where no session is active."""


class NotFoundError(FairleadError, LookupError):
    """No job, task, run or file has that name or id."""


class InvalidRequestError(FairleadError, ValueError):
    """A request's argument is out of range or of the wrong kind."""


class ProgramError(FairleadError):
    """A program cannot be imported, so its tasks cannot run here."""


class ReleaseError(FairleadError):
    """A program cannot be made into a release, or a release is not what was published."""


class LoadTimeoutError(FairleadError):
    """A runner did not load its release in time, so the task could not begin."""


class JobFailedError(TaskError):
    """A job ended without success and its failure cannot be raised as its own class."""


# --- where the work is kept ------------------------------------------------------


class BackendError(FairleadError):
    """A backend could not do what was asked."""


class BackendUnavailableError(BackendError):
    """The backend cannot be reached, or is not installed."""


class ObjectStoreError(BackendError):
    """The object store cannot be reached, refuses, or has damaged what it kept."""


class StoreError(BackendError):
    """The local store cannot be used."""


class StoreVersionError(StoreError):
    """The local store was written by a newer version of Fairlead."""


class StoreFullError(StoreError):
    """The disk that holds the local store is full."""


class JobBusyError(BackendError):
    """Another process drives this job."""
