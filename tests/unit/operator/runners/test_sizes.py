"""MachineSizes, and service accounts."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.operator.runners.given import Object, added, deleted, size, size_object, sizes

from fairlead_operator.runners.accounts import AccountIndex
from fairlead_operator.runners.quantity import amount, whole
from fairlead_operator.runners.refusal import Refusal
from fairlead_operator.runners.sizes import Size


def test_small_is_the_size_of_those_that_name_none() -> None:
    found = sizes().get()
    assert isinstance(found, Size)
    assert found.name == "small"


def test_an_unknown_size_is_refused_with_those_there_are() -> None:
    found = sizes(size_object("small"), size_object("gpu")).get("huge")
    assert isinstance(found, Refusal)
    assert found.reason == "UnknownMachineSize"
    assert "there are: gpu, small." in found.message
    assert not found.ordinary
    assert not found.final


def test_a_size_changes_and_goes() -> None:
    index = sizes(size_object("small", maxRunners=3))
    assert index.observe(added(size_object("small", maxRunners=5))) == "small"
    found = index.get("small")
    assert isinstance(found, Size)
    assert found.max_runners == 5
    index.observe(deleted(size_object("small")))
    assert isinstance(index.get("small"), Refusal)
    index.observe(deleted(size_object("small")))


def test_a_size_that_grows_and_waits() -> None:
    found = size(growsTo="large", startTimeoutSeconds=60, nodeLostSeconds=5, provisioning="Spot")
    assert (found.grows_to, found.start_timeout, found.node_lost_seconds) == ("large", 60, 5)
    assert found.spot
    assert (size().start_timeout, size().node_lost_seconds, size().spot) == (None, 60.0, False)


def deep(levels: int) -> Object:
    made: Object = {}
    for _ in range(levels):
        made = {"x": made}
    return made


ODD: dict[str, Any] = {
    "limits of another shape": {"resources": {"limits": ["memory"]}},
    "no amount": {"resources": {"limits": {"memory": "plenty"}}},
    "no number": {"resources": {"limits": {"memory": {"much": 1}}}},
    "patch": {"podPatch": {"spec": {"hostPID": True}}},
    "deep patch": {"podPatch": {"spec": {"affinity": deep(5_000)}}},
    "rather deep patch": {"podPatch": {"spec": {"affinity": deep(300)}}},
    "resources as a list": {"resources": ["cpu"]},
}


@pytest.mark.parametrize("spec", ODD.values(), ids=ODD)
def test_a_size_with_faults_is_refused(spec: Object) -> None:
    index = sizes(size_object("odd", **spec))
    found = index.get("odd")
    assert isinstance(found, Refusal)
    assert found.reason == "InvalidMachineSize"
    assert index.known("odd") is not None
    assert index.names() == ["odd"]


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [
        ("256Mi", 256 << 20),
        ("1Gi", 1 << 30),
        ("1.5Gi", 3 << 29),
        (".5Gi", 1 << 29),
        ("1e9", 10**9),
        ("1E3", 1000),
        ("2e+3", 2000),
        ("1E", 10**18),
        ("128974848", 128974848),
        ("128974848000m", 128974848),
        ("1500m", 2),
        ("129k", 129_000),
        ("1Ti", 1 << 40),
        ("2Pi", 2 << 50),
        ("+1Ei", 1 << 60),
        (1024, 1024),
        ("1.", 1),
        ("0", 0),
        ("3u", 1),
        ("5n", 1),
    ],
)
def test_amounts(text: str | int, bytes_: int) -> None:
    assert whole(text) == bytes_


@pytest.mark.parametrize("text", ["", "x", "1KiB", "1 Gi", "--1", "1e", "Gi", "1ee3", "1Ki\n"])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        amount(text)


# --- accounts ---------------------------------------------------------------------


def account(name: str, **labels: str) -> Object:
    return {"metadata": {"name": name, "namespace": "here", "labels": labels}}


def test_only_labelled_accounts_may_be_named() -> None:
    index = AccountIndex("fairlead-runner")
    allowed = account("trusted", **{"fairlead.dev/runner": "true"})
    index.observe(added(allowed))
    index.observe(added(account("admin")))
    index.observe(added(account("odd", **{"fairlead.dev/runner": "True"})))
    assert index.choose("here", "trusted") == "trusted"
    for name in ("admin", "odd", "absent"):
        found = index.choose("here", name)
        assert isinstance(found, Refusal)
        assert found.reason == "AccountNotAllowed"
        assert name in found.message
    assert isinstance(index.choose("elsewhere", "trusted"), Refusal)


def test_the_installations_own_account_is_the_default() -> None:
    index = AccountIndex("fairlead-runner")
    assert index.choose("here", None) == "fairlead-runner"
    assert index.choose("here", "fairlead-runner") == "fairlead-runner"


def test_a_label_that_is_taken_away_takes_the_right_away() -> None:
    index = AccountIndex("fairlead-runner")
    allowed = account("trusted", **{"fairlead.dev/runner": "true"})
    for change in (added(account("trusted")), deleted(allowed)):
        index.observe(added(allowed))
        assert index.choose("here", "trusted") == "trusted"
        assert index.observe(change) == ("here", "trusted")
        assert isinstance(index.choose("here", "trusted"), Refusal)
