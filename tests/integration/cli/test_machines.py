"""``fairlead machines``: groups are started, listed and terminated."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Read = Callable[..., Any]


def test_a_group_is_started_and_terminated(fairlead: Run, read: Read) -> None:
    started = read("machines", "start", "small", "--min", "1", "--max", "3")
    (group,) = read("machines", "list")
    assert group["name"] == started["name"]
    assert started["name"].startswith("small-")
    assert (group["size"], group["minimum"], group["maximum"]) == ("small", 1, 3)
    assert group["state"] == "STARTED"
    ended = fairlead("machines", "terminate", started["name"])
    assert ended.stdout == f"terminated {started['name']}\n"
    assert read("machines", "list")[0]["state"] == "TERMINATED"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("start", "small", "--name", "mine"), "there is a machine group 'mine' already"),
        (("start", "small", "--min", "3", "--max", "2"), "--min 3 is above --max 2"),
        (("start", "Small Ones"), "cannot be the name of a group or size"),
        (("start", "small", "--name", "Mine!"), "cannot be the name of a group or size"),
        (("terminate", "mine", "absent"), "no machine group is called 'absent'"),
    ],
)
def test_what_cannot_be_meant_changes_nothing(
    fairlead: Run, read: Read, words: tuple[str, ...], message: str
) -> None:
    read("machines", "start", "small", "--name", "mine")
    before = read("machines", "list")
    ended = fairlead("machines", *words)
    assert ended.returncode in (2, 3)
    assert message in ended.stderr
    assert read("machines", "list") == before
