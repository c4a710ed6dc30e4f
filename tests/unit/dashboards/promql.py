"""As much of PromQL as it takes to find names of metrics and labels in a query."""

from __future__ import annotations

import re
from dataclasses import dataclass

GRAFANA = {
    "$__rate_interval": "5m",
    "$__range": "3h",
    "$namespace": ".*",
    "$identifier": "squares.square",
    "$size": "small|large",
}
"""What stands for the variables of Grafana and of the dashboards."""

MATCHERS = re.compile(r"\{([^}]*)\}")
LISTS = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
STRING = re.compile(r'"[^"]*"')
DURATION = re.compile(r"\[[^\]]*\]")
NAME = re.compile(r"(?<![\w.:])[a-zA-Z_:][\w:]*(?!\s*\()(?![\w:])")
KEYWORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan"}
SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)?\s*\{([^}]*)\}")
LABEL = re.compile(r"([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)")


def substituted(query: str) -> str:
    """Return a query as Grafana sends it."""
    for name, value in GRAFANA.items():
        query = query.replace(name, value)
    if "$" in query:
        raise ValueError(f"an unknown variable in {query}")
    return query


@dataclass(frozen=True)
class Named:
    """What a query names.

    Attributes
    ----------
    metrics
        Names of metrics, as samples have them.
    chosen
        Labels by which a metric's series are chosen, with that metric.
    kept
        Labels by which series are grouped or matched.
    """

    metrics: frozenset[str]
    chosen: frozenset[tuple[str, str]]
    kept: frozenset[str]


def names(query: str) -> Named:
    """Return what a query names."""
    plain = STRING.sub('""', DURATION.sub("", query))
    chosen = {
        (metric, label)
        for metric, inner in SELECTOR.findall(plain)
        for label in LABEL.findall(inner)
    }
    lists = LISTS.findall(plain)
    kept = {label.strip() for inner in lists for label in inner.split(",") if label.strip()}
    rest = LISTS.sub(" ", MATCHERS.sub(" ", plain))
    words = {word for word in NAME.findall(rest) if word.lower() not in KEYWORDS}
    return Named(frozenset(words), frozenset(chosen), frozenset(kept))
