"""Kinds, errors and back-off: what the client decides without a server."""

from __future__ import annotations

import json
import random

import pytest

from fairlead.api import crds, meta
from fairlead_operator.kube import kinds
from fairlead_operator.kube.backoff import Backoff
from fairlead_operator.kube.errors import (
    AlreadyExistsError,
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidError,
    KubeError,
    NotFoundError,
    QuotaError,
    TooManyRequestsError,
    UnauthorizedError,
    UnavailableError,
    from_answer,
    from_status,
)
from fairlead_operator.kube.kinds import JOBS, PODS, SIZES, TASKS, Kind
from fairlead_operator.kube.request import Request, query
from fairlead_operator.manifests.rbac import NAMESPACED


def test_our_kinds_are_as_their_definitions() -> None:
    defined = {
        Kind(meta.GROUP, meta.VERSION, item.plural, item.name, item.scope == "Namespaced")
        for item in crds.KINDS
    }
    assert set(kinds.OWN_KINDS) == defined
    assert {kind.plural for kind in kinds.OWN_KINDS if kind.namespaced} == set(NAMESPACED)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (TASKS.path("here", "one", "status"), "namespaces/here/tasks/one/status"),
        (TASKS.path("here"), "namespaces/here/tasks"),
        (JOBS.path(), "jobs"),
        (SIZES.path("here", "small"), "machinesizes/small"),
    ],
)
def test_addresses_of_our_kinds(path: str, expected: str) -> None:
    assert path == f"/apis/fairlead.dev/v1beta1/{expected}"


def test_addresses_of_the_core_group() -> None:
    assert PODS.path("here", "one") == "/api/v1/namespaces/here/pods/one"
    assert (PODS.resource, TASKS.resource) == ("pods", "tasks.fairlead.dev")


def status(code: int, reason: str = "", message: str = "") -> bytes:
    return json.dumps({"code": code, "reason": reason, "message": message}).encode()


@pytest.mark.parametrize(
    ("code", "reason", "message", "expected"),
    [
        (401, "Unauthorized", "", UnauthorizedError),
        (403, "Forbidden", "pods is forbidden", ForbiddenError),
        (403, "Forbidden", "pods is forbidden: exceeded quota: small, requested", QuotaError),
        (404, "NotFound", "", NotFoundError),
        (409, "AlreadyExists", "", AlreadyExistsError),
        (409, "Conflict", "", ConflictError),
        (410, "Expired", "", GoneError),
        (422, "Invalid", "", InvalidError),
        (429, "TooManyRequests", "", TooManyRequestsError),
        (500, "InternalError", "", UnavailableError),
        (503, "", "", UnavailableError),
        (504, "Timeout", "", UnavailableError),
        (418, "", "", KubeError),
    ],
)
def test_each_refusal_has_its_class(
    code: int, reason: str, message: str, expected: type[KubeError]
) -> None:
    error = from_answer(code, status(code, reason, message))
    assert type(error) is expected
    assert (error.status, error.reason, error.message) == (code, reason, message)
    told = {"code": code, "reason": reason, "message": message}
    assert type(from_status(told)) is expected


@pytest.mark.parametrize("body", [b"", b"upstream is down", b"[1]", b"\xff\xfe"])
def test_an_answer_may_be_anything(body: bytes) -> None:
    error = from_answer(502, body, "soon")
    assert isinstance(error, UnavailableError)
    assert error.retry_after is None


@pytest.mark.parametrize(
    ("header", "seconds"), [("3", 3.0), ("0", 0.0), ("-1", 0.0), (None, None), ("", None)]
)
def test_the_server_says_when_to_come_again(header: str | None, seconds: float | None) -> None:
    assert from_answer(429, b"", header).retry_after == seconds


def test_pauses_double_up_to_the_most() -> None:
    backoff = Backoff(first=0.1, most=3.0, draw=random.Random(1))
    for failures, longest in ((1, 0.1), (2, 0.2), (5, 1.6), (6, 3.0), (10_000, 3.0)):
        pauses = [backoff.pause(failures) for _ in range(200)]
        assert longest / 2 <= min(pauses)
        assert max(pauses) <= longest
        assert max(pauses) - min(pauses) > longest / 4


def test_the_server_is_not_asked_before_it_wants_to_be() -> None:
    backoff = Backoff(first=0.1, most=3.0, draw=random.Random(1))
    assert all(2.0 <= backoff.pause(1, 2.0) <= 2.1 for _ in range(50))
    # Nor is anything put off for a day because one answer says so.
    assert backoff.pause(1, 86_400.0) <= 6.1


def test_only_what_does_no_harm_twice_is_repeated() -> None:
    verbs = ("get", "list", "watch", "create", "patch", "delete", "deletecollection")
    requests = [Request(verb, "tasks", "/") for verb in verbs]
    assert [request.verb for request in requests if not request.repeatable] == ["create"]
    assert [request.verb for request in requests if not request.writes] == ["get", "list", "watch"]


def test_queries_leave_out_what_is_empty() -> None:
    found = query(labelSelector="", limit=500, resourceVersion=None, timeoutSeconds=0)
    assert found == {"limit": "500", "timeoutSeconds": "0"}
