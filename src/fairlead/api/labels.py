"""The labels and annotations that Fairlead puts on objects, or reads from them."""

from __future__ import annotations

JOB = "fairlead.dev/job"
"""Label of Tasks and pods: the name of their Job, by which they are listed."""

JOB_UID = "fairlead.dev/job-uid"
"""Label of Tasks and pods: the unique id of their Job, which tells apart jobs of one name."""

KEY = "fairlead.dev/key"
"""Label of Tasks: what the task is called among its siblings."""

ID = "fairlead.dev/id"
"""Label of Jobs and Tasks: the id by which the SDK and the command line know them."""

PARENT_ATTEMPT = "fairlead.dev/parent-attempt"
"""Label of Tasks: :func:`parent_attempt` of what made them, which all siblings share."""

ACCOUNT = "fairlead.dev/account"
"""Label of runner pods: the service account under which they run."""

GROUP = "fairlead.dev/machine-group"
"""Label of the pods of a MachineGroup: its name."""

SIZE = "fairlead.dev/machine-size"
"""Label of runner pods: their MachineSize."""

RELEASE = "fairlead.dev/release"
"""Label of runner pods: the Release that they have loaded."""

COMPONENT = "fairlead.dev/component"
"""Label of every pod that Fairlead makes; :data:`RUNNER_COMPONENT` on runners."""

RUNNER_COMPONENT = "runner"

RUNNER_ACCOUNT = "fairlead.dev/runner"
"""Label of service accounts: ``true`` where jobs may run their tasks under them."""

DESIRED = "fairlead.dev/desired"
"""Annotation of a Task, whose spec cannot change: what somebody wants of it.

``Stopped`` asks it to end and keeps its result; ``Cancelled`` discards whatever it does.
"""

STOPPED = "Stopped"
CANCELLED = "Cancelled"

METADATA = "fairlead.dev/metadata"
"""Annotation of a Job or Task: a JSON object of texts that its author keeps with it."""

PULSE = "fairlead.dev/session-pulse"
"""Annotation of an open Job: a number of seconds, a space, and what changes more often than that.

While it changes, the program that adds the tasks lives; see ``driving/sessions.py``.
"""

ARCHIVED = "fairlead.dev/archived"
"""Annotation of a finished Job: ``true`` once its history is kept elsewhere."""


def parent_attempt(uid: str, attempt: int) -> str:
    """Return the label of the subtasks of an attempt.

    ``uid`` is the parent's unique id, or the Job's with attempt 0 for its top level.
    """
    return f"{uid}.{attempt}"
