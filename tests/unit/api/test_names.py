"""Names are the same for the same thing, different for different ones, and always legal."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.api import names

LEGAL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")

texts = st.text(max_size=80)
attempts = st.integers(0, 1_000_000)


def task_name(job: str = "nightly", word: str = "fetch", **more: Any) -> str:
    told = {"parent_uid": "u", "run": 1, "attempt": 0, "key": "fetch", **more}
    return names.task_name(job, word, **told)


def test_a_name_shows_what_it_is_for() -> None:
    task = task_name()
    assert re.fullmatch(r"nightly-fetch-[a-z2-7]{16}", task)
    pod = names.pod_name(task, creator_uid="t", attempt=3)
    assert re.fullmatch(r"nightly-fetch-[a-z2-7]{16}-a3", pod)
    group = names.group_pod_name("mine", group_uid="g", ordinal=4)
    assert re.fullmatch(r"mine-[a-z2-7]{16}-4", group)
    assert re.fullmatch(r"zurich-by-night-[a-z2-7]{16}", names.job_name("Zürich by night!", "x"))


def test_names_do_not_change_from_one_release_to_the_next() -> None:
    """Objects of a running job must be found again after an upgrade."""
    assert names.digest("a", 1) == "oflwr3bmegx3jz2i"
    assert task_name() == "nightly-fetch-6pbfhkzuuxygiuhj"


@pytest.mark.parametrize("change", [{"parent_uid": "v"}, {"run": 2}, {"attempt": 1}, {"key": "f"}])
def test_whatever_tells_tasks_apart_changes_the_name(change: dict[str, Any]) -> None:
    assert task_name(**change) != task_name()


def test_a_job_made_anew_gets_other_pods() -> None:
    before, after = (names.pod_name("t", creator_uid=uid, attempt=1) for uid in ("a", "b"))
    assert before != after
    assert names.pod_name("t", creator_uid="a", attempt=2) != before


@given(texts, texts, st.text(min_size=1), attempts)
def test_every_name_is_legal_and_ends_in_time(job: str, word: str, uid: str, attempt: int) -> None:
    task = task_name(job, word, parent_uid=uid, attempt=attempt)
    pod = names.pod_name(task, creator_uid=uid, attempt=attempt)
    group = names.group_pod_name(job, group_uid=uid, ordinal=attempt)
    for name in (task, pod, group):
        assert LEGAL.fullmatch(name)
        assert len(name) <= 63
    made = names.job_name(job, uid)
    assert LEGAL.fullmatch(made)
    assert len(made) <= 52


@given(st.lists(st.text(), max_size=3), st.lists(st.text(), max_size=3))
def test_parts_of_a_hash_do_not_run_together(one: list[str], other: list[str]) -> None:
    assert (names.digest(*one) == names.digest(*other)) == (one == other)


def test_ten_thousand_children_have_ten_thousand_names() -> None:
    assert len({task_name(key=str(key)) for key in range(10_000)}) == 10_000


def test_both_job_and_task_are_seen_in_a_long_name() -> None:
    name = task_name("j" * 52, "t" * 63)
    assert name.startswith("jjjjjj")
    assert "-tttttt" in name


@pytest.mark.parametrize(
    ("identifier", "word"),
    [("acme.example/Fetch", "Fetch"), ("Fetch", "Fetch"), ("a/b/", "b"), ("", "")],
)
def test_the_last_word_of_an_identifier(identifier: str, word: str) -> None:
    assert names.last_word(identifier) == word
