"""What the operator tells a pod, and what is assumed where it says nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fairlead.errors import InvalidRequestError
from fairlead.runner.pod.settings import ListedTask, from_environment


def told(order: dict[str, Any], **more: str) -> dict[str, str]:
    return {
        "FAIRLEAD_POD_NAME": "pod",
        "FAIRLEAD_POD_UID": "uid",
        "FAIRLEAD_NAMESPACE": "team",
        "KUBERNETES_SERVICE_HOST": "api.svc",
        "KUBERNETES_SERVICE_PORT": "6443",
        "FAIRLEAD_RUNNER": json.dumps(order),
        **more,
    }


def test_a_pod_is_told_everything_it_needs() -> None:
    listed = {"identifier": "A", "version": "v1.0", "entryPoint": "flow:A", "scope": "Release"}
    settings = from_environment(
        told(
            {
                "task": "t",
                "attempt": 2,
                "job": {"name": "j", "uid": "u"},
                "size": "small",
                "memoryBytes": 100,
                "reuse": "WithinJob",
                "reuseSeconds": 7,
                "graceSeconds": 5,
                "loadSeconds": 900,
                "release": {
                    "name": "r",
                    "sha256": "s",
                    "size": 9,
                    "package": True,
                    "archive": None,
                    "tasks": [listed, {**listed, "timeoutSeconds": 3}],
                },
            },
            FAIRLEAD_STORE="s3://bucket",
        )
    )
    assert (settings.task, settings.attempt, settings.memory) == ("t", 2, 100)
    assert (settings.reuse, settings.reuse_seconds, settings.grace) == (True, 7.0, 5.0)
    assert settings.load_seconds == 900.0
    assert settings.store == "s3://bucket"
    assert settings.release.tasks == (
        ListedTask("A", "v1.0", "flow:A"),
        ListedTask("A", "v1.0", "flow:A", 3.0),
    )
    assert settings.api.server == "https://api.svc:6443"
    assert settings.api.token_file.startswith("/var/run/secrets/")
    assert (settings.work, settings.tmp, settings.health_port) == ("/fairlead/work", "/tmp", 8080)


def test_what_is_not_said_is_assumed() -> None:
    settings = from_environment(told({"release": {"name": "r"}}, FAIRLEAD_STORE=""))
    assert (settings.task, settings.reuse, settings.reuse_seconds) == (None, False, 10.0)
    assert (settings.memory, settings.store, settings.grace) == (None, None, 30.0)
    assert settings.load_seconds == 300.0


def test_null_seconds_are_for_ever_and_no_grace_is_none() -> None:
    order = {"release": {"name": "r"}, "reuseSeconds": None, "graceSeconds": 0}
    settings = from_environment(told(order))
    assert settings.reuse_seconds is None
    assert settings.grace == 0.0


def test_an_address_of_version_6_is_bracketed() -> None:
    variables = told({"release": {"name": "r"}}, KUBERNETES_SERVICE_HOST="fd00::1")
    assert from_environment(variables).api.server == "https://[fd00::1]:6443"


@pytest.mark.parametrize("missing", ["FAIRLEAD_RUNNER", "FAIRLEAD_POD_UID", "FAIRLEAD_NAMESPACE"])
def test_outside_a_pod_it_says_what_is_missing(missing: str) -> None:
    variables = told({"release": {"name": "r"}})
    del variables[missing]
    with pytest.raises(InvalidRequestError, match=f"{missing} is not set"):
        from_environment(variables)
