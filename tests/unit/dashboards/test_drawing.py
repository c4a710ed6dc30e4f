"""Pictures of dashboards: numbers as Grafana writes them, and every panel in its place."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest
from tests.unit.dashboards.shown import BOARDS, panels

from drawing.answers import Recording, called
from drawing.board import drawn
from drawing.numbers import ticks, written

START, STEP, STEPS = 1000.0, 10.0, 30


def wave(height: float, phase: float) -> list[list[float]]:
    """Return times and values that go up and down."""
    return [
        [START + number * STEP, height * (1.2 + math.sin(phase + number / 4))]
        for number in range(STEPS + 1)
    ]


def answer(panel: dict[str, Any], target: dict[str, Any]) -> list[dict[str, Any]]:
    """Return three series for a query, or one for each of five buckets."""
    label = target["legendFormat"].strip("{}").split("}}")[0]
    if panel["type"] == "table":
        label = "identifier"
    names = ["0.01", "0.1", "1", "10", "+Inf"] if label == "le" else ["one", "two", "three"]
    made = [
        {"labels": {label: name}, "points": wave(place + 1, 0 if label == "le" else place)}
        for place, name in enumerate(names)
    ]
    if target["instant"]:
        made = [one | {"points": one["points"][-1:]} for one in made]
    return made[:1] if panel["type"] == "stat" else made


def recorded(board: dict[str, Any]) -> Recording:
    """Return made-up answers to all queries of a dashboard."""
    told = {
        str(panel["id"]): [answer(panel, target) for target in panel["targets"]]
        for panel in panels(board)
    }
    return Recording(START, START + STEPS * STEP, STEP, told)


def words(picture: str) -> list[str]:
    """Return all that is written in a picture, which is well-formed."""
    root = ElementTree.fromstring(picture)
    return [one.text or "" for one in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("name", sorted(BOARDS))
def test_every_panel_is_drawn(name: str) -> None:
    written_there = words(drawn(BOARDS[name], recorded(BOARDS[name]), "of a test"))
    for panel in panels(BOARDS[name]):
        assert panel["title"] in written_there
    assert "of a test" in written_there
    assert "No data" not in written_there


def test_a_panel_without_an_answer_says_so() -> None:
    board = BOARDS["fairlead-fleet"]
    full = recorded(board)
    empty = Recording(
        full.start,
        full.end,
        full.step,
        {panel: [[] for _ in told] for panel, told in full.panels.items()},
    )
    assert words(drawn(board, empty)).count("No data") == len(panels(board))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "s", "0"),
        (0.0004, "s", "400 µs"),
        (0.0125, "s", "12.5 ms"),
        (90, "s", "1.5 min"),
        (7200, "s", "2 h"),
        (3 * 2**20, "bytes", "3 MiB"),
        (0.5, "percentunit", "50 %"),
        (1234, "short", "1.23 k"),
        (0.25, "short", "0.25"),
        (2.5, "ops", "2.5 /s"),
        (math.inf, "s", "∞"),
        (math.nan, "s", "–"),
    ],
)
def test_numbers_are_written_for_people(value: float, unit: str, text: str) -> None:
    assert written(value, unit) == text


@pytest.mark.parametrize(
    ("most", "unit", "found"),
    [
        (0, "short", [0, 1]),
        (1, "short", [0, 0.25, 0.5, 0.75, 1]),
        (7, "short", [0, 2, 4, 6, 8]),
        (0.03, "s", [0, 0.01, 0.02, 0.03]),
        (290, "s", [0, 120, 240, 360]),
        (60 * 2**20, "bytes", [0, 20 * 2**20, 40 * 2**20, 60 * 2**20]),
    ],
)
def test_a_scale_has_round_numbers(most: float, unit: str, found: list[float]) -> None:
    assert ticks(most, unit) == pytest.approx(found)


def test_series_are_called_by_their_labels() -> None:
    assert called("{{verb}} {{ resource }}", {"verb": "get", "resource": "pods"}) == "get pods"
    assert called("p95", {}) == "p95"
