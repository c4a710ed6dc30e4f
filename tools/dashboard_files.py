"""The dashboards of the chart, as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from dashboards import fleet, grafana, identifier, operator

DASHBOARDS = (fleet.DASHBOARD, identifier.DASHBOARD, operator.DASHBOARD)

FILES: Mapping[str, Callable[[], str]] = {
    f"charts/fairlead/dashboards/{one.uid}.json": partial(grafana.text, one) for one in DASHBOARDS
}
"""Path from the repository's root -> the function that makes the file's text."""
