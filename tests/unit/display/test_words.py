from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.core.states import TaskState
from fairlead.sdk.backend import Failure, Progress, TaskView
from fairlead.sdk.display.measure import elide, text_width, wrap
from fairlead.sdk.display.words import (
    Names,
    after_words,
    attempt_words,
    cells,
    clean,
    clip,
    first_line,
    progress_words,
    reason_words,
)

from .generated import COMPLETED, QUEUED, RUNNING, JobMaker, failure

ANY_TEXT = st.text(st.characters(codec=None), max_size=40)


def a_task(**changes: object) -> TaskView:
    return JobMaker().add("acme.example/Fetch", **changes)  # type: ignore[arg-type]


@given(ANY_TEXT)
def test_clean_text_is_one_line_that_steers_no_terminal(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == cleaned.strip()
    joiners = "\u200c\u200d"
    assert not [
        char
        for char in cleaned
        if char not in joiners and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    ]


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Square(3)", "Square(3)"),
        ("two\nlines\tand  gaps ", "two lines and gaps"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("\u202egnp.exe", "\ufffdgnp.exe"),
        ("東京 naïve", "東京 naïve"),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_a_megabyte_of_display_is_not_shown() -> None:
    assert len(clean("x" * 1_000_000)) < 5_000


@given(ANY_TEXT, st.integers(0, 30))
def test_clipped_text_fits(text: str, room: int) -> None:
    clipped = clip(text, room)
    assert cells(clipped) <= room
    assert clipped == text or clipped.endswith("…") or room < 1


def test_wide_letters_take_two_columns_and_accents_none() -> None:
    assert (cells("東京"), cells("e\u0301"), cells("abc")) == (4, 1, 3)


@given(ANY_TEXT, st.floats(20, 300))
def test_elided_text_is_as_wide_as_the_room_at_most(text: str, room: float) -> None:
    assert text_width(elide(text, room, 11), 11) <= room


@given(st.lists(st.text("abc ", max_size=12), max_size=8))
def test_wrapping_loses_nothing_that_fits(parts: list[str]) -> None:
    lines = wrap(parts, " · ", 150, 11)
    assert " · ".join(lines) == " · ".join(parts)
    assert all(text_width(line, 11) <= 150 for line in lines)


def test_an_identifier_is_shortened_where_that_is_clear() -> None:
    names = Names({"acme.example/Fetch", "a.example/Sum", "b.example/Sum", "Plain"})
    assert names.of("acme.example/Fetch") == "Fetch"
    assert names.of("a.example/Sum") == "a.example/Sum"
    assert names.of("Plain") == "Plain"


@pytest.mark.parametrize(
    ("display", "key", "title"),
    [
        ("", None, ("Fetch", "")),
        ("acme.example/Fetch", None, ("Fetch", "")),
        ("Fetch(3)", None, ("Fetch(3)", "")),
        ("image 3", None, ("Fetch", "image 3")),
        ("", "fetch_tokyo", ("fetch_tokyo", "")),
        ("", "tokyo", ("Fetch", "tokyo")),
        ("shown", "hidden", ("Fetch", "shown")),
    ],
)
def test_the_title_says_what_and_which(
    display: str, key: str | None, title: tuple[str, str]
) -> None:
    names = Names({"acme.example/Fetch"})
    assert names.title(a_task(display=display, key=key)) == title


@pytest.mark.parametrize(
    ("attempt", "retries", "words"),
    [
        (0, 3, ""),
        (1, 3, ""),
        (2, 3, "attempt 2 of 4"),
        (4, 3, "attempt 4 of 4"),
        (9, 3, "attempt 9"),
    ],
)
def test_attempts_are_told_from_the_second_on(attempt: int, retries: int, words: str) -> None:
    assert attempt_words(a_task(attempt=attempt, max_retries=retries)) == words


@pytest.mark.parametrize(
    ("state", "progress", "words"),
    [
        (RUNNING, [Progress("", 3, 10)], "3/10"),
        (RUNNING, [Progress("tiles", 3, 10)], "3/10"),
        (RUNNING, [Progress("tiles", 3, 10), Progress("b", 1, 2000)], "tiles 3/10 · b 1/2,000"),
        (RUNNING, [Progress("tiles", 0, 0)], ""),
        (COMPLETED, [Progress("tiles", 10, 10)], ""),
    ],
)
def test_progress_is_told_until_the_task_is_done(
    state: TaskState, progress: list[Progress], words: str
) -> None:
    assert progress_words(a_task(state=state, progress=tuple(progress))) == words


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (failure(), "ValueError: no tiles for 2026-11-20"),
        (failure(message="one\ntwo"), "ValueError: one"),
        (failure(message="\n\n  "), "ValueError"),
        (Failure(kind="TIMEOUT", type="", message="after 3 s"), "TIMEOUT: after 3 s"),
    ],
)
def test_a_failure_is_told_on_one_line(told: Failure, line: str) -> None:
    assert first_line(told) == line


def test_the_reason_is_the_failure_else_the_status_else_the_reason() -> None:
    assert reason_words(a_task(failure=failure(), reason="Other")).startswith("ValueError")
    assert reason_words(a_task(state=RUNNING, status_text="reading", reason="Lease")) == "reading"
    assert reason_words(a_task(state=QUEUED, reason="NoCompatibleRelease")) == "NoCompatibleRelease"
    assert reason_words(a_task(status_text="finished")) == ""


def test_one_dependency_is_named_and_several_are_counted() -> None:
    assert after_words([], {}) == ""
    assert after_words(["a"], {"a": "fetch"}) == "after fetch"
    assert after_words(["gone"], {}) == "after 1"
    assert after_words(["a"] * 1200, {"a": "fetch"}) == "after 1,200"
