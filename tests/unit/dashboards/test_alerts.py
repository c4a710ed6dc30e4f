"""Alerts fire when they should and not before; each has a runbook, and names what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.cluster import prometheus
from tests.cluster.shell import ClusterError
from tests.unit.dashboards.shown import ALERTS, ROOT, RULES, RUNBOOKS

from dashboards import words

CASES = Path(__file__).with_name("alerts_test.yaml")
"""promtool's own format: what it is told, and what then fires."""

INDEX = "README.md"


def checks() -> list[dict[str, Any]]:
    """Return everything that promtool is asked about an alert."""
    groups = yaml.safe_load(CASES.read_text())["tests"]
    return [check for group in groups for check in group["alert_rule_test"]]


@pytest.mark.usefixtures("promtool_there")
def test_the_rules_are_rules() -> None:
    assert f"{len(RULES)} rules found" in prometheus.promtool("check", "rules", ALERTS)


@pytest.mark.usefixtures("promtool_there")
def test_alerts_fire_as_their_cases_say() -> None:
    assert "SUCCESS" in prometheus.promtool("test", "rules", CASES)


@pytest.mark.usefixtures("promtool_there")
def test_a_case_that_is_not_so_would_be_found(tmp_path: Path) -> None:
    told = yaml.safe_load(CASES.read_text())
    told["rule_files"] = [str(ALERTS)]
    told["tests"][0]["alert_rule_test"][0]["exp_alerts"] = [{"exp_labels": {"severity": "info"}}]
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(yaml.safe_dump(told))
    with pytest.raises(ClusterError, match="FAILED"):
        prometheus.promtool("test", "rules", wrong)


def test_each_alert_is_seen_to_fire_and_not_to() -> None:
    assert {check["alertname"] for check in checks() if check.get("exp_alerts")} == set(RULES)
    assert {check["alertname"] for check in checks() if not check.get("exp_alerts")} == set(RULES)


def test_each_alert_stays_quiet_where_all_is_well() -> None:
    groups = yaml.safe_load(CASES.read_text())["tests"]
    quiet = {
        check["alertname"]
        for group in groups
        for check in group["alert_rule_test"]
        if not any(one.get("exp_alerts") for one in group["alert_rule_test"])
    }
    assert quiet == set(RULES)


@pytest.mark.parametrize("name", sorted(RULES))
def test_an_alert_says_what_people_need(name: str) -> None:
    rule = RULES[name]
    assert re.fullmatch(r"Fairlead([A-Z][a-z]+)+", name)
    assert rule["labels"]["severity"] in ("info", "warning", "critical")
    annotations = rule["annotations"]
    assert annotations.keys() == {"summary", "description", "runbook"}
    assert annotations["summary"].endswith(".")
    assert len(annotations["summary"]) < 100


@pytest.mark.parametrize("name", sorted(RULES))
def test_an_alert_has_its_runbook(name: str) -> None:
    runbook = ROOT / RULES[name]["annotations"]["runbook"]
    assert runbook == RUNBOOKS / f"{name}.md"
    text = runbook.read_text()
    assert text.startswith(f"# {name}\n")
    for heading in ("## What it means", "## How to look", "## How to mend"):
        assert f"\n{heading}\n" in text
    assert "```sh\n" in text, "it says no command"


def test_every_runbook_has_its_alert() -> None:
    pages = {path.stem for path in RUNBOOKS.glob("*.md") if path.name != INDEX}
    assert pages == set(RULES)


def test_what_counts_as_failed_is_what_uses_up_retries() -> None:
    found = re.search(r'outcome=~"([^"]*)"', RULES["FairleadTasksFail"]["expr"])
    assert found
    assert set(found[1].split("|")) == set(words.OWN_FAILURES.split("|"))


def test_every_outcome_has_a_colour() -> None:
    named = {*words.OWN_FAILURES.split("|"), *words.PLATFORM_FAILURES.split("|")}
    assert named < words.OUTCOMES.keys()
