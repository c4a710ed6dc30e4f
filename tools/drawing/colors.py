"""Grafana's colours, by its names for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAMED = {
    "green": "#56a64b",
    "dark-green": "#37872d",
    "blue": "#3274d9",
    "light-blue": "#8ab8ff",
    "yellow": "#e0b400",
    "orange": "#ff780a",
    "dark-orange": "#fa6400",
    "super-light-orange": "#ffcb7d",
    "red": "#e02f44",
    "dark-red": "#c4162a",
    "purple": "#a352cc",
    "dark-purple": "#7c2ea3",
    "text": "#767676",
}

OTHERS = (
    "#5794f2",
    "#73bf69",
    "#ff9830",
    "#b877d9",
    "#f2495c",
    "#fade2a",
    "#1f9eb5",
    "#8f3bb8",
    "#37872d",
    "#c15c17",
)
"""For series that no colour was chosen for, one after the other."""


def of_series(panel: Mapping[str, Any], name: str, place: int) -> str:
    """Return the colour of a panel's series."""
    for override in panel["fieldConfig"]["overrides"]:
        first = override["properties"][0]
        if override["matcher"]["options"] == name and first["id"] == "color":
            return NAMED[first["value"]["fixedColor"]]
    return OTHERS[place % len(OTHERS)]


def of_value(panel: Mapping[str, Any], value: float) -> str:
    """Return the colour of a value by the panel's steps."""
    color = NAMED["green"]
    for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]:
        if step["value"] is None or value >= step["value"]:
            color = NAMED[step["color"]]
    return color
