"""The operator's settings: what each takes, and what a wrong one says."""

from __future__ import annotations

import pytest

from fairlead.errors import InvalidRequestError
from fairlead_operator import settings

IMAGE = {"FAIRLEAD_RUNNER_IMAGE": "runner:1"}


def test_all_have_defaults_but_the_image() -> None:
    found = settings.load([], IMAGE)
    assert found.watch is None
    assert (found.port, found.lease, found.runners.account) == (
        8080,
        "fairlead-operator",
        "fairlead-runner",
    )
    assert found.identity
    assert found.identity != settings.load([], IMAGE).identity
    with pytest.raises(InvalidRequestError, match="FAIRLEAD_RUNNER_IMAGE is not set"):
        settings.load([], {})


def test_flags_take_precedence_over_variables() -> None:
    given = {**IMAGE, "FAIRLEAD_OPERATOR_PORT": "1", "FAIRLEAD_OPERATOR_WATCH": "a, b,a"}
    found = settings.load(["--port", "2", "--release=mine", "--runner-image=other"], given)
    assert (found.port, found.watch, found.lease) == (2, ("a", "b"), "mine-operator")
    assert (found.runners.image, found.runners.account) == ("other", "mine-runner")


def test_empty_counts_as_unset() -> None:
    given = {**IMAGE, "FAIRLEAD_OPERATOR_WATCH": " ", "FAIRLEAD_RUNNER_STORE": ""}
    found = settings.load([], given)
    assert found.watch is None
    assert found.runners.store.url is None


def test_the_store_of_runners() -> None:
    given = {
        **IMAGE,
        "FAIRLEAD_RUNNER_STORE": "file:///data",
        "FAIRLEAD_RUNNER_STORE_CLAIM": "claim",
        "FAIRLEAD_RUNNER_STORE_MOUNT": "/data",
        "FAIRLEAD_RUNNER_STORE_SECRET": "keys",
        "FAIRLEAD_RUNNER_IMAGE_PULL_SECRETS": "one,two",
        "FAIRLEAD_RUNNER_IMAGE_PULL_POLICY": "Never",
        "FAIRLEAD_RUNNER_LOAD_SECONDS": "900",
    }
    runners = settings.load([], given).runners
    store = runners.store
    assert (store.url, store.claim, store.mount, store.secret) == (
        "file:///data",
        "claim",
        "/data",
        "keys",
    )
    assert (runners.image_pull_secrets, runners.image_pull_policy) == (("one", "two"), "Never")
    assert runners.load_seconds == 900


@pytest.mark.parametrize(
    ("arguments", "variables", "told"),
    [
        (["--prot=3"], {}, "argument '--prot'. Did you mean --port?"),
        (["nonsense"], {}, "argument 'nonsense'"),
        (["--port"], {}, "--port needs a value"),
        (["--port=x"], {}, "takes a whole number from 0 to 65535"),
        (["--port=70000"], {}, "takes a whole number"),
        (["--lease-seconds=1"], {}, "from 3 to"),
        (["--runner-load-seconds=0"], {}, "from 1 to"),
        ([], {"FAIRLEAD_OPERATOR_WATCH": "a,,b"}, "names with commas"),
        ([], {"FAIRLEAD_OPERATOR_WATCH": "Upper"}, "the name of an object"),
        ([], {"FAIRLEAD_OPERATOR_LOG_LEVEL": "loud"}, "one of debug, info"),
        ([], {"FAIRLEAD_OPERATOR_WATCHED": "a"}, "Did you mean FAIRLEAD_OPERATOR_WATCH?"),
        ([], {"FAIRLEAD_RUNNER_IMAGE_PULL_POLICY": "Sometimes"}, "one of Always"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_line(
    arguments: list[str], variables: dict[str, str], told: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        settings.load(arguments, {**IMAGE, **variables})
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_programs_settings_are_none_of_ours() -> None:
    assert settings.load([], {**IMAGE, "FAIRLEAD_HOME": "/x", "FAIRLEAD_RUNNER": "{}"})


def test_help_names_every_setting() -> None:
    text = settings.usage()
    for setting in settings.SETTINGS:
        assert setting.flag in text
        assert setting.variable in text
        assert setting.meaning in text
