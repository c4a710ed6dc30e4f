"""A client in a pod says of what it makes that this pod made it: its token knows the pod."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from fairlead.backends.kubernetes.connection import pod_of


def token(claims: Any) -> str:
    """A token with these claims, as the API server writes it: without padding."""
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"header.{body}.signature"


def test_a_bound_token_names_its_pod() -> None:
    claims = {"kubernetes.io": {"pod": {"name": "runner", "uid": "3f2a-é"}, "namespace": "n"}}
    assert pod_of(token(claims)) == "3f2a-é"


@pytest.mark.parametrize(
    "other",
    [
        "",
        "secret",
        "a.b.c",
        "a.!!.c",
        token({"sub": "somebody"}),
        token([]),
        token({"kubernetes.io": None}),
    ],
)
def test_any_other_token_names_none(other: str) -> None:
    assert pod_of(other) is None
