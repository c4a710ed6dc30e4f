"""What is kept of a Release: where its code is, and which tasks are in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead_operator.jobs.conditions import find
from fairlead_operator.runners.seen import UNREADABLE, name_of, unreadable

MAX_TASK_LIST_BYTES = 96 * 1024
"""The most bytes of a Release's list of tasks that a pod can be told: Linux takes no variable
of more than 128 KiB."""


READY = "Ready"
"""The condition of releases, sizes and groups."""

CANNOT = "It cannot be used: "
"""How the message of that condition begins where there are faults."""


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and when a task is tried again where it does not say."""

    limit: int = 0
    backoff_seconds: float = 1.0
    max_backoff_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Definition:
    """One task definition.

    Attributes
    ----------
    scope
        ``Release`` where only tasks submitted from this Release mean it, else ``Global``.
    machine_size, retry, timeout_seconds, max_parallel
        What holds for tasks that say nothing themselves; None where this says nothing either.
    """

    identifier: str
    version: str
    entry_point: str
    scope: str = "Global"
    machine_size: str | None = None
    retry: Retry | None = None
    timeout_seconds: float | None = None
    max_parallel: int | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """Code in ConfigMaps, which hold its parts in order."""

    config_maps: tuple[str, ...]
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Archive:
    """Code in the object store."""

    key: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Published:
    """One Release.

    Attributes
    ----------
    image
        None where the installation's runner image runs it.
    own_faults, found_faults
        What is wrong with it by itself, and with what it refers to.
    checked
        Whether somebody has looked for faults.
    status
        Its status as it was seen last.
    """

    namespace: str
    name: str
    uid: str
    created: str = ""
    generation: int = 1
    development: bool = False
    image: str | None = None
    image_pull_policy: str | None = None
    package: Package | None = None
    archive: Archive | None = None
    tasks: tuple[Definition, ...] = field(default=(), repr=False)
    own_faults: tuple[str, ...] = ()
    found_faults: tuple[str, ...] = ()
    checked: bool = False
    status: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def key(self) -> tuple[str, str]:
        """Its namespace and name."""
        return self.namespace, self.name

    @property
    def faults(self) -> tuple[str, ...]:
        """Why it cannot be used; empty while nothing is known against it."""
        return self.own_faults + self.found_faults

    @property
    def rank(self) -> tuple[str, str]:
        """Orders Releases by age, those of the same second by name."""
        return self.created, self.name


def parse_release(raw: dict[str, Any]) -> Published:
    """Return what is kept of a Release; one that cannot be read is there, with a fault."""
    metadata = raw["metadata"]
    namespace, name = name_of(raw)
    status = raw.get("status") or {}
    ready = find(status.get("conditions") or (), READY) or {}
    known: dict[str, Any] = {
        "namespace": namespace,
        "name": name,
        "uid": metadata.get("uid") or "",
        "created": metadata.get("creationTimestamp") or "",
        "generation": metadata.get("generation") or 1,
        "found_faults": _told(ready),
        "checked": bool(ready),
        "status": status,
    }
    try:
        return Published(**known, **_spec(raw["spec"]))
    except UNREADABLE as error:
        return Published(**known, own_faults=(unreadable(error),))


def _told(ready: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what was found wrong with it before this operator was started."""
    if ready.get("status") != "False":
        return ()
    return (str(ready.get("message") or "").removeprefix(CANNOT).removesuffix("."),)


def _spec(spec: dict[str, Any]) -> dict[str, Any]:
    package, archive = spec.get("package"), spec.get("archive")
    tasks = tuple(_definition(task) for task in spec["tasks"])
    return {
        "development": spec.get("stage") == "Development",
        "image": spec.get("image"),
        "image_pull_policy": spec.get("imagePullPolicy"),
        "package": package
        and Package(tuple(package["configMaps"]), package["sha256"], package["size"]),
        "archive": archive and Archive(archive["key"], archive["sha256"], archive["size"]),
        "tasks": tasks,
        "own_faults": _too_long(tasks),
    }


def _definition(raw: dict[str, Any]) -> Definition:
    retry = raw.get("retry")
    return Definition(
        identifier=raw["identifier"],
        version=raw["version"],
        entry_point=raw["entryPoint"],
        scope=raw.get("scope") or "Global",
        machine_size=raw.get("machineSize"),
        retry=None if retry is None else _retry(retry),
        timeout_seconds=raw.get("timeoutSeconds"),
        max_parallel=raw.get("maxParallel"),
    )


def _retry(raw: dict[str, Any]) -> Retry:
    usual = Retry()
    return Retry(
        raw.get("limit", usual.limit),
        raw.get("backoffSeconds", usual.backoff_seconds),
        raw.get("maxBackoffSeconds", usual.max_backoff_seconds),
    )


def _too_long(tasks: tuple[Definition, ...]) -> tuple[str, ...]:
    size = sum(len(str(entry).encode()) for entry in task_list(tasks))
    if size <= MAX_TASK_LIST_BYTES:
        return ()
    return (
        f"its list of tasks takes {size} bytes, more than the {MAX_TASK_LIST_BYTES} that a runner"
        " can be told; publish fewer tasks, or shorter identifiers, in one Release",
    )


def task_list(tasks: Iterable[Definition]) -> list[dict[str, str]]:
    """Return the definitions as a runner is told them."""
    return [
        {
            "identifier": task.identifier,
            "version": task.version,
            "entryPoint": task.entry_point,
            "scope": task.scope,
        }
        for task in tasks
    ]
