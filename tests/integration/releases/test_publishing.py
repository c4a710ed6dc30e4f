"""Publishing comes to the same end however often it is begun, and wherever it was cut off."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.namespaces import Namespace

from fairlead.api.release import MAX_PACKAGE_BYTES, ReleaseTask
from fairlead.backends.kubernetes.kinds import CONFIGMAPS, RELEASES
from fairlead.backends.kubernetes.rest import RestClient
from fairlead.errors import ReleaseError
from fairlead.releases import Packed, Published, manifests, publish
from fairlead.sdk.objectstore import open_store


def packed(data: bytes = b"an archive") -> Packed:
    tasks = [ReleaseTask(identifier="example.com/Root", version="v1.0", entry_point="flow:Root")]
    return Packed("flow", data, sha256(data).hexdigest(), tasks, ("flow.py",), frozenset())


def parts(rest: RestClient, space: str) -> list[dict[str, Any]]:
    return rest.list(CONFIGMAPS, space, labels="fairlead.dev/release")


def test_a_release_owns_its_config_maps(rest: RestClient, namespace: Namespace) -> None:
    assert publish(rest, packed(), "flow", namespace.name) == Published("flow", is_new=True)
    release = rest.get(RELEASES, namespace.name, "flow")
    (part,) = parts(rest, namespace.name)
    assert part["immutable"] is True
    assert release["spec"]["package"]["configMaps"] == [part["metadata"]["name"]]
    (owner,) = part["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("Release", release["metadata"]["uid"])


def test_publishing_again_writes_nothing(rest: RestClient, namespace: Namespace) -> None:
    publish(rest, packed(), "flow", namespace.name)
    before = rest.get(RELEASES, namespace.name, "flow"), parts(rest, namespace.name)
    assert publish(rest, packed(), "flow", namespace.name) == Published("flow", is_new=False)
    assert before == (rest.get(RELEASES, namespace.name, "flow"), parts(rest, namespace.name))


def test_other_code_under_the_same_name_is_refused(rest: RestClient, namespace: Namespace) -> None:
    publish(rest, packed(), "flow", namespace.name)
    with pytest.raises(ReleaseError, match="the Release flow holds other code, published 20"):
        publish(rest, packed(b"other"), "flow", namespace.name)
    assert len(parts(rest, namespace.name)) == 1


def test_the_largest_package_is_taken_by_the_api_server(
    rest: RestClient, namespace: Namespace
) -> None:
    publish(rest, packed(os.urandom(MAX_PACKAGE_BYTES)), "large", namespace.name)
    assert len(parts(rest, namespace.name)) == 2


def test_a_larger_one_goes_into_the_object_store(
    rest: RestClient, namespace: Namespace, tmp_path: Path
) -> None:
    large = packed(os.urandom(MAX_PACKAGE_BYTES + 1))
    with pytest.raises(ReleaseError, match="set FAIRLEAD_STORE"):
        publish(rest, large, "large", namespace.name)
    store = open_store(tmp_path.as_uri())
    publish(rest, large, "large", namespace.name, store=store)
    archive = rest.get(RELEASES, namespace.name, "large")["spec"]["archive"]
    assert archive["key"] == f"releases/{namespace.name}/{large.sha256}.zip"
    assert store.get(archive["key"]) == large.zip_bytes
    assert parts(rest, namespace.name) == []


def test_what_was_cut_off_before_the_release_is_completed(
    rest: RestClient, namespace: Namespace
) -> None:
    (part,), _ = manifests(packed(), "flow", namespace.name)
    rest.create(CONFIGMAPS, namespace.name, part)
    assert publish(rest, packed(), "flow", namespace.name).is_new
    assert parts(rest, namespace.name)[0]["metadata"]["ownerReferences"]


def test_a_release_that_was_found_broken_is_mended(rest: RestClient, namespace: Namespace) -> None:
    publish(rest, packed(), "flow", namespace.name)
    (part,) = parts(rest, namespace.name)
    rest.delete(CONFIGMAPS, namespace.name, part["metadata"]["name"])
    missing = {
        "type": "Ready",
        "status": "False",
        "reason": "ReleaseBroken",
        "message": "a ConfigMap is missing",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    rest.patch(
        RELEASES, namespace.name, "flow", {"status": {"conditions": [missing]}}, part="status"
    )
    assert not publish(rest, packed(), "flow", namespace.name).is_new
    (mended,) = parts(rest, namespace.name)
    assert mended["binaryData"] == part["binaryData"]
    assert mended["metadata"]["ownerReferences"] == part["metadata"]["ownerReferences"]


def test_of_many_who_publish_at_once_one_is_first(rest: RestClient, namespace: Namespace) -> None:
    def once(_: int) -> bool:
        return publish(rest, packed(), "flow", namespace.name).is_new

    with ThreadPoolExecutor(8) as threads:
        news = list(threads.map(once, range(8)))
    assert any(news)
    assert len(rest.list(RELEASES, namespace.name)) == len(parts(rest, namespace.name)) == 1
