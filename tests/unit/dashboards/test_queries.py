"""Every query can be asked, names only numbers that the operator tells, and leaves none out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from tests.cluster import prometheus
from tests.cluster.shell import ClusterError
from tests.unit.dashboards.promql import Named, names, substituted
from tests.unit.dashboards.shown import BOARDS, QUERIES, RULES, panels, variables

OF_THE_SCRAPE = {"namespace", "job", "instance"}
"""Labels that Prometheus adds to whatever it reads."""

BY_NAME = "__name__"


@pytest.mark.usefixtures("promtool_there")
def test_every_query_is_promql(tmp_path: Path) -> None:
    rules = [
        {"record": f"shown:{number}", "expr": substituted(query)}
        for number, query in enumerate(QUERIES.values())
    ]
    path = tmp_path / "queries.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "shown", "rules": rules}]}))
    assert f"{len(QUERIES)} rules found" in prometheus.promtool("check", "rules", path)


@pytest.mark.usefixtures("promtool_there")
def test_what_is_no_promql_would_be_found(tmp_path: Path) -> None:
    rules = [{"record": "shown:0", "expr": substituted("sum by (size (fairlead_tasks)")}]
    path = tmp_path / "queries.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "shown", "rules": rules}]}))
    with pytest.raises(ClusterError, match="could not parse expression"):
        prometheus.promtool("check", "rules", path)


@pytest.mark.parametrize("place", sorted(QUERIES))
def test_a_query_names_what_is_told(place: str, told: dict[str, frozenset[str]]) -> None:
    query = QUERIES[place]
    named = names(query)
    metrics = named.metrics or {metric for metric in told if by_name(query, metric)}
    assert metrics, "it asks for nothing"
    assert metrics <= told.keys(), "nobody tells these"
    for metric, label in named.chosen:
        # A selector without a metric chooses by the name, which is a label too.
        for one in {metric} if metric else metrics:
            assert label in told[one] | OF_THE_SCRAPE | {BY_NAME}, f"{one} has no such label"
    known = {label for metric in metrics for label in told[metric]}
    assert named.kept <= known | OF_THE_SCRAPE


def by_name(query: str, metric: str) -> bool:
    found = re.search(r'__name__=~"([^"]*)"', query)
    return found is not None and re.fullmatch(found[1], metric) is not None


def test_every_number_of_ours_is_shown(told: dict[str, frozenset[str]]) -> None:
    shown = {metric for query in QUERIES.values() for metric in names(query).metrics}
    families = {family(metric) for metric in shown}
    ours = {metric for metric in told if metric.startswith("fairlead_")}
    assert ours, "the operator tells nothing"
    assert {metric for metric in ours if family(metric) not in families} == set()


def test_nothing_is_a_label_of_which_there_could_be_any_number(
    told: dict[str, frozenset[str]],
) -> None:
    """No job, task, namespace or pod is; one that is added here needs a bound on its values."""
    ours = [labels for metric, labels in told.items() if metric.startswith("fairlead_")]
    assert {label for labels in ours for label in labels} == {
        "cause",
        "code",
        "identifier",
        "kind",
        "le",
        "outcome",
        "resource",
        "size",
        "state",
        "type",
        "verb",
        "version",
    }


def family(metric: str) -> str:
    """Return what the buckets, the sum and the count of one distribution have in common."""
    return re.sub(r"_(bucket|sum|count)$", "", metric)


@pytest.mark.parametrize("name", sorted(BOARDS))
def test_a_legend_says_labels_that_its_series_have(
    name: str, told: dict[str, frozenset[str]]
) -> None:
    for panel in panels(BOARDS[name]):
        for target in panel["targets"]:
            labels = set(re.findall(r"\{\{\s*(\w+)\s*\}\}", target["legendFormat"]))
            assert labels <= labels_of(names(target["expr"]), told), panel["title"]


@pytest.mark.parametrize("name", sorted(RULES))
def test_an_alert_says_labels_that_its_series_have(
    name: str, told: dict[str, frozenset[str]]
) -> None:
    told_to_people = str(RULES[name]["annotations"])
    labels = set(re.findall(r"\$labels\.(\w+)", told_to_people))
    assert labels <= labels_of(names(RULES[name]["expr"]), told)


def labels_of(named: Named, told: dict[str, frozenset[str]]) -> set[str]:
    """Return what labels the result of a query may have."""
    if named.kept - OF_THE_SCRAPE or not named.metrics:
        return set(named.kept)
    return OF_THE_SCRAPE.union(*(told[metric] for metric in named.metrics))


@pytest.mark.parametrize("name", sorted(BOARDS))
def test_a_choice_is_of_a_label_that_there_is(name: str, told: dict[str, frozenset[str]]) -> None:
    for variable, selector, label in variables(BOARDS[name]):
        metrics = names(selector).metrics or {one for one in told if by_name(selector, one)}
        assert metrics, variable
        assert all(label in told[metric] | OF_THE_SCRAPE for metric in metrics), variable


@pytest.mark.parametrize(
    ("query", "metrics", "chosen", "kept"),
    [
        pytest.param("up", {"up"}, set(), set(), id="a name"),
        pytest.param(
            'sum by (le, a) (rate(x_bucket{b="by (c)", d!~"e"}[5m])) > 0.5',
            {"x_bucket"},
            {("x_bucket", "b"), ("x_bucket", "d")},
            {"le", "a"},
            id="a rate",
        ),
        pytest.param(
            "a:b / on (c) group_left (d) time() and on () e or vector(0)",
            {"a:b", "e"},
            set(),
            {"c", "d"},
            id="operators",
        ),
        pytest.param('{__name__=~"a|b"}', set(), {("", "__name__")}, set(), id="no name"),
    ],
)
def test_names_are_found(
    query: str, metrics: set[str], chosen: set[tuple[str, str]], kept: set[str]
) -> None:
    assert names(query) == Named(frozenset(metrics), frozenset(chosen), frozenset(kept))
