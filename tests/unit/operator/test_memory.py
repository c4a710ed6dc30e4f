"""The limit on memory is found in control groups of either version."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead_operator.memory import memory_limit


@pytest.mark.parametrize(
    ("file", "text", "limit"),
    [
        pytest.param("memory.max", "268435456\n", 268435456, id="version 2"),
        pytest.param("memory.max", "max\n", None, id="version 2, none"),
        pytest.param("memory/memory.limit_in_bytes", "268435456\n", 268435456, id="version 1"),
        pytest.param(
            "memory/memory.limit_in_bytes", "9223372036854771712\n", None, id="version 1, none"
        ),
        pytest.param("memory.max", "soon\n", None, id="no number"),
    ],
)
def test_the_limit_is_what_the_control_group_says(
    tmp_path: Path, file: str, text: str, limit: int | None
) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text)
    assert memory_limit(tmp_path) == limit


def test_without_control_groups_there_is_none(tmp_path: Path) -> None:
    assert memory_limit(tmp_path) is None
