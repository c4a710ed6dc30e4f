"""The API server judges everything the chart renders, strictly, without keeping it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.cluster.kubectl import kubectl
from tests.cluster.namespaces import Namespace, temporary
from tests.cluster.provider import Cluster
from tests.unit.chart.rendering import (
    EVERYTHING,
    SOME,
    Object,
    of_kind,
    pods,
    render,
    with_values,
)

MONITORING = "monitoring.coreos.com/"
"""The kinds of Prometheus's operator, which the test cluster does not know."""

OUTSIDE = {"store": {"url": "s3://bucket/folder", "secret": "credentials"}}
VALUES = {
    "plain": {},
    "everything": EVERYTHING,
    "some": with_values(EVERYTHING, SOME),
    "other-store": with_values(OUTSIDE, {"operator": {"replicas": 2}}),
}


@pytest.fixture(scope="module")
def place(control_plane: Cluster) -> Iterator[Namespace]:
    """A namespace under the restricted profile."""
    with temporary(control_plane, "judged") as made:
        yield made


@pytest.fixture(params=VALUES)
def rendered(place: Namespace, request: pytest.FixtureRequest) -> list[Object]:
    """The chart's objects, in a namespace that is there, as others that they name are."""
    objects = render(VALUES[request.param], namespace=place.name)
    known = [one for one in objects if not one["apiVersion"].startswith(MONITORING)]
    for one in known:
        metadata = one["metadata"]
        if "namespace" in metadata:
            metadata["namespace"] = place.name
    return known


def test_every_object_is_accepted_to_the_last_field(
    rendered: list[Object], place: Namespace
) -> None:
    """Unknown and double fields are refused, which an installation would ignore."""
    # A pod needs its account at once; all of them are judged below.
    others = [one for one in rendered if one["kind"] != "Pod"]
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": others})
    words = ["apply", "--dry-run=server", "--validate=strict", "--output=name", "-f", "-"]
    said = kubectl(place.cluster, *words, feed=listed)
    assert len(said.splitlines()) == len(others)


def test_every_pod_is_admitted_under_the_restricted_profile(
    rendered: list[Object], place: Namespace
) -> None:
    found = list(pods(rendered))
    assert len(found) >= 2
    for name, spec in found:
        # Accounts that are there only while a hook runs are not asked for here.
        plain = {key: value for key, value in spec.items() if key != "serviceAccountName"}
        if plain.get("restartPolicy") is None:
            plain["restartPolicy"] = "Always"
        body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": plain}
        place.api.create(f"{place.core}/pods?dryRun=All&fieldValidation=Strict", body)


def test_what_is_wrong_is_found(place: Namespace) -> None:
    """Else acceptance would prove nothing."""
    [deployment, *_] = of_kind(render(namespace=place.name), "Deployment")
    deployment["spec"]["template"]["spec"]["securityContexts"] = {}
    status, said = place.api.raw(
        "POST",
        f"/apis/apps/v1/namespaces/{place.name}/deployments?dryRun=All&fieldValidation=Strict",
        deployment,
    )
    assert status == 400
    assert "securityContexts" in said
