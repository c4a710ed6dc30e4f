"""Assignments as the operator makes them."""

from __future__ import annotations

from typing import Any

from fairlead.runner.pod.assignment import Assignment

SPEC = {
    "jobName": "nightly",
    "jobUID": "job-uid",
    "run": 2,
    "key": "fetch",
    "id": "i" * 25,
    "identifier": "acme.example/Fetch",
    "version": "v1.0",
}


def made(**spec: Any) -> Assignment:
    return Assignment("nightly-fetch", "task-uid", 3, {**SPEC, **spec}, False, None, "7")
