"""The values of the chart: one description, complete, closed, and each of them used."""

import gzip
import json
import os
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_args

import pytest
import yaml
from tests.cluster import versions
from tests.unit.chart.rendering import CHART, CHARTS, EVERYTHING, at, helm, text, with_values

import fairlead
from chart import schema
from chart.options import Option, options
from chart.values import LogFormat, LogLevel, Values, defaults
from fairlead.api.crds import all_crds
from fairlead_operator import logs

SINGLE = [option for option in options() if option.section is None]

OTHERS: Mapping[str, Any] = {
    "operator.pullSecrets": ["other"],
    "operator.resources.requests": {"cpu": 1},
    "operator.resources.limits": {"memory": "3Gi"},
    "operator.observe": "kopf",
    "operator.logLevel": "debug",
    "operator.logFormat": "json",
    "operator.tolerations": [{"key": "other", "operator": "Exists"}],
    "operator.affinity": {"nodeAffinity": {}},
    "operator.topologySpreadConstraints": [{"maxSkew": 1}],
    "runners.pullSecrets": ["other"],
    "watch.namespaces": ["jobs"],
    "jobs.namespaces": ["other"],
    "jobs.maxRunnersPerNamespace": 5,
    "jobs.maxRunners": {"other": 5},
    "jobs.fairShares": {"other": 5},
    "store.url": "s3://other",
    "store.mount": "/other",
    "store.embedded.size": "1Gi",
    "store.embedded.resources.requests": {"cpu": 1},
    "store.embedded.resources.limits": {"memory": "3Gi"},
    "machineSizes.sizes": {"other": {"maxRunners": 1}},
    "metrics.serviceMonitor.interval": "7s",
    "metrics.podMonitor.interval": "7s",
    "metrics.rules.runbookUrl": "https://other.example",
    "metrics.rules.disabled": ["FairleadOperatorAbsent"],
    "networkPolicy.apiServer.cidrs": ["192.0.2.7/32"],
    "networkPolicy.dns.cidrs": ["169.254.20.10/32"],
    "networkPolicy.operator.scrapers": [{"podSelector": {}}],
    "networkPolicy.runners.egress": [{"ports": [{"port": 7}]}],
}
"""Another value than the one by default, where any text or number will not do."""

NEEDS: Mapping[str, Any] = {
    "store.mount": at("store.claim", "claim"),
    "store.secret": at("store.url", "s3://bucket"),
}
"""What has to be set for a value to mean anything, beside what is set already."""


def other(option: Option) -> Any:
    """Return another value than the one by default."""
    if option.name in OTHERS:
        return OTHERS[option.name]
    if option.path[-2:] == ("image", "pullPolicy"):
        return "Always"
    if option.path[-2:] == ("image", "digest"):
        return "sha256:" + "7" * 64
    match option.default:
        case bool():
            return not option.default
        case int():
            return option.default + 1
        case str():
            return "other"
        case dict():
            return {"other": "other"}
    raise AssertionError(f"{option.name}: say in OTHERS what else it can be")


def test_each_value_makes_a_difference() -> None:
    plain = _known(text(EVERYTHING))

    def same(option: Option) -> bool:
        base = with_values(EVERYTHING, NEEDS.get(option.name, {}))
        before = _known(text(base)) if option.name in NEEDS else plain
        given = other(option)
        if isinstance(given, bool):
            # What is on in EVERYTHING is switched off.
            given = not _at(with_values(defaults(), base), option.path)
        return _known(text(with_values(base, at(option.name, given)))) == before

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        unused = [
            one.name for one, idle in zip(SINGLE, pool.map(same, SINGLE), strict=True) if idle
        ]
    assert unused == []


def _known(rendered: str) -> str:
    """Return what was rendered without the keys that are made up each time."""
    return re.sub(r"(AWS_\w*KEY\w*): .*", r"\1", rendered)


