"""Releases as plain values, as JSON and YAML show them."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def release_record(release: Object) -> Object:
    """Return a Release as plain values."""
    spec, metadata = release["spec"], release["metadata"]
    code = spec.get("package") or spec.get("archive") or {}
    ready = condition(release, "Ready")
    return {
        "name": metadata["name"],
        "namespace": metadata.get("namespace"),
        "stage": spec.get("stage", "Published"),
        "program": spec.get("program"),
        "description": spec.get("description"),
        "source": spec.get("source"),
        "created": metadata.get("creationTimestamp"),
        "image": spec.get("image"),
        "sha256": code.get("sha256"),
        "size": code.get("size"),
        "held": held(spec),
        "ready": None if ready is None else ready["status"] == "True",
        "reason": None if ready is None else ready.get("message") or ready.get("reason"),
        "tasks": [_task_record(task) for task in spec["tasks"]],
    }


def _task_record(task: Object) -> Object:
    retry = task.get("retry") or {}
    return {
        "identifier": task["identifier"],
        "version": task["version"],
        "entry_point": task["entryPoint"],
        "scope": task.get("scope", "Global"),
        "machine_size": task.get("machineSize"),
        "max_retries": retry.get("limit", 0),
        "timeout": task.get("timeoutSeconds"),
        "max_parallel": task.get("maxParallel"),
    }


def held(spec: Object) -> str:
    """Return where the code is, in words."""
    if spec.get("package"):
        return "in the cluster"
    return "in the object store" if spec.get("archive") else "in the image"


def condition(release: Object, kind: str) -> Object | None:
    """Return what was found about one aspect of a Release, or None."""
    found = (release.get("status") or {}).get("conditions") or []
    return next((one for one in found if one["type"] == kind), None)


def newest_first(releases: list[Object]) -> list[Object]:
    """Return Releases in the order in which they were published, the newest first."""
    return sorted(releases, key=age, reverse=True)


def age(release: Object) -> tuple[str, str]:
    """Return what orders Releases by age; names decide between those of one second."""
    metadata = release["metadata"]
    return metadata.get("creationTimestamp", ""), metadata["name"]
