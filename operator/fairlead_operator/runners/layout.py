"""What a runner's pod has inside: names, folders and numbers that pods and patches share."""

from __future__ import annotations

CONTAINER = "runner"
"""The container with the agent, in which tasks run, too, unless they are isolated."""

TASK_CONTAINER = "task"
"""The container in which isolated tasks run; size and pod patch are about it."""

OWN_PREFIX = "fairlead-"
"""How the names of our own volumes begin."""

PACKAGE_VOLUME = "fairlead-package"
WORK_VOLUME = "fairlead-work"
TMP_VOLUME = "fairlead-tmp"
STORE_VOLUME = "fairlead-store"
LINK_VOLUME = "fairlead-link"
TOKEN_VOLUME = "fairlead-token"
AGENT_TMP_VOLUME = "fairlead-agent-tmp"

PACKAGE_PATH = "/fairlead/package"
"""Where the parts of a package are: ``00``, ``01``, ..."""

WORK_PATH = "/fairlead/work"
STORE_PATH = "/fairlead/store"
TMP_PATH = "/tmp"
LINK_PATH = "/fairlead/link"
LINK = f"{LINK_PATH}/socket"
"""Where the agent listens for the container with isolated tasks."""

TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where a token is looked for; an isolated task finds nothing there."""

RESERVED_PATHS = (
    "/fairlead",
    TMP_PATH,
    "/var/run/secrets",
    "/run/secrets",
    "/proc",
    "/sys",
    "/dev",
)
"""Folders on, above or below which nothing else is mounted."""

PACKAGE_KEY = "part"
"""The key under which each ConfigMap of a package holds its part."""

VARIABLE_PREFIX = "FAIRLEAD_"
"""How the variables that tell the agent what it is to do begin."""

OWN_VARIABLES = ("HOME", "PYTHONPATH", "PYTHONHOME")
"""Further variables that a patch may not set: with them it would run other code."""

USER = 65532
"""The user and group id of runners: that of nobody in particular."""

AGENT_USER = 65533
"""The user id of an agent beside isolated tasks: another than theirs."""

AGENT_REQUESTS = {"cpu": "50m", "memory": "64Mi"}
AGENT_LIMITS = {"cpu": "1", "memory": "256Mi"}
"""What an agent beside isolated tasks takes, besides what their machine size says."""

HEALTH_PORT = 8080
HEALTH_PATH = "/healthz"

REPORT_SECONDS = 15
"""What a pod has, beyond its task's grace period, to report how the task ended."""

UNREADY_SECONDS = 30
"""How long a runner stays on a node that is not ready or cannot be reached."""

REUSE = "fairlead.dev/reuse"
"""Annotation of a pod: which tasks may share it, one after the other."""

REUSE_SECONDS = "fairlead.dev/reuse-seconds"
"""Annotation of a pod: how long it waits idle for the next task."""

ISOLATION = "fairlead.dev/isolation"
"""Annotation of a pod: whether the task's code can reach its token."""

SPOT = "fairlead.dev/spot"
"""Label and taint of nodes that may be taken away at any time; see :mod:`.pod`."""
