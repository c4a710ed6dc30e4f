"""Every environment variable that Fairlead reads: one table, one accessor for each.

``docs/reference/configuration.md`` is generated from the table.  Each accessor reads
the environment when it is called, so that a program may set a variable after it has
imported Fairlead, and raises :class:`fairlead.errors.InvalidRequestError` for a value
that cannot be meant.
"""

from __future__ import annotations

import os
import sys
from typing import Literal, NamedTuple, cast, get_args

from fairlead.errors import InvalidRequestError


class Setting(NamedTuple):
    """One environment variable.

    Attributes
    ----------
    name
        The variable's name.
    default
        What holds where it is unset or empty, in words for the reference.
    meaning
        What it does, in one or two sentences, with its unit.
    """

    name: str
    default: str
    meaning: str


HOME = Setting(
    "FAIRLEAD_HOME",
    "the user's data folder (`~/.local/share/fairlead` on Linux)",
    "The folder of the local store. `:memory:` (or `memory`) keeps the store in the process: "
    "nothing is written to disk, and nothing outlives the program.",
)
BACKEND = Setting(
    "FAIRLEAD_BACKEND",
    "`local`",
    "Where jobs run: `local` or `kubernetes` (`remote` means `kubernetes`). "
    '`Client(backend="...")` takes precedence.',
)
WORKERS = Setting(
    "FAIRLEAD_WORKERS",
    "`threads`, as many as the backend chooses",
    "What runs tasks locally: `threads:N` for N threads of this process, or `processes:N` "
    "for N worker processes.",
)
GRACE = Setting(
    "FAIRLEAD_GRACE",
    "`10`",
    "How many seconds a running task that was asked to stop has to return, before it is killed "
    "(in a worker process) or abandoned (in a thread).",
)
WORKER_MEMORY = Setting(
    "FAIRLEAD_WORKER_MEMORY",
    "no bound",
    "How much memory a task in a worker process may take beyond what the imported program "
    "takes: a number of bytes, or one with the unit `Ki`, `Mi` or `Gi`. A task that wants more "
    "fails as out of memory, by itself.",
)
MAX_DEPTH = Setting(
    "FAIRLEAD_MAX_DEPTH",
    "`500`",
    "How deep subtasks may nest below a job's top level. A task that submits deeper ones fails.",
)
MAX_TASKS = Setting(
    "FAIRLEAD_MAX_TASKS",
    "`50000`",
    "How many tasks one job may hold. A task that submits more fails.",
)
CONTEXT = Setting(
    "FAIRLEAD_CONTEXT",
    "the kubeconfig's current context",
    "The context of the kubeconfig that names the cluster and the user.",
)
NAMESPACE = Setting(
    "FAIRLEAD_NAMESPACE",
    "that of the kubeconfig's context, or of the pod",
    "The namespace of the cluster in which jobs are kept and run.",
)
STORE = Setting(
    "FAIRLEAD_STORE",
    "none",
    "The URL of the object store of a cluster's installation, as this process reaches it: "
    "`s3://bucket/prefix`, `gs://...`, `az://...` or `file:///folder`. Large inputs and results, "
    "logs, files and the job cache are kept there.",
)
RELEASE = Setting(
    "FAIRLEAD_RELEASE",
    "the program's own code, published as a release for development",
    "The Release of the cluster that runs the tasks of submitted jobs.",
)
REUSE = Setting(
    "FAIRLEAD_REUSE",
    "`WithinJob`",
    "Which tasks of a job that is submitted to a cluster may share a runner, one after the other: "
    "`Never`, `WithinJob`, or `AcrossJobs` for those of other jobs as well.",
)
ISOLATION = Setting(
    "FAIRLEAD_ISOLATION",
    "`Shared`",
    "Whether the code of tasks of a job that is submitted to a cluster runs beside the token of "
    "its runner: `Shared`, or `Sidecar` for a container of its own, without any token.",
)
SESSION = Setting(
    "FAIRLEAD_SESSION_SECONDS",
    "`60`",
    "How long the program of a session on a cluster may show no sign of life. A session that is "
    "silent for twice as long, because its program was killed or lost the cluster, is closed and "
    "cancelled. `0` keeps it open until somebody cancels it.",
)

SETTINGS: tuple[Setting, ...] = (
    HOME,
    BACKEND,
    CONTEXT,
    NAMESPACE,
    STORE,
    RELEASE,
    REUSE,
    ISOLATION,
    SESSION,
    WORKERS,
    WORKER_MEMORY,
    GRACE,
    MAX_DEPTH,
    MAX_TASKS,
)
"""Every setting, in the order in which the reference shows them."""

MEMORY = ":memory:"
"""What :func:`home` returns for a store that is kept in the process."""

WorkerKind = Literal["threads", "processes"]
Reuse = Literal["Never", "WithinJob", "AcrossJobs"]
Isolation = Literal["Shared", "Sidecar"]


