"""Answers of a Prometheus to the queries of a dashboard, as they are recorded."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")

Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Series:
    """One series: what it is called, its labels, and times and values."""

    name: str
    labels: Mapping[str, str]
    points: Points

    @property
    def last(self) -> float:
        """The last value; not a number if there is none."""
        known = [value for _, value in self.points if not math.isnan(value)]
        return known[-1] if known else math.nan


@dataclass(frozen=True)
class Recording:
    """What was recorded of one dashboard: from when to when, and each panel's answers by id."""

    start: float
    end: float
    step: float
    panels: Mapping[str, list[list[dict[str, Any]]]]

    def of(self, panel: Mapping[str, Any]) -> Iterator[Series]:
        """Yield the series of a panel, in the order of its queries."""
        answers = self.panels[str(panel["id"])]
        for target, answer in zip(panel["targets"], answers, strict=True):
            for one in answer:
                points = [(float(when), float(value)) for when, value in one["points"]]
                name = called(target["legendFormat"], one["labels"])
                yield Series(name, one["labels"], points)


def called(legend: str, labels: Mapping[str, str]) -> str:
    """Return what Grafana calls a series."""
    if legend == "__auto":
        return ", ".join(f"{name}={value}" for name, value in labels.items())
    return LABEL.sub(lambda found: labels.get(found[1], ""), legend)
