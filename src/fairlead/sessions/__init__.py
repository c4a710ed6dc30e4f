"""The session style: calling a task function runs it; sessions run many at a time.

Examples
--------
>>> from fairlead.sessions import Session, task
>>> @task(max_parallel=3)
... def double(number: int) -> int:
...     return 2 * number
>>> with Session():
...     futures = [double.instance().start(number) for number in range(5)]
...     print([future.result() for future in futures])
[0, 2, 4, 6, 8]
"""

from __future__ import annotations

from fairlead.errors import (
    MaxInstancesReachedError,
    SessionError,
    SessionNotFoundError,
    TaskCancelledError,
    TaskError,
)
from fairlead.sdk.control import TaskControl, TaskControlHandler, set_task_control_handler
from fairlead.sdk.instances import Future, TaskInstance
from fairlead.sdk.sessions import Session
from fairlead.sdk.styles import SessionTask as Task
from fairlead.sdk.styles import session_task as task

__all__ = [
    "Future",
    "MaxInstancesReachedError",
    "Session",
    "SessionError",
    "SessionNotFoundError",
    "Task",
    "TaskCancelledError",
    "TaskControl",
    "TaskControlHandler",
    "TaskError",
    "TaskInstance",
    "set_task_control_handler",
    "task",
]
