"""The words that say why a task or a job is in its state.

They are recorded beside the state and part of the contract: the graph is rebuilt from
them too, for a task cancelled on its own and one cancelled with its job look alike but
for their reason.
"""

from __future__ import annotations

FAILING = "Failing"
"""Of a RUNNING job: a task failed; nothing starts, running attempts come to an end."""

CANCELLING = "Cancelling"
"""Of a RUNNING job: it was cancelled; nothing starts, running attempts come to an end."""

TASK_FAILED = "TaskFailed"
"""Of a failed job: a task without an optional root failed."""

TASK_CANCELLED = "TaskCancelled"
"""Of a task: it was cancelled on its own.  Of a failed job: because of such a task."""

PARENT_CANCELLED = "ParentCancelled"
"""Of a task: a task above it was cancelled on its own."""

JOB_FAILED = "JobFailed"
"""Of a cancelled task: its job was failing."""

JOB_CANCELLED = "JobCancelled"
"""Of a cancelled task, or of a job: the job was cancelled."""

OPTIONAL_ROOT_FAILED = "OptionalRootFailed"
"""Of a skipped task: another task under its optional root failed or was cancelled."""

QUEUE_TIMEOUT = "QueueTimeout"
"""How the reason of a task begins that waited for a runner longer than it may."""

LIMIT_EXCEEDED = "LimitExceeded"
"""How the reason of a task begins whose subtasks would exceed a limit of the job."""
