"""Every wrong value of the chart is refused, with its path in the message."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.unit.chart.rendering import CHART, at, template, text, with_values
from tests.unit.chart.wrong_values import batches, pointer, together, wrongs

SCHEMA: Mapping[str, Any] = json.loads((CHART / "values.schema.json").read_text())

CASES = [wrong for wrong in wrongs(SCHEMA) if wrong.path]


def told(values: Mapping[str, Any]) -> str:
    """Return what helm says when it refuses values, and fail if it does not."""
    done = template(json.dumps(values))
    assert done.returncode != 0, f"helm takes {values}"
    assert done.stdout == ""
    return done.stderr


def test_every_wrong_value_is_refused_by_its_path() -> None:
    chosen = list(batches(CASES))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        messages = list(pool.map(lambda cases: told(together(cases)), chosen))
    missed = [
        str(case)
        for cases, message in zip(chosen, messages, strict=True)
        for case in cases
        if not case.is_told(message)
    ]
    assert missed == []


def test_every_place_of_the_schema_has_wrong_values() -> None:
    places = {pointer(case.path) for case in CASES}
    for path in ("/operator/replicas", "/watch/namespaces/0", "/store/embedded/image/digest"):
        assert path in places
    for path, part in _leaves(SCHEMA, ""):
        assert path in places, f"{path}: {part}"


def _leaves(part: Mapping[str, Any], path: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Return all values that the schema names, but what it leaves to others."""
    found = []
    for name, below in part.get("properties", {}).items():
        found += [(f"{path}/{name}", below), *_leaves(below, f"{path}/{name}")]
    return found


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("operator.replicas", 0, "/operator/replicas"),
        ("operator.replicas", "2", "/operator/replicas"),
        ("operator.replica", 2, "additional properties 'replica'"),
        ("watch.namespaces", ["Research"], "/watch/namespaces/0"),
        ("watch.namespaces", ["a", "a"], "/watch/namespaces"),
        ("watch.namespaces", "research", "/watch/namespaces"),
        ("operator.resources.limits", {"memory": "1 Gi"}, "/operator/resources/limits/memory"),
        ("operator.resources.limits", {"memory": "1gb"}, "/operator/resources/limits/memory"),
        ("operator.resources.requests", {"cpu": -1}, "/operator/resources/requests/cpu"),
        ("operator.image", {"digest": "sha256:abc"}, "/operator/image/digest"),
        ("operator.podLabels", {"team": "data science"}, "/operator/podLabels/team"),
        ("store.url", "bucket/folder", "/store/url"),
        ("store.url", "http://store", "/store/url"),
        ("store.embedded.size", "0Gi", "/store/embedded/size"),
        ("networkPolicy.apiServer.cidrs", ["192.0.2.1"], "/networkPolicy/apiServer/cidrs/0"),
        ("networkPolicy.apiServer.cidrs", ["192.0.2.1/33"], "/networkPolicy/apiServer/cidrs/0"),
        ("networkPolicy.apiServer.cidrs", ["192.0.2.256/32"], "/networkPolicy/apiServer/cidrs/0"),
        ("networkPolicy.apiServer.cidrs", ["2001:db8:::/32"], "/networkPolicy/apiServer/cidrs/0"),
        ("networkPolicy.apiServer.cidrs", ["2001:db8::/129"], "/networkPolicy/apiServer/cidrs/0"),
        ("machineSizes.sizes.tiny.resources", {"cpu": 1}, "/machineSizes/sizes/tiny/resources"),
        ("jobs.maxRunners", {"Research": 5}, "/jobs/maxRunners"),
        ("jobs.fairShares", {"research": 0}, "/jobs/fairShares/research"),
    ],
)
def test_mistakes_that_people_make_are_named(path: str, value: Any, where: str) -> None:
    assert where in told(at(path, value))


@pytest.mark.parametrize(
    "cidr", ["10.0.0.0/8", "0.0.0.0/0", "::/0", "2001:db8::1/128", "fd00:1:2:3:4:5:6:7/64"]
)
def test_blocks_of_addresses_are_taken(cidr: str) -> None:
    assert text(at("networkPolicy.apiServer.cidrs", [cidr]))


TOGETHER = {
    "a namespace that is not watched": (
        {"watch": {"namespaces": ["a"]}, "jobs": {"namespaces": ["a", "b"]}},
        "at '/jobs/namespaces/1': 'b' is not among watch.namespaces",
    ),
    "a limit for a namespace that is not watched": (
        {"watch": {"namespaces": ["a"]}, "jobs": {"maxRunners": {"b": 1}}},
        "at '/jobs/maxRunners/b': this namespace is not among watch.namespaces",
    ),
    "a share for a namespace that is not watched": (
        {"watch": {"namespaces": ["a"]}, "jobs": {"fairShares": {"b": 2}}},
        "at '/jobs/fairShares/b': this namespace is not among watch.namespaces",
    ),
    "credentials of no store": (
        {"store": {"secret": "credentials"}},
        "at '/store/secret': it has the credentials of the store at store.url, which is empty",
    ),
    "two stores": (
        {"store": {"url": "s3://bucket", "claim": "shared"}},
        "at '/store/url': it is not below file:///fairlead/store, where runners mount store.claim",
    ),
    "a folder beside the claim": (
        {"store": {"url": "file:///fairlead/storehouse", "claim": "shared"}},
        "at '/store/url': it is not below file:///fairlead/store",
    ),
    "an alert that does not exist": (
        {"metrics": {"rules": {"disabled": ["FairleadSomethingElse"]}}},
        "at '/metrics/rules/disabled/0': there is no alert 'FairleadSomethingElse'",
    ),
    "pods without a way to the API server": (
        {"networkPolicy": {"runners": {"limitEgress": True}}},
        "networkPolicy.apiServer.cidrs is empty",
    ),
}


@pytest.mark.parametrize(("values", "message"), TOGETHER.values(), ids=TOGETHER)
def test_values_that_do_not_fit_together_are_refused(values: Any, message: str) -> None:
    assert message in told(values)


def test_all_that_does_not_fit_together_is_told_at_once() -> None:
    together = [
        TOGETHER[name] for name in ("credentials of no store", "a namespace that is not watched")
    ]
    message = told(with_values(*(values for values, _ in together)))
    assert [part for _, part in together if part not in message] == []


def test_what_fits_together_is_taken() -> None:
    watching = {"watch": {"namespaces": ["a", "b"]}}
    assert text(with_values(watching, {"jobs": {"namespaces": ["b"], "fairShares": {"a": 2}}}))
    assert text({"store": {"url": "file:///fairlead/store/of-ours", "claim": "shared"}})
    assert text({"store": {"url": "s3://bucket", "secret": "credentials"}})
