"""The chart as helm renders it, without a cluster."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from tests.cluster import parts, versions
from tests.cluster.fixtures import cannot, in_ci
from tests.cluster.paths import PROJECT
from tests.site.helm import build

CHARTS = PROJECT / "charts"
CHART = CHARTS / "fairlead"
RELEASE, NAMESPACE = "fairlead", "tools"

Object = dict[str, Any]
Key = tuple[str, str, str]

HOOK = "helm.sh/hook"
"""The annotation of what is there only while helm does something."""

EVERYTHING: Mapping[str, Any] = {
    "metrics": {
        "serviceMonitor": {"enabled": True},
        "podMonitor": {"enabled": True},
        "rules": {"enabled": True, "runbookUrl": "https://docs.example/runbooks"},
        "dashboards": {"enabled": True},
    },
    "networkPolicy": {
        "apiServer": {"cidrs": ["192.0.2.1/32"]},
        "operator": {"limitEgress": True},
        "runners": {"limitEgress": True},
    },
    "store": {"embedded": {"persistent": True}},
    "uninstall": {"deleteJobs": True},
    "jobs": {"namespaces": ["jobs"]},
}
"""Values with which everything is installed that the chart can bring."""

SOME: Mapping[str, Any] = {"watch": {"namespaces": ["a", "b"]}, "jobs": {"namespaces": []}}
"""Values of an installation for two namespaces."""


@cache
def _program() -> Path:
    """Where helm is; a run of tests on a laptop does not compile it unasked."""
    if not parts.program("helm").exists() and (not in_ci() or shutil.which("go") is None):
        cannot("helm is not there: run `make images` once")
    return build()


def helm(*words: str, feed: str = "") -> subprocess.CompletedProcess[str]:
    """Run helm; without it, skip the test, or fail it in CI."""
    command = [str(_program()), *words]
    return subprocess.run(command, input=feed, capture_output=True, text=True, timeout=60)


def template(
    feed: str,
    *words: str,
    release: str = RELEASE,
    namespace: str = NAMESPACE,
    chart: Path = CHART,
) -> subprocess.CompletedProcess[str]:
    """Have helm render a chart with values, for the Kubernetes of the tests."""
    where = ["--namespace", namespace, "--kube-version", versions.KUBERNETES, "--values", "-"]
    return helm("template", release, str(chart), *where, *words, feed=feed)


def text(
    values: Mapping[str, Any] | None = None, release: str = RELEASE, namespace: str = NAMESPACE
) -> str:
    """Return what helm would apply."""
    return _rendered(json.dumps(values or {}), release, namespace)


def render(
    values: Mapping[str, Any] | None = None, release: str = RELEASE, namespace: str = NAMESPACE
) -> list[Object]:
    """Return the objects that helm would apply, those of its hooks among them."""
    found = yaml.load_all(text(values, release, namespace), yaml.CSafeLoader)
    return [item for item in found if item]


@cache
def _rendered(values: str, release: str, namespace: str) -> str:
    done = template(values, release=release, namespace=namespace)
    if done.returncode:
        raise ValueError(done.stderr)
    return done.stdout


def with_values(*some: Mapping[str, Any]) -> dict[str, Any]:
    """Return values in which later ones take precedence."""
    merged: dict[str, Any] = {}
    for values in some:
        for name, value in values.items():
            both = isinstance(value, Mapping) and isinstance(merged.get(name), Mapping)
            merged[name] = with_values(merged[name], value) if both else value
    return merged


def at(path: str, value: Any) -> dict[str, Any]:
    """Return values in which one is set, by its path."""
    for name in reversed(path.split(".")):
        value = {name: value}
    return dict(value)


def key(item: Object) -> Key:
    """Return what no two objects have in common."""
    metadata = item["metadata"]
    return item["kind"], metadata.get("namespace", ""), metadata["name"]


def lasting(objects: list[Object]) -> list[Object]:
    """Return the objects that are there for as long as the release is."""
    return [one for one in objects if HOOK not in one["metadata"].get("annotations", {})]


def of_kind(objects: list[Object], *kinds: str) -> list[Object]:
    """Return the objects of some kinds."""
    return [item for item in objects if item["kind"] in kinds]


def pods(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    """Yield the spec of every pod that the objects are or make, and what it is called."""
    for item in objects:
        if item["kind"] == "Pod":
            yield item["metadata"]["name"], item["spec"]
        elif item["kind"] in ("Deployment", "Job", "StatefulSet", "DaemonSet"):
            yield item["metadata"]["name"], item["spec"]["template"]["spec"]
