"""What refused creations of pods mean; ``tests/integration/pods`` gets such messages for real."""

from __future__ import annotations

import pytest

from fairlead_operator.runners.failures import BY_KIND, FAILURES, explained
from fairlead_operator.runners.refused import creation_refused

POD = 'pods "r" is forbidden: '

REFUSALS = {
    "quota": (
        403,
        POD + "exceeded quota: q, requested: pods=1, used: pods=11, limited: pods=1",
        "QuotaExceeded",
        "exceeded quota: q, requested: pods=1, used: pods=11, limited: pods=1",
    ),
    "new quota": (
        403,
        POD + "status unknown for quota: q, resources: count/pods",
        "QuotaExceeded",
        "status unknown for quota: q, resources: count/pods",
    ),
    "a quota that wants requests": (
        403,
        POD + "failed quota: q: must specify memory for: runner",
        "PodRefused",
        POD + "failed quota: q: must specify memory for: runner",
    ),
    "limit range": (
        403,
        POD + "maximum memory usage per Container is 1Mi, but limit is 64Mi",
        "LimitRangeExceeded",
        "maximum memory usage per Container is 1Mi, but limit is 64Mi",
    ),
    "account": (
        403,
        POD + 'error looking up service account here/x: serviceaccount "x" not found',
        "AccountMissing",
        'error looking up service account here/x: serviceaccount "x" not found',
    ),
    "security": (
        403,
        POD + 'violates PodSecurity "restricted:latest": host namespaces',
        "PodRefused",
        POD + 'violates PodSecurity "restricted:latest": host namespaces',
    ),
    "no right": (403, POD + "User cannot create", "PodRefused", POD + "User cannot create"),
    "invalid": (422, 'Pod "r" is invalid: exceeded quota', "PodRefused", None),
}


@pytest.mark.parametrize(("status", "message", "reason", "said"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(status: int, message: str, reason: str, said: str | None) -> None:
    found = creation_refused(status, message)
    assert found.reason == reason
    assert found.message == (said or message)
    assert found.explained.endswith(FAILURES[reason].remedy)
    assert found.until is None


# --- the table ----------------------------------------------------------------------


def test_reasons_are_words_that_conditions_take() -> None:
    for reason, one in FAILURES.items():
        assert reason == one.reason
        assert reason.isalpha()
        assert reason[0].isupper()


@pytest.mark.parametrize("one", FAILURES.values(), ids=FAILURES)
def test_every_failure_says_what_happened_and_what_to_do(one) -> None:
    for text in (one.meaning, one.remedy):
        assert text[0].isupper() or text[0] == "`"
        assert text.endswith(".")
        assert len(text) > 20


def test_every_outcome_but_success_has_a_way_to_fail() -> None:
    for kind, one in BY_KIND.items():
        assert one.kind is kind
        assert one.budget is not None
    assert len(BY_KIND) == len({one.kind for one in FAILURES.values() if one.kind})


def test_a_message_gets_its_remedy_behind_it() -> None:
    remedy = FAILURES["ImagePull"].remedy
    assert explained("ImagePull", "not found") == f"not found. {remedy}"
    assert explained("ImagePull", "not found.") == f"not found. {remedy}"
    assert explained("ImagePull", "") == f"{FAILURES['ImagePull'].meaning} {remedy}"
    assert explained("Unknown", "as it is") == "as it is"
