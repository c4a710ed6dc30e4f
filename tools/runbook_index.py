"""``docs/runbooks/README.md``: what each alert says, and where its runbook is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

import pages

ALERTS = Path(__file__).resolve().parent.parent / "charts" / "fairlead" / "alerts" / "fairlead.yaml"

PLACEHOLDER = re.compile(r"\{\{.*?\}\}")
"""What Prometheus puts a label or a value for."""


def text() -> str:
    """Return the page."""
    return pages.page(
        "Runbooks",
        "One for each alert of the chart: what it means, how to look, how to mend. How to have "
        "the alerts: [Observing](../guide/observing.md#alerts).",
        "Commands speak of a release called `fairlead` in the namespace `fairlead`; capitals "
        "(`TASK`, `SIZE`) are for you to fill in. *critical* is for whoever is on call at night, "
        "*warning* for the next working hours, *info* for a look now and then.",
        pages.table(("alert", "severity", "after", "says"), _alerts()),
    )


def _alerts() -> Iterator[tuple[str, ...]]:
    for group in yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]:
        for rule in group["rules"]:
            link = f"[{rule['alert']}]({rule['alert']}.md)"
            says = PLACEHOLDER.sub("…", rule["annotations"]["summary"])
            yield link, rule["labels"]["severity"], rule.get("for", "at once"), says
