"""Objects and events to test with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairlead_operator.runners.pod_order import Installed, Owner, PodOrder
from fairlead_operator.runners.releases import ChosenRelease, ReleaseIndex
from fairlead_operator.runners.sizes import Size, SizeIndex, parse_size

Object = dict[str, Any]
SUM = "0123456789abcdef" * 4


@dataclass
class Event:
    """One event of a watch."""

    type: str
    object: Object


def added(raw: Object) -> Event:
    return Event("ADDED", raw)


def deleted(raw: Object) -> Event:
    return Event("DELETED", raw)


def size_object(name: str = "small", **spec: Any) -> Object:
    return {"metadata": {"name": name, "generation": 1}, "spec": spec}


def size(name: str = "small", **spec: Any) -> Size:
    return parse_size(size_object(name, **spec))


def sizes(*raw: Object) -> SizeIndex:
    index = SizeIndex()
    for one in raw or (size_object(),):
        index.observe(added(one))
    return index


def release_task(identifier: str, version: str = "v1.0", **more: Any) -> Object:
    return {
        "identifier": identifier,
        "version": version,
        "entryPoint": "flows:Fetch",
        "scope": "Global",
        **more,
    }


def release_object(
    name: str,
    *tasks: Object,
    created: str = "2026-01-01T00:00:00Z",
    namespace: str = "here",
    **more,
) -> Object:
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-{name}-{created}",
            "creationTimestamp": created,
            "generation": 1,
        },
        "spec": {"image": "registry.example/acme:1", "tasks": list(tasks), **more},
    }


PACKAGE = {"configMaps": ["code-0", "code-1"], "sha256": SUM, "size": 1000}


def releases(*raw: Object) -> ReleaseIndex:
    index = ReleaseIndex()
    for one in raw:
        index.observe(added(one))
    return index


def chosen(**spec: Any) -> ChosenRelease:
    index = releases(release_object("flows", release_task("acme/Fetch"), **spec))
    found = index.choose("acme/Fetch", "v1.0", None, "here")
    assert isinstance(found, ChosenRelease)
    return found


def order(*, installed: Object | None = None, **more: Any) -> PodOrder:
    usual: Object = {
        "name": "nightly-fetch-a1",
        "namespace": "here",
        "owner": Owner("Job", "nightly", "job-uid"),
        "size": size(),
        "release": chosen(),
        "account": "fairlead-runner",
        "installed": Installed(**{"image": "fairlead/runner:1", **(installed or {})}),
        "job": ("nightly", "job-uid"),
        "task": "nightly-fetch",
        "attempt": 1,
    }
    return PodOrder(**{**usual, **more})