def _at(values: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    for name in path:
        values = values[name]
    return values


def test_every_value_says_what_it_is_for() -> None:
    silent = [option.name for option in options() if not option.meaning.endswith(".")]
    assert silent == []


def test_the_file_of_values_has_the_defaults() -> None:
    written = yaml.safe_load((CHART / "values.yaml").read_text())
    assert written == defaults()
    assert Values.model_validate(written) == Values()


@pytest.mark.parametrize("name", ["fairlead", "fairlead-crds"])
def test_helm_finds_nothing_to_remark(name: str) -> None:
    done = helm("lint", "--strict", str(CHARTS / name))
    assert done.returncode == 0, done.stdout
    assert "[" not in done.stdout, done.stdout


def test_the_chart_of_definitions_takes_no_values() -> None:
    where = [str(CHARTS / "fairlead-crds"), "--kube-version", versions.KUBERNETES]
    done = helm("template", "crds", *where, "--set", "jobs=1")
    assert done.returncode == 1
    assert "additional properties 'jobs' not allowed" in done.stderr


def test_the_schema_refuses_what_it_does_not_know_at_any_depth() -> None:
    sections = dict(_sections(schema.schema(), ""))
    assert "/properties/operator" in sections
    assert [
        path for path, part in sections.items() if part["additionalProperties"] is not False
    ] == []


def test_one_that_is_unknown_is_refused_by_name() -> None:
    for path in ("operatr", "operator.replica", "metrics.rules.label"):
        with pytest.raises(ValueError, match=f"'{path.rpartition('.')[2]}' not allowed"):
            text(at(path, 1))


@pytest.mark.parametrize("path", ["operator", "operator.replicas", "store.embedded.image"])
def test_one_that_is_taken_away_is_missed_by_name(path: str) -> None:
    with pytest.raises(ValueError, match=f"missing property '{path.rpartition('.')[2]}'"):
        text(at(path, None))


def _sections(part: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield all parts of a schema that say which entries there are."""
    if isinstance(part, list):
        for item in part:
            yield from _sections(item, path)
    elif isinstance(part, dict):
        if "properties" in part and isinstance(part["properties"], dict):
            yield path, part
        for name, item in part.items():
            yield from _sections(item, f"{path}/{name}")


def test_what_shares_its_values_with_its_parts_may_have_the_chart_as_one() -> None:
    assert text({"global": {"any": "thing"}})


def test_the_choices_are_those_of_the_operator() -> None:
    assert get_args(LogLevel) == logs.LEVELS
    assert get_args(LogFormat) == logs.FORMATS


@pytest.mark.parametrize("name", ["fairlead", "fairlead-crds"])
def test_the_charts_are_of_the_version_of_the_project(name: str) -> None:
    described = yaml.safe_load((CHARTS / name / "Chart.yaml").read_text())
    assert described["name"] == name
    assert described["version"] == described["appVersion"] == fairlead.__version__
    assert described["kubeVersion"] == ">=1.32.0-0"


@pytest.mark.parametrize("name", ["fairlead", "fairlead-crds"])
def test_an_older_cluster_is_refused(name: str) -> None:
    done = helm("template", "any", str(CHARTS / name), "--kube-version", "1.31.9")
    assert (done.returncode, done.stdout) == (1, "")
    assert "requires kubeVersion: >=1.32.0-0" in done.stderr
    assert "v1.31.9" in done.stderr


def test_both_charts_bring_all_definitions() -> None:
    wanted = {crd["metadata"]["name"]: crd for crd in all_crds()}
    brought = [yaml.safe_load(path.read_text()) for path in (CHART / "crds").glob("*.yaml")]
    assert {crd["metadata"]["name"]: crd for crd in brought} == wanted
    done = helm(
        "template", "crds", str(CHARTS / "fairlead-crds"), "--kube-version", versions.KUBERNETES
    )
    alone = [crd for crd in yaml.load_all(done.stdout, yaml.CSafeLoader) if crd]
    assert {crd["metadata"]["name"]: crd["spec"] for crd in alone} == {
        name: crd["spec"] for name, crd in wanted.items()
    }
    for crd in alone:
        assert crd["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_the_chart_is_small_enough_to_be_kept_in_a_secret() -> None:
    """helm keeps each revision, compressed, in an object of at most a mebibyte."""
    files = [path for path in CHART.rglob("*") if path.is_file()]
    content = json.dumps({str(path): path.read_text() for path in files})
    assert len(gzip.compress((content + text(EVERYTHING)).encode())) * 4 / 3 < 700_000
