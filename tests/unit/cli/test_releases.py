"""What is decided about Releases without asking a cluster: what follows, what may go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fairlead.cli.releases.prunable import prunable
from fairlead.cli.releases.records import newest_first, release_record
from fairlead.cli.releases.succession import Successor, successors


def release(
    name: str, *tasks: str, stage: str = "Published", day: int = 1, program: str = "flow"
) -> dict[str, Any]:
    """Return a Release whose tasks are given as ``identifier version [scope]``."""
    return {
        "metadata": {"name": name, "creationTimestamp": f"2026-01-{day:02}T00:00:00Z"},
        "spec": {
            "stage": stage,
            "program": program,
            "tasks": [_task(*text.split()) for text in tasks],
        },
    }


def _task(identifier: str, version: str, scope: str = "Global") -> dict[str, str]:
    return {
        "identifier": identifier, "version": version, "scope": scope, "entryPoint": "flow:Root"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], (None, None)),
        ([release("a", "Root v1.0")], ("a", "v1.0")),
        ([release("a", "Root v1.0"), release("b", "Root v1.1")], ("b", "v1.1")),
        ([release("a", "Root v1.1", day=2), release("b", "Root v1.1")], ("a", "v1.1")),
        ([release("a", "Root v1.9"), release("b", "Root v1.10")], ("b", "v1.10")),
        ([release("a", "Root v2.0"), release("b", "Other v1.2")], (None, None)),
        ([release("a", "Root v1.2 Release")], (None, None)),
        ([release("a", "Root v1.2", stage="Development")], (None, None)),
    ],
)
def test_what_follows_is_what_the_operator_would_choose(
    others: list[dict[str, Any]], expected: tuple[str | None, str | None]
) -> None:
    goes = release("goes", "Root v1.2", "Hidden v0.0 Release", day=9)
    assert successors(goes, [goes, *others]) == [Successor("Root", "v1.2", *expected)]


def test_only_old_development_releases_that_nobody_needs_may_go() -> None:
    found = [
        release("published", stage="Published", day=1),
        release("first", stage="Development", day=1),
        release("needed", stage="Development", day=2),
        release("young", stage="Development", day=8),
        release("newest", stage="Development", day=9),
        release("others-newest", stage="Development", day=1, program="other"),
    ]
    gone = prunable(found, {"needed"}, datetime(2026, 1, 7, tzinfo=UTC))
    assert [one["metadata"]["name"] for one in gone] == ["first"]


def test_of_one_second_the_name_decides_which_is_newer() -> None:
    found = [release("b"), release("c"), release("a", day=2)]
    assert [one["metadata"]["name"] for one in newest_first(found)] == ["a", "c", "b"]


@pytest.mark.parametrize(
    ("spec", "held"),
    [
        ({"package": {"configMaps": ["x"], "sha256": "0", "size": 3}}, "in the cluster"),
        ({"archive": {"key": "x", "sha256": "0", "size": 3}}, "in the object store"),
        ({"image": "registry/flow:1"}, "in the image"),
    ],
)
def test_a_record_says_where_the_code_is(spec: dict[str, Any], held: str) -> None:
    found = release("a", "Root v1.0")
    found["spec"] |= spec
    assert release_record(found)["held"] == held


def test_a_record_says_why_a_release_cannot_be_used() -> None:
    broken = {"type": "Ready", "status": "False", "reason": "Missing", "message": "no ConfigMap x"}
    found = release("a", "Root v1.0") | {"status": {"conditions": [broken]}}
    record = release_record(found)
    assert (record["ready"], record["reason"]) == (False, "no ConfigMap x")
    assert release_record(release("a"))["ready"] is None
