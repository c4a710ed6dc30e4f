"""What a runner's pod has inside: names, folders and numbers that pods and patches share."""

from __future__ import annotations

CONTAINER = "runner"
"""The container in which tasks run."""

OWN_PREFIX = "fairlead-"
"""How the names of our own volumes begin."""

PACKAGE_VOLUME = "fairlead-package"
WORK_VOLUME = "fairlead-work"
TMP_VOLUME = "fairlead-tmp"
STORE_VOLUME = "fairlead-store"

PACKAGE_PATH = "/fairlead/package"
"""Where the parts of a package are: ``00``, ``01``, ..."""

WORK_PATH = "/fairlead/work"
STORE_PATH = "/fairlead/store"
TMP_PATH = "/tmp"

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
