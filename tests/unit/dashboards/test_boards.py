"""Dashboards are what Grafana takes, belong to no data source, and explain themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.dashboards.shown import BOARDS, panels

COLUMNS = 24
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
KNOWN_UNITS = {"short", "s", "bytes", "percentunit", "ops", "reqps"}

every_board = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)


def test_there_are_three() -> None:
    assert BOARDS.keys() == {"fairlead-fleet", "fairlead-identifier", "fairlead-operator"}


@every_board
def test_it_has_the_schema_of_grafana_11(board: dict[str, Any]) -> None:
    assert board["schemaVersion"] == 39
    assert "id" not in board, "the id is of one Grafana; the uid is the dashboard's own"
    assert board["uid"]
    assert board["title"].startswith("Fairlead / ")
    assert board["description"]
    numbers = [panel["id"] for panel in board["panels"]]
    assert len(set(numbers)) == len(numbers)


@every_board
def test_no_data_source_is_named(board: dict[str, Any]) -> None:
    first, *others = board["templating"]["list"]
    assert (first["name"], first["type"], first["query"]) == (
        "datasource",
        "datasource",
        "prometheus",
    )
    found = list(sources(others)) + list(sources(board["panels"]))
    assert found
    assert all(source == SOURCE for source in found)


def sources(part: Any) -> Any:
    """Yield every data source that a part of a dashboard names."""
    if isinstance(part, list):
        for one in part:
            yield from sources(one)
    elif isinstance(part, dict):
        if "datasource" in part:
            yield part["datasource"]
        for one in part.values():
            yield from sources(one)


@every_board
def test_panels_stand_side_by_side(board: dict[str, Any]) -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= COLUMNS, panel["title"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in taken, f"{panel['title']} covers {taken.get((x, y))}"
                taken[x, y] = panel["title"]


@every_board
def test_each_panel_explains_itself(board: dict[str, Any]) -> None:
    titles = [panel["title"] for panel in panels(board)]
    for panel in panels(board):
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"] in KNOWN_UNITS, panel["title"]
        steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        assert steps[0]["value"] is None
        values = [step["value"] for step in steps[1:]]
        assert values == sorted(values), panel["title"]
    # The same title twice only where the panels say different things of it.
    assert len({(panel["title"], panel["type"]) for panel in panels(board)}) == len(titles)


@every_board
def test_lines_have_legends(board: dict[str, Any]) -> None:
    for panel in panels(board):
        legends = [target["legendFormat"] for target in panel["targets"]]
        if panel["type"] in ("timeseries", "bargauge", "heatmap"):
            assert "__auto" not in legends, panel["title"]
        assert len(set(legends)) == len(legends), panel["title"]
        assert len({target["refId"] for target in panel["targets"]}) == len(legends)


@every_board
def test_variables_that_queries_use_can_be_chosen(board: dict[str, Any]) -> None:
    names = {variable["name"] for variable in board["templating"]["list"]}
    text = json.dumps(board["panels"])
    for name in ("namespace", "identifier", "size"):
        assert (f"${name}" in text) == (name in names)


def test_rows_of_the_table_lead_to_the_dashboard_of_an_identifier() -> None:
    [table] = [one for one in panels(BOARDS["fairlead-fleet"]) if one["type"] == "table"]
    [link] = [
        one["properties"][0]["value"][0]
        for one in table["fieldConfig"]["overrides"]
        if one["properties"][0]["id"] == "links"
    ]
    assert link["url"].startswith("/d/fairlead-identifier?")
    assert "var-identifier=${__value.text}" in link["url"]
    identifiers = {one["name"] for one in BOARDS["fairlead-identifier"]["templating"]["list"]}
    assert "identifier" in identifiers
