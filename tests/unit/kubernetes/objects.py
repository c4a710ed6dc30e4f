"""Objects as the API server gives them, for tests of what reads them."""

from __future__ import annotations

from typing import Any

from fairlead.api import labels

CREATED = "2026-03-01T10:00:00Z"
JOB_UID = "aaaaaaaa-0000-0000-0000-000000000000"


def an_id(letter: str) -> str:
    """Return an id made of one letter."""
    return letter * 25


def a_job(**changes: Any) -> dict[str, Any]:
    """Return a Job; ``status`` and anything of the spec can be given."""
    status = changes.pop("status", {"state": "Running", "run": 1})
    spec = {"id": an_id("j"), "title": "a job", "run": 1, "desired": "Running", **changes}
    metadata = {
        "name": "a-job",
        "uid": JOB_UID,
        "creationTimestamp": CREATED,
        "generation": 1,
        "resourceVersion": "1",
    }
    return {"metadata": metadata, "spec": spec, "status": status}


def a_task(key: str = "0", parent: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Return a Task; ``status`` and anything of the spec can be given."""
    status = {"state": "Queued", **changes.pop("status", {})}
    attempt = changes.pop("parent_attempt", 1)
    run = changes.get("run", 1)
    above = "" if parent is None else f"{parent['metadata']['uid']}."
    uid = changes.pop("uid", f"{above}{key}@{run}")
    spec: dict[str, Any] = {
        "jobName": "a-job",
        "jobUID": JOB_UID,
        "run": run,
        "key": key,
        "id": an_id("t"),
        "identifier": "Step",
        "version": "v0.0",
        **changes,
    }
    siblings = labels.parent_attempt(JOB_UID, 0)
    if parent is not None:
        name, above_uid = parent["metadata"]["name"], parent["metadata"]["uid"]
        spec["parent"] = {"name": name, "uid": above_uid, "attempt": attempt}
        spec["depth"] = (parent["spec"].get("depth") or 0) + 1
        siblings = labels.parent_attempt(above_uid, attempt)
    return {
        "metadata": {
            "name": f"a-job-{uid.replace('@', '-')}",
            "uid": uid,
            "creationTimestamp": CREATED,
            "labels": {labels.PARENT_ATTEMPT: siblings, labels.KEY: key, labels.ID: spec["id"]},
        },
        "spec": spec,
        "status": status,
    }


def ended(state: str = "Completed", attempt: int = 1, **more: Any) -> dict[str, Any]:
    """Return the status of a Task whose attempt ended well."""
    outcome = {
        "kind": "Succeeded",
        "attempt": attempt,
        "podUID": "p",
        "time": "2026-03-01T10:00:05.500000Z",
        "version": "v0.1",
    }
    started = {"startTime": "2026-03-01T10:00:03.250000Z", "podName": "a-pod"}
    return {"state": state, "attempt": attempt, "outcome": outcome, **started, **more}


def failed(state: str = "Failed", attempt: int = 1, **outcome: Any) -> dict[str, Any]:
    """Return the status of a Task whose attempt raised."""
    told = {
        "kind": "Error",
        "attempt": attempt,
        "podUID": "p",
        "time": "2026-03-01T10:00:05Z",
        "type": "ValueError",
        "module": "builtins",
        "message": "no tiles",
        "arguments": '["no tiles"]',
        "traceback": "Traceback ...",
        **outcome,
    }
    return {
        "state": state,
        "attempt": attempt,
        "outcome": told,
        "startTime": "2026-03-01T10:00:03Z",
        "endTime": "2026-03-01T10:00:06Z",
    }
