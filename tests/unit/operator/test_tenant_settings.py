"""The settings that say what namespaces may have."""

from __future__ import annotations

import pytest

from fairlead.errors import InvalidRequestError
from fairlead_operator import settings
from fairlead_operator.runners.tenants import Tenants

IMAGE = {"FAIRLEAD_RUNNER_IMAGE": "runner:1"}
RUNNERS = "FAIRLEAD_OPERATOR_NAMESPACE_RUNNERS"
SHARES = "FAIRLEAD_OPERATOR_NAMESPACE_SHARES"


def _load(runners: str = "", shares: str = "") -> Tenants:
    return settings.load([], {**IMAGE, RUNNERS: runners, SHARES: shares}).tenants


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("", (None, None, None)),
        ("50", (50, 50, 50)),
        ("research=20,dev=2", (20, 2, None)),
        (" dev=0 , 50 ", (50, 0, 50)),
    ],
)
def test_how_many_runners_a_namespace_may_have(text: str, limits: tuple[int | None, ...]) -> None:
    tenants = _load(text)
    assert tuple(map(tenants.limit_of, ("research", "dev", "other"))) == limits


def test_which_share_a_namespace_gets() -> None:
    tenants = _load(shares="research=3")
    assert (tenants.share_of("research"), tenants.share_of("other")) == (3, 1)


def test_they_have_flags_too() -> None:
    arguments = ["--namespace-runners=7", "--namespace-shares", "a=2,b=4"]
    tenants = settings.load(arguments, IMAGE).tenants
    assert tenants == Tenants(7, {}, {"a": 2, "b": 4})


WRONG = [
    (RUNNERS, "many"),
    (RUNNERS, "-1"),
    (RUNNERS, "1,2"),
    (RUNNERS, "a=1,a=2"),
    (RUNNERS, "a="),
    (RUNNERS, "=1"),
    (RUNNERS, "a=1,"),
    (RUNNERS, "A=1"),
    (RUNNERS, "a=1.5"),
    (RUNNERS, "9999999"),
    (SHARES, "3"),
    (SHARES, "a=0"),
    (SHARES, "a=1001"),
    (SHARES, "a=b=1"),
]


@pytest.mark.parametrize(("variable", "text"), WRONG)
def test_what_cannot_be_meant_is_refused_in_a_line(variable: str, text: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        settings.load([], {**IMAGE, variable: text})
    said = str(caught.value)
    assert variable in said
    assert repr(text) in said
    assert "\n" not in said
