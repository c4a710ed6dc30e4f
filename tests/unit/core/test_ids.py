"""Ids: their shape, their order, and that a replay makes them again."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.core.ids import ID_LENGTH, TICKS_PER_SECOND, IdSequence, job_id, time_text

SHAPE = re.compile(r"[0-9a-v]{9}[a-z2-7]{16}")


def test_an_id_has_25_lower_case_letters_and_digits() -> None:
    for identity in [job_id(1.7e9, b"x"), *IdSequence("parent", 1, 1.7e9).ids(0, 100)]:
        assert len(identity) == ID_LENGTH
        assert SHAPE.fullmatch(identity)


def test_a_replay_makes_the_same_ids() -> None:
    first = IdSequence("parent", 2, 1.7e9).ids(0, 50)
    assert IdSequence("parent", 2, 1.7e9).ids(0, 50) == first


@given(st.integers(0, 300), st.integers(0, 100))
def test_one_by_one_or_in_a_row_is_the_same(start: int, count: int) -> None:
    sequence = IdSequence("parent", 1, 1.7e9)
    row = sequence.ids(start, count)
    assert row == [sequence.id(ordinal) for ordinal in range(start, start + count)]


def test_ids_are_unique_over_parents_attempts_and_ordinals() -> None:
    made = [
        identity
        for parent in ("p", "q", "p|1")
        for attempt in (1, 2, 11)
        for identity in IdSequence(parent, attempt, 1.7e9).ids(0, 200)
    ]
    assert len(set(made)) == len(made)


def test_the_order_of_asking_does_not_matter() -> None:
    sequence = IdSequence("parent", 1, 1.7e9)
    backwards = [sequence.id(ordinal) for ordinal in range(40, -1, -1)]
    assert backwards[::-1] == sequence.ids(0, 41)


@given(st.floats(0, 4e9), st.floats(0, 4e9))
def test_later_ids_sort_later(one: float, other: float) -> None:
    early, late = sorted((one, other))
    assert time_text(early) <= time_text(late)
    if late - early > 2 / TICKS_PER_SECOND:
        assert job_id(early, b"a") < job_id(late, b"b")


def test_times_before_the_epoch_do_not_break_the_shape() -> None:
    assert time_text(-5.0) == "000000000"


def test_entropy_makes_jobs_of_the_same_moment_different() -> None:
    assert job_id(1.0, b"a") != job_id(1.0, b"b")


@pytest.mark.parametrize("count", [0, 1, 16, 17])
def test_as_many_ids_as_asked_for(count: int) -> None:
    assert len(IdSequence("p", 1, 0.0).ids(3, count)) == count
