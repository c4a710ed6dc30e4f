"""Names and labels: valid for every release, and each label written once."""

import re
from collections.abc import Hashable
from typing import Any

import pytest
import yaml
from tests.unit.chart.rendering import (
    EVERYTHING,
    SOME,
    Object,
    at,
    of_kind,
    render,
    text,
    with_values,
)

LONGEST = "a" * 53
"""The longest name that helm lets a release have."""

CLUSTERED = with_values(EVERYTHING)
WATCHING = with_values({**EVERYTHING, "jobs": {"namespaces": []}}, SOME)
BOTH = pytest.mark.parametrize("values", [CLUSTERED, WATCHING], ids=["all", "some"])


LABEL = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
"""What a Service may be called, and what the pods of others are labelled with."""
DOMAIN = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
"""What a label may say."""


@BOTH
@pytest.mark.parametrize("release", [LONGEST, "a" * 49 + "-b-c", "true", "null", "x1"])
def test_every_name_and_label_is_valid_for_every_release(values: Any, release: str) -> None:
    found = render(values, release, "n" * 63)
    assert {item["kind"] for item in found} >= {"Job", "Service", "Deployment", "Pod"}
    names = [(item["kind"], item["metadata"]["name"]) for item in found]
    # The name of a Job is a label of its pods, that of a Deployment's begins theirs.
    short = ("Service", "Job", "Deployment", "Pod")
    assert [
        (kind, name)
        for kind, name in names
        if not (LABEL if kind in short else DOMAIN).fullmatch(name)
    ] == []
    assert [
        (item["kind"], label)
        for item in found
        for label in labels(item).values()
        if not VALUE.fullmatch(label)
    ] == []


def labels(item: Object) -> dict[str, Any]:
    return dict(item["metadata"].get("labels", {}))


@pytest.mark.parametrize("release", ["my.release", "123", "1e3"])
def test_a_release_whose_services_could_not_be_called_so_is_refused(release: str) -> None:
    with pytest.raises(ValueError, match=f"the release's name '{re.escape(release)}'"):
        text(release=release)


class _Strict(yaml.SafeLoader):
    """Refuses a key that stands twice, as strict readers do; helm takes the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]  # type: ignore[no-untyped-call]
        assert len(keys) == len(set(keys)), f"twice in line {node.start_mark.line}: {keys}"
        return super().construct_mapping(node, deep)


def test_no_label_stands_twice_whatever_the_users_are() -> None:
    taken = {"release": "prom", "grafana_dashboard": "yes", "app.kubernetes.io/name": "other"}
    monitor = {"enabled": True, "labels": {**taken, "release": "special"}}
    values = with_values(
        EVERYTHING,
        {"labels": taken, "operator": {"podLabels": {**taken, "release": "special"}}},
        {
            "metrics": dict.fromkeys(
                ("serviceMonitor", "podMonitor", "rules", "dashboards"), monitor
            )
        },
    )
    found = [item for item in yaml.load_all(text(values), _Strict) if item]
    for item in found:
        assert labels(item)["app.kubernetes.io/name"] == "fairlead"
    # What is said of one kind comes before what is said of all.
    special = of_kind(found, "ServiceMonitor", "PodMonitor", "PrometheusRule", "ConfigMap")
    assert {labels(item)["release"] for item in special} == {"special"}
    assert len(special) == 6
    [pod] = [
        item["spec"]["template"]["metadata"]["labels"]
        for item in of_kind(found, "Deployment")
        if item["metadata"]["name"].endswith("-operator")
    ]
    assert pod["release"] == "special"


@pytest.mark.parametrize("path", ["labels", "operator.podLabels"])
@pytest.mark.parametrize(
    "key", ["fairlead.dev/component", "rbac.authorization.k8s.io/aggregate-to-view"]
)
def test_labels_that_mean_something_are_not_the_users(path: str, key: str) -> None:
    place = "/" + path.replace(".", "/")
    with pytest.raises(ValueError, match=f"at '{place}/{key}'"):
        text(at(path, {key: "runner"}))


@BOTH
def test_names_that_look_like_numbers_stay_texts(values: Any) -> None:
    some = {
        "store": {"embedded": {"persistent": True, "storageClass": "1"}},
        "operator": {"priorityClassName": "2", "pullSecrets": ["3"], "nodeSelector": {"four": "4"}},
    }
    found = render(with_values(values, some), "true", "5")
    [claim] = of_kind(found, "PersistentVolumeClaim")
    assert claim["spec"]["storageClassName"] == "1"
    for item in of_kind(found, "Deployment"):
        spec = item["spec"]["template"]["spec"]
        assert spec["imagePullSecrets"] == [{"name": "3"}]
        assert spec["nodeSelector"] == {"four": "4"}
        assert item["metadata"]["namespace"] == "5"
        assert labels(item)["app.kubernetes.io/instance"] == "true"
