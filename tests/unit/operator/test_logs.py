"""Lines of the operator's log."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from fairlead_operator import logs


@pytest.fixture(autouse=True)
def untouched_root() -> Iterator[None]:
    """Give back the process's log as it was."""
    root, own = logging.getLogger(), logging.getLogger(logs.ROOT)
    before = (root.handlers[:], root.level, own.level)
    yield
    root.handlers[:], root.level = before[0], before[1]
    own.setLevel(before[2])


def test_a_line_of_text(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("text", "info")
    log = logs.Log("part")
    log.info("100% done", job="nightly", because="two words")
    log.debug("not shown")
    line = capsys.readouterr().err
    assert line.endswith('INFO    part: 100% done job=nightly because="two words"\n')


def test_a_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "debug")
    log = logs.Log("part")
    log.warning("lost", because=ValueError("why"))
    try:
        raise ValueError("broken")
    except ValueError:
        log.exception("a mistake", job="nightly")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["level"], first["part"], first["message"]) == ("warning", "part", "lost")
    assert first["fields"] == {"because": "why"}
    assert "ValueError: broken" in second["traceback"]
    assert second["fields"] == {"job": "nightly"}


def test_the_stack_of_a_mistake_is_below_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    try:
        raise ValueError("broken")
    except ValueError:
        logs.Log("part").exception("a mistake")
    first, *rest = capsys.readouterr().err.splitlines()
    assert first.endswith("ERROR   part: a mistake")
    assert rest[-1] == "ValueError: broken"


def test_libraries_are_heard_from_warnings_up(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("text", "debug")
    logging.getLogger("aiohttp").info("chatter")
    logging.getLogger("aiohttp").warning("%s went wrong", "this")
    assert capsys.readouterr().err.endswith("WARNING aiohttp: this went wrong\n")
