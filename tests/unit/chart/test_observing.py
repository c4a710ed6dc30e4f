"""The chart brings dashboards and alerts as their files have them, where that is asked for."""

import json
from typing import Any

import pytest
import yaml
from tests.unit.chart.rendering import CHART, NAMESPACE, render

ALERTS: dict[str, Any] = yaml.safe_load((CHART / "alerts" / "fairlead.yaml").read_text())
BOARDS = {path.name: path.read_text() for path in (CHART / "dashboards").glob("*.json")}


def rules(**values: Any) -> list[dict[str, Any]]:
    """Return all rules that the chart renders."""
    found = render({"metrics": {"rules": {"enabled": True, **values}}})
    [made] = [one for one in found if one["kind"] == "PrometheusRule"]
    return [rule for group in made["spec"]["groups"] for rule in group["rules"]]


def boards(**values: Any) -> list[dict[str, Any]]:
    """Return the ConfigMaps of dashboards that the chart renders."""
    found = render({"metrics": {"dashboards": {"enabled": True, **values}}})
    return [one for one in found if one["kind"] == "ConfigMap" and set(one["data"]) & set(BOARDS)]


def test_neither_is_there_unasked() -> None:
    found = render()
    assert not [one for one in found if one["kind"] == "PrometheusRule"]
    assert not [one for one in found if "grafana_dashboard" in one["metadata"].get("labels", {})]


def test_alerts_are_those_of_the_file() -> None:
    assert rules() == [rule for group in ALERTS["groups"] for rule in group["rules"]]


def test_alerts_are_left_out_by_name() -> None:
    before, left_out = rules(), ["FairleadApiSlow", "FairleadSizeAtItsLimit"]
    assert rules(disabled=left_out) == [one for one in before if one["alert"] not in left_out]


def test_a_group_that_has_no_alert_left_is_left_out_too() -> None:
    names = [rule["alert"] for rule in ALERTS["groups"][1]["rules"]]
    found = render({"metrics": {"rules": {"enabled": True, "disabled": names}}})
    [made] = [one for one in found if one["kind"] == "PrometheusRule"]
    kept = [group["name"] for group in ALERTS["groups"] if group is not ALERTS["groups"][1]]
    assert [group["name"] for group in made["spec"]["groups"]] == kept


@pytest.mark.parametrize(
    "base", ["https://docs.example/runbooks", "https://docs.example/runbooks/"]
)
def test_each_alert_leads_to_its_runbook(base: str) -> None:
    for rule in rules(runbookUrl=base):
        link = rule["annotations"]["runbook_url"]
        assert link == f"https://docs.example/runbooks/{rule['alert']}.md"


def test_alerts_have_the_labels_that_a_prometheus_selects() -> None:
    found = render({"metrics": {"rules": {"enabled": True, "labels": {"release": "prometheus"}}}})
    [made] = [one for one in found if one["kind"] == "PrometheusRule"]
    assert made["metadata"]["labels"]["release"] == "prometheus"
    assert made["metadata"]["namespace"] == NAMESPACE


def test_dashboards_are_the_files() -> None:
    data: dict[str, str] = {}
    for made in boards():
        data |= made["data"]
        assert made["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert made["metadata"]["namespace"] == NAMESPACE
    assert {name: json.loads(text) for name, text in data.items()} == {
        name: json.loads(text) for name, text in BOARDS.items()
    }


def test_dashboards_have_the_labels_and_annotations_that_a_side_car_looks_for() -> None:
    folder = {"grafana_folder": "Fairlead"}
    for made in boards(labels={"dashboards": "yes"}, annotations=folder):
        assert made["metadata"]["labels"]["dashboards"] == "yes"
        assert made["metadata"]["annotations"] == folder


def test_configmaps_are_small_enough() -> None:
    assert all(len(json.dumps(made)) < 1_000_000 for made in boards())
