"""What dashboards are made of, without anything of Grafana's format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from dashboards.words import OWN_FAILURES, STATES

IN = 'namespace=~"$namespace"'
"""Selects the operators of the installations that were chosen."""

OPERATORS = "and on (namespace, job, instance) fairlead_operator_leader"
"""Leaves, of numbers that every process tells, those of Fairlead's operators."""


class Look(Enum):
    """How a panel shows its numbers; the value is Grafana's name for it."""

    NUMBER = "stat"
    LINES = "timeseries"
    BARS = "bargauge"
    HEAT = "heatmap"
    TABLE = "table"


@dataclass(frozen=True)
class Query:
    """One query of a panel.

    Attributes
    ----------
    expression
        In PromQL, with variables of the dashboard and of Grafana.
    legend
        What its series are called, with ``{{label}}`` for a label's value; of a table, the
        heading of its column.
    unit
        Of a table's column; elsewhere the panel says it.
    """

    expression: str
    legend: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Panel:
    """One panel.

    Attributes
    ----------
    meaning
        What it shows and what to make of it.
    unit
        Grafana's name of the unit.
    steps
        From which value on which colour holds; green below the first.
    colors
        Colours of series by their names; others get one of Grafana's.
    width, height
        Of 24 columns; in Grafana's rows.
    stacked
        Whether lines are areas that add up.
    names
        Whether the names of series are shown instead of their values.
    most
        The greatest value of the scale; None: as great as the values.
    links
        Of a table: the column whose values lead to the dashboard of that uid.
    """

    title: str
    meaning: str
    look: Look
    unit: str
    queries: tuple[Query, ...]
    steps: tuple[tuple[float, str], ...] = ()
    colors: Mapping[str, str] = field(default_factory=dict)
    width: int = 8
    height: int = 8
    stacked: bool = False
    names: bool = False
    most: float | None = None
    links: tuple[str, str] | None = None


def number(
    title: str,
    meaning: str,
    unit: str,
    queries: tuple[Query, ...],
    *,
    steps: tuple[tuple[float, str], ...] = (),
    names: bool = False,
) -> Panel:
    """Return a small panel that shows one number, as wide and high as all of its kind."""
    return Panel(
        title, meaning, Look.NUMBER, unit, queries, steps=steps, names=names, width=4, height=4
    )


def tasks_by_state(selector: str) -> Panel:
    """Return the panel of tasks by their states."""
    return Panel(
        "Tasks by state",
        "Tasks that exist. Those of jobs that have ended are no longer counted.",
        Look.LINES,
        "short",
        (Query(f"sum by (state) (fairlead_tasks{{{selector}}})", "{{state}}"),),
        colors=STATES,
        stacked=True,
    )


@dataclass(frozen=True)
class Row:
    """Panels under a heading, from left to right as they fit."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Variable:
    """A choice at the top of a dashboard.

    Attributes
    ----------
    selector
        Chooses series, in PromQL; the choices are the values of a label of theirs.
    every
        Whether several can be chosen, and all.
    """

    name: str
    title: str
    selector: str
    label: str
    every: bool = True


@dataclass(frozen=True)
class Dashboard:
    """One dashboard."""

    uid: str
    title: str
    meaning: str
    variables: tuple[Variable, ...]
    rows: tuple[Row, ...]

    @property
    def panels(self) -> Iterator[Panel]:
        """All panels, from the top."""
        for row in self.rows:
            yield from row.panels


INSTALLATION = Variable(
    "namespace", "Installation", "fairlead_operator_build_info", "namespace", every=True
)
"""Fairlead may be installed more than once; the operator's namespace tells them apart."""


def quantiles(histogram: str, selector: str, *, by: str = "") -> tuple[Query, ...]:
    """Return the median and two high quantiles of a histogram.

    Parameters
    ----------
    selector
        What chooses series, without braces.
    by
        A label; one line for each of its values instead, at the 95th percentile.
    """
    rate = f"rate({histogram}_bucket{{{selector}}}[$__rate_interval])"
    if by:
        return (Query(f"histogram_quantile(0.95, sum by (le, {by}) ({rate}))", "{{" + by + "}}"),)
    return tuple(
        Query(f"histogram_quantile({part / 100:g}, sum by (le) ({rate}))", f"p{part}")
        for part in (50, 95, 99)
    )


def heat(histogram: str, selector: str) -> tuple[Query, ...]:
    """Return the query of a panel that shows how a histogram changes."""
    rate = f"increase({histogram}_bucket{{{selector}}}[$__rate_interval])"
    return (Query(f"sum by (le) ({rate})", "{{le}}"),)


def failed(selector: str, window: str, by: str = "") -> str:
    """Return the share of attempts that failed for reasons of their own; 0 if none did.

    Parameters
    ----------
    selector
        What chooses series, without braces.
    window
        Over how much time.
    by
        A label for whose values the share is taken; of all together, if none is named.
    """
    grouped = f"sum by ({by})" if by else "sum"
    whole = f"{grouped} (increase(fairlead_attempts_total{{{selector}}}[{window}]))"
    own = f'{selector}, outcome=~"{OWN_FAILURES}"'
    part = f"{grouped} (increase(fairlead_attempts_total{{{own}}}[{window}]))"
    return f"({part} or 0 * {whole}) / {whole}"


def ends(selector: str, by: str = "outcome") -> Query:
    """Return how many attempts end in a second, of outcomes that there were in the time shown.

    Every outcome is counted from 0 on; most never come to pass, and would only be in the way.
    """
    ended = f"fairlead_attempts_total{{{selector}}}"
    return Query(
        f"sum by ({by}) (rate({ended}[$__rate_interval]))"
        f" and on ({by}) sum by ({by}) (increase({ended}[$__range])) > 0",
        "{{" + by + "}}",
    )


def or_none(query: str) -> Query:
    """Return the query of a number that is 0 where there is nothing to count."""
    return Query(f"{query} or vector(0)")


def busiest(counter: str, by: str, legend: str) -> Query:
    """Return the rates of the ten groups of series that grew most in the time shown.

    The ten are chosen by the whole time, for else they would change from point to point.
    """
    return Query(
        f"sum by ({by}) (rate({counter}[$__rate_interval]))"
        f" and on ({by}) topk(10, sum by ({by}) (increase({counter}[$__range])))",
        legend,
    )
