"""Fairlead runs trees and graphs of Python tasks: durable on a laptop, native on Kubernetes.

Every name is loaded when it is first used, so that ``import fairlead`` costs next to
nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.core.states import JobState, TaskState
    from fairlead.errors import (
        BackendError,
        BackendUnavailableError,
        CacheLostError,
        ConflictingDefinitionError,
        DependencyError,
        DuplicateTaskError,
        FairleadError,
        InvalidRequestError,
        JobBusyError,
        JobFailedError,
        LimitExceededError,
        MaxInstancesReachedError,
        NonRetryableError,
        NotFoundError,
        ObjectStoreError,
        ProgramError,
        SessionError,
        SessionNotFoundError,
        StoreError,
        StoreFullError,
        StoreVersionError,
        TaskArgumentError,
        TaskCancelledError,
        TaskDefinitionError,
        TaskError,
        TaskInputError,
        TaskResultError,
    )
    from fairlead.sdk.cache import InMemoryCache, JobCache, LocalFileSystemCache
    from fairlead.sdk.client import Client
    from fairlead.sdk.context import ExecutionContext
    from fairlead.sdk.futures import FutureTask
    from fairlead.sdk.jobs import Job
    from fairlead.sdk.machines import MachineGroup
    from fairlead.sdk.objectstore import ObjectStoreCache
    from fairlead.sdk.runs import TaskRun
    from fairlead.sdk.task import Task

__version__ = "0.1.0"

__all__ = [
    "BackendError",
    "BackendUnavailableError",
    "CacheLostError",
    "Client",
    "ConflictingDefinitionError",
    "DependencyError",
    "DuplicateTaskError",
    "ExecutionContext",
    "FairleadError",
    "FutureTask",
    "InMemoryCache",
    "InvalidRequestError",
    "Job",
    "JobBusyError",
    "JobCache",
    "JobFailedError",
    "JobState",
    "LimitExceededError",
    "LocalFileSystemCache",
    "MachineGroup",
    "MaxInstancesReachedError",
    "NonRetryableError",
    "NotFoundError",
    "ObjectStoreCache",
    "ObjectStoreError",
    "ProgramError",
    "SessionError",
    "SessionNotFoundError",
    "StoreError",
    "StoreFullError",
    "StoreVersionError",
    "Task",
    "TaskArgumentError",
    "TaskCancelledError",
    "TaskDefinitionError",
    "TaskError",
    "TaskInputError",
    "TaskResultError",
    "TaskRun",
    "TaskState",
    "__version__",
]

_MODULES = {
    "Client": "fairlead.sdk.client",
    "ExecutionContext": "fairlead.sdk.context",
    "FutureTask": "fairlead.sdk.futures",
    "InMemoryCache": "fairlead.sdk.cache",
    "Job": "fairlead.sdk.jobs",
    "JobCache": "fairlead.sdk.cache",
    "JobState": "fairlead.core.states",
    "LocalFileSystemCache": "fairlead.sdk.cache",
    "MachineGroup": "fairlead.sdk.machines",
    "ObjectStoreCache": "fairlead.sdk.objectstore",
    "Task": "fairlead.sdk.task",
    "TaskRun": "fairlead.sdk.runs",
    "TaskState": "fairlead.core.states",
}
"""Where each name lives; the errors are not listed, they all live in one module."""


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'fairlead' has no attribute {name!r}")
    value: object = getattr(import_module(_MODULES.get(name, "fairlead.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
