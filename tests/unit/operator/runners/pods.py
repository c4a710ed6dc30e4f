"""Pods as the API server has them, made from what differs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fairlead_operator.runners.pod_record import PodRecord, parse_pod

Object = dict[str, Any]

NOW = 1_800_000_000.0
"""When the tests are."""


def at(seconds: float) -> str:
    """Return the time some seconds from NOW, as the API server writes it."""
    return datetime.fromtimestamp(NOW + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def condition(type_: str, status: str = "True", reason: str = "", message: str = "") -> Object:
    return {
        "type": type_,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": at(-9),
    }


SCHEDULED = condition("PodScheduled")
PREPARED = condition("PodReadyToStartContainers")
EVICTED = condition("DisruptionTarget", "True", "EvictionByEvictionAPI", "Eviction API: evicting")


def waiting(reason: str, message: str = "") -> Object:
    return {"waiting": {"reason": reason, "message": message}}


RUNNING: Object = {"running": {"startedAt": at(-8)}}


def terminated(code: int, reason: str = "Error", message: str = "", started: str = "") -> Object:
    return {
        "terminated": {
            "exitCode": code,
            "reason": reason,
            "message": message,
            "startedAt": started or at(-8),
            "finishedAt": at(-1),
        }
    }


def raw_pod(
    phase: str = "Pending",
    state: Object | None = None,
    *conditions: Object,
    deletion: float | None = None,
    created: float = -10,
    node: str = "node1",
    labels: Object | None = None,
    annotations: Object | None = None,
    name: str = "nightly-fetch-a1",
    **status: Any,
) -> Object:
    metadata: Object = {
        "name": name,
        "namespace": "here",
        "uid": f"uid-{name}",
        "creationTimestamp": at(created),
        "labels": labels or {},
        "annotations": annotations or {},
    }
    if deletion is not None:
        metadata["deletionTimestamp"] = at(deletion)
    made: Object = {"phase": phase, "conditions": list(conditions), **status}
    if state is not None:
        made["containerStatuses"] = [{"name": "runner", "state": state}]
    image = "registry.example/acme:1"
    return {
        "metadata": metadata,
        "spec": {"nodeName": node, "containers": [{"name": "runner", "image": image}]},
        "status": made,
    }


def pod(*args: Any, gone: bool = False, **more: Any) -> PodRecord:
    return parse_pod(raw_pod(*args, **more), gone=gone)
