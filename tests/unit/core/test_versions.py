"""Versions and identifiers: what they look like, and which runner may run which task."""

from __future__ import annotations

import pytest

from fairlead.core import versions
from fairlead.errors import InvalidRequestError


@pytest.mark.parametrize(
    ("text", "major", "minor"),
    [("v0.0", 0, 0), ("v1.0", 1, 0), ("v10.20", 10, 20), ("v1.99999999999", 1, 99999999999)],
)
def test_a_version_is_two_numbers(text: str, major: int, minor: int) -> None:
    assert versions.parse(text) == (major, minor)
    assert str(versions.parse(text)) == text


PARTS_MISSING = ["", "v", "v1", "v1.", "v.1", "1.0", "v1.0.0", "v1,0"]
BAD_NUMBERS = ["v01.0", "v1.00", "v-1.0", "va.b", "v١.0", "V1.0", "v1.0 ", "v1.0\n"]


@pytest.mark.parametrize("text", PARTS_MISSING + BAD_NUMBERS)
def test_anything_else_is_no_version(text: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"is not a version; write v<major>\.<minor>"):
        versions.parse(text)


def test_a_number_is_no_version() -> None:
    with pytest.raises(InvalidRequestError, match="is not a version"):
        versions.parse(1.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("runner", "submitted", "can"),
    [
        ("v1.3", "v1.3", True),
        ("v1.5", "v1.3", True),
        ("v1.2", "v1.3", False),
        ("v2.5", "v1.3", False),
        ("v1.10", "v1.9", True),
        ("v0.0", "v0.0", True),
        ("v0.9", "v1.0", False),
    ],
)
def test_who_may_run_what(runner: str, submitted: str, can: bool) -> None:
    assert versions.compatible(runner, submitted) is can


def test_the_highest_compatible_minor_is_best() -> None:
    offered = ["v1.2", "v1.9", "v1.10", "v2.0", "v0.11"]
    assert versions.best("v1.3", offered) == "v1.10"
    assert versions.best("v2.0", offered) == "v2.0"
    assert versions.best("v3.0", offered) is None
    assert versions.best("v1.0", []) is None


def test_what_would_do_is_said_in_words() -> None:
    assert versions.wanted("v1.3") == "v1.3 or a later v1.x"


@pytest.mark.parametrize("identifier", ["T", "example.com/flow/MyTask", "ä" * 128, "x" * 256])
def test_an_identifier_is_a_text_of_at_most_256_bytes(identifier: str) -> None:
    assert versions.check_identifier(identifier) == identifier


@pytest.mark.parametrize("identifier", ["", "x" * 257, "ä" * 129, "\ud800", None, 5])
def test_anything_else_is_no_identifier(identifier: object) -> None:
    with pytest.raises(InvalidRequestError, match="identifier"):
        versions.check_identifier(identifier)  # type: ignore[arg-type]
