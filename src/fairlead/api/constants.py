"""Names and bounds of the custom resources that are needed where pydantic is not.

A runner in a pod starts in the time that importing takes, and talks plain JSON.
"""

from __future__ import annotations

from typing import Literal

GROUP = "fairlead.dev"
VERSION = "v1beta1"
API_VERSION: Literal["fairlead.dev/v1beta1"] = "fairlead.dev/v1beta1"

MAX_JOB_NAME = 52
"""Characters of a Job's name: those of its Tasks and pods begin with it, and labels end at 63."""

MAX_TASK_NAME = 63

MAX_JOB_TASKS = 500
"""The most tasks in a Job's list; tasks may add any number of subtasks, and sessions more."""

MAX_INLINE = 32 * 1024
"""The most bytes of a value that stay in an object; larger ones go to the object store."""

MAX_CHILDREN = 10_000
"""The most subtasks that one attempt may commit."""

MAX_DEPENDENCIES = 1000
"""The most entries of a list of dependencies or references, each of which may be a range."""

MAX_MILLISECONDS = 10**13
"""The most time that an attempt is said to have taken: three hundred years."""

MAX_BYTES = 2**50
"""The most memory that an attempt is said to have had."""