class Workers(NamedTuple):
    """What runs tasks locally; ``number`` is None where the backend may choose."""

    kind: WorkerKind
    number: int | None


def home() -> str:
    """Return the local store's folder as an absolute path, or :data:`MEMORY`.

    The folder need not exist yet.
    """
    value = _read(HOME)
    if value in (MEMORY, "memory"):
        return MEMORY
    return os.path.abspath(os.path.expanduser(value or _user_data_folder()))


def backend() -> str:
    """Return the name of the backend that a client uses unless it is told another."""
    value = _read(BACKEND).lower() or "local"
    return "kubernetes" if value == "remote" else value


def context() -> str | None:
    """Return the kubeconfig's context to use; None for its current one."""
    return _read(CONTEXT) or None


def namespace() -> str | None:
    """Return the cluster's namespace to work in; None where the kubeconfig decides."""
    return _read(NAMESPACE) or None


def cluster() -> str:
    """Return a text that is the same as long as the settings name the same cluster and store."""
    named = (os.environ.get("KUBECONFIG", ""), context(), namespace(), store())
    return "|".join(part or "" for part in named)


def store() -> str | None:
    """Return the URL of the cluster's object store; None where there is none."""
    return _read(STORE) or None


def release() -> str | None:
    """Return the Release that runs submitted tasks; None for the program's own code."""
    return _read(RELEASE) or None


def reuse() -> Reuse:
    """Return which tasks may share a runner of a cluster."""
    value = _read(REUSE)
    for known in get_args(Reuse):
        if value.lower() == known.lower():
            return cast(Reuse, known)
    if value:
        raise _unfit(REUSE, value, "Never, WithinJob or AcrossJobs")
    return "WithinJob"


def isolation() -> Isolation:
    """Return whether tasks on a cluster are kept from their runner's token."""
    value = _read(ISOLATION)
    for known in get_args(Isolation):
        if value.lower() == known.lower():
            return cast(Isolation, known)
    if value:
        raise _unfit(ISOLATION, value, "Shared or Sidecar")
    return "Shared"


def workers() -> Workers:
    """Return what runs tasks locally."""
    value = _read(WORKERS).lower() or "threads"
    kind, colon, count = value.partition(":")
    if kind == "threads":
        return Workers("threads", _positive(WORKERS, count, value) if colon else None)
    if kind == "processes":
        return Workers("processes", _positive(WORKERS, count, value) if colon else None)
    raise _unfit(WORKERS, value, "threads, threads:N or processes:N")


def grace() -> float:
    """Return how many seconds a task that was asked to stop has to return."""
    value = _read(GRACE)
    if not value:
        return 10.0
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise _unfit(GRACE, value, "a number of seconds from 0 up")
    return seconds


def session_seconds() -> int:
    """Return after how many seconds a session's program counts as silent; 0: it never does."""
    value = _read(SESSION)
    if not value:
        return 60
    if not (value.isascii() and value.isdigit() and len(value) <= 6):
        raise _unfit(SESSION, value, "a whole number of seconds, or 0")
    return int(value)


_UNITS = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def worker_memory() -> int | None:
    """Return how many bytes a task in a worker process may take; None for any number."""
    value = _read(WORKER_MEMORY)
    if not value:
        return None
    digits = value.rstrip("KMGi")
    unit = value[len(digits) :]
    if unit not in _UNITS or not (digits.isascii() and digits.isdigit() and int(digits)):
        raise _unfit(WORKER_MEMORY, value, "a number of bytes such as 500000000 or 512Mi")
    return int(digits) * _UNITS[unit]


def max_depth() -> int:
    """Return how many levels of subtasks a job may have below its top level."""
    value = _read(MAX_DEPTH)
    return _positive(MAX_DEPTH, value) if value else 500


def max_tasks() -> int:
    """Return how many tasks one job may hold."""
    value = _read(MAX_TASKS)
    return _positive(MAX_TASKS, value) if value else 50_000


def check() -> None:
    """Raise for a variable with an unfit value: early, and not where it is first needed."""
    workers()
    grace()
    worker_memory()
    reuse()
    isolation()
    session_seconds()
    max_depth()
    max_tasks()


def _read(setting: Setting) -> str:
    return os.environ.get(setting.name, "").strip()


def _positive(setting: Setting, text: str, value: str | None = None) -> int:
    """Return a whole number above 0, which may be a part of the variable's value."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        wanted = "a whole number from 1 up"
        raise _unfit(
            setting, value or text, wanted if value is None else f"{wanted} after the colon"
        )
    return int(text)


def _unfit(setting: Setting, value: str, wanted: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"The environment variable {setting.name} is {value!r}, but it takes {wanted}. "
        f"Change it, or unset it for the default."
    )


def _user_data_folder() -> str:
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~/AppData/Local")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Application Support")
    else:
        base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.path.join(base, "fairlead")
