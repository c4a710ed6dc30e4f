"""``docs/reference/operator.md``: the operator's settings, and the numbers that it tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pages
from fairlead_operator.exposition import Exposition
from fairlead_operator.kube.counts import RequestCounts
from fairlead_operator.metrics import Metrics, Ready, Usage
from fairlead_operator.observe.freshness import Freshness
from fairlead_operator.problem_numbers import ProblemNumbers
from fairlead_operator.problems import CAUSES, Problems
from fairlead_operator.settings import SETTINGS


def text() -> str:
    """Return the page."""
    settings = [
        (f"`{one.variable}`", f"`{one.flag}`", one.default, one.meaning) for one in SETTINGS
    ]
    return pages.page(
        "The operator",
        "`python -m fairlead_operator` runs it, in a pod as its service account, elsewhere with "
        "a kubeconfig (`KUBECONFIG`). Of several that share a lease one acts and the others "
        "stand by.",
        "## Settings",
        "A flag takes precedence over the variable. Unknown ones, and values that cannot be "
        "meant, are refused when it starts.",
        pages.table(("variable", "flag", "default", "meaning"), settings),
        "## Health",
        "`/healthz` answers 503 only where starting again would help: it does not ask the API "
        "server. `/readyz` answers 503 until everything was listed, and while one of the causes "
        "below lasts; the text says which, and what to do. A standby is ready too.",
        "None of these ends the process or loses anything. The log has a line when one begins and "
        "one when it is over, and `fairlead_operator_problem` is 1 meanwhile. [Troubleshooting]"
        "(../guide/troubleshooting.md) has more.",
        pages.table(
            ("cause", "what is wrong", "what to do"),
            ((f"`{one.name}`", one.meaning, one.remedy) for one in CAUSES),
        ),
        "## Numbers",
        "`/metrics` tells these, and those of the process (`process_...`). No job, task or "
        "namespace is ever a label; of the identifiers of tasks at most 200 are at a time, and "
        "further ones are counted as `other`. Those of jobs, tasks, attempts and runners are told "
        "by the process that acts alone; what happens is counted from when it began to act.",
        pages.table(("name", "type", "labels", "meaning"), _numbers()),
    )


def _numbers() -> Iterator[tuple[str, ...]]:
    for family in exposition().collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        told = ", ".join(f"`{label}`" for label in sorted(labels))
        yield f"`{name}`", family.type, told, family.documentation


class _OneOfEach:
    """What there is where there is one of everything."""

    def jobs(self) -> Mapping[str, int]:
        return {"Running": 1}

    def tasks(self) -> Iterator[tuple[str, str, str, int]]:
        yield "Running", "identifier", "small", 1

    def ready(self) -> Mapping[str, Ready]:
        return {"small": Ready(1, 1.0)}

    def runners(self) -> Mapping[tuple[str, str], int]:
        return {("busy", "small"): 1}

    def limits(self) -> Mapping[str, int]:
        return {"small": 1}


def exposition() -> Exposition:
    """Return the numbers of an operator that has seen one of everything, for their labels."""
    metrics, counts, freshness = Metrics(), RequestCounts(), Freshness()
    kind = ("identifier", "small")
    metrics.census = _OneOfEach()
    metrics.memory_limit = lambda: 1
    metrics.attempt_ended("Succeeded", *kind)
    metrics.task_started(*kind, 1.0)
    metrics.task_ended(*kind, 1.0)
    metrics.attempt_measured(*kind, Usage(1, 1, 1))
    metrics.event_seen("tasks", "ADDED")
    counts.add("get", "tasks.fairlead.dev", "200")
    freshness.expect("tasks")
    health = ProblemNumbers(Problems().numbers, lambda: True)
    return Exposition(metrics, counts, freshness, lambda: True, [health])
