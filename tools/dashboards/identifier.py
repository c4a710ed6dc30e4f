"""The second dashboard: one task identifier, for whoever has written that task."""

from __future__ import annotations

from dashboards.parts import (
    IN,
    INSTALLATION,
    Dashboard,
    Look,
    Panel,
    Query,
    Row,
    Variable,
    ends,
    failed,
    heat,
    number,
    or_none,
    quantiles,
    tasks_by_state,
)
from dashboards.words import BLUE, ORANGE, OUTCOMES, RED, YELLOW

CHOSEN = f'{IN}, identifier="$identifier", size=~"$size"'
THREE = {"p50": BLUE, "p95": ORANGE, "p99": RED}

IDENTIFIER = Variable(
    "identifier",
    "Identifier",
    f'{{__name__=~"fairlead_tasks|fairlead_attempts_total", {IN}}}',
    "identifier",
    every=False,
)
SIZE = Variable(
    "size", "Machine size", f'fairlead_attempts_total{{{IN}, identifier="$identifier"}}', "size"
)

NOW = Row(
    "Now",
    (
        number(
            "Running",
            "Tasks of this identifier in state Running.",
            "short",
            (or_none(f'sum(fairlead_tasks{{{CHOSEN}, state="Running"}})'),),
        ),
        number(
            "Waiting",
            "Tasks of this identifier in state Queued, whatever they wait for.",
            "short",
            (or_none(f'sum(fairlead_tasks{{{CHOSEN}, state="Queued"}})'),),
        ),
        number(
            "Attempts",
            "Attempts that ended in the time shown.",
            "short",
            (Query(f"round(sum(increase(fairlead_attempts_total{{{CHOSEN}}}[$__range])))"),),
        ),
        number(
            "Attempts that failed",
            "The share of them that failed for reasons of their own: the task's code, its time or "
            "its memory.",
            "percentunit",
            (Query(failed(CHOSEN, "$__range")),),
            steps=((0.05, YELLOW), (0.25, RED)),
        ),
        number(
            "Time on a runner",
            "How long an attempt runs, at the 95th percentile of the time shown.",
            "s",
            (
                Query(
                    "histogram_quantile(0.95, sum by (le)"
                    f" (increase(fairlead_task_run_seconds_bucket{{{CHOSEN}}}[$__range])))"
                ),
            ),
        ),
        number(
            "Peak memory",
            "How much memory an attempt takes at most, at the 95th percentile of the time shown: "
            "what its machine size has to have.",
            "bytes",
            (
                Query(
                    "histogram_quantile(0.95, sum by (le)"
                    f" (increase(fairlead_task_peak_memory_bytes_bucket{{{CHOSEN}}}[$__range])))"
                ),
            ),
        ),
    ),
)

WORK = Row(
    "Work",
    (
        tasks_by_state(CHOSEN),
        Panel(
            "Attempts that end, by outcome",
            "How many attempts end in a second.",
            Look.LINES,
            "ops",
            (ends(CHOSEN),),
            colors=OUTCOMES,
            stacked=True,
        ),
        Panel(
            "Attempts that end, by size",
            "On which machine sizes attempts ran. OutOfMemory moves a task on to the size that "
            "its size grows to.",
            Look.LINES,
            "ops",
            (ends(CHOSEN, by="size"),),
            stacked=True,
        ),
    ),
)

TIMES = Row(
    "Times",
    (
        Panel(
            "From ready to running",
            "How long its tasks waited for a runner and for their start.",
            Look.LINES,
            "s",
            quantiles("fairlead_task_start_seconds", CHOSEN),
            colors=THREE,
        ),
        Panel(
            "On a runner",
            "How long attempts ran, as their runners measured it.",
            Look.LINES,
            "s",
            quantiles("fairlead_task_run_seconds", CHOSEN),
            colors=THREE,
        ),
        Panel(
            "From creation to the end",
            "How long tasks took in all, waits, retries and subtasks included.",
            Look.LINES,
            "s",
            quantiles("fairlead_task_total_seconds", CHOSEN),
            colors=THREE,
        ),
        Panel(
            "On a runner, how it spreads",
            "How many attempts ran for how long.",
            Look.HEAT,
            "s",
            heat("fairlead_task_run_seconds", CHOSEN),
        ),
        Panel(
            "On a runner, by size",
            "The 95th percentile for each machine size: whether a larger one helps.",
            Look.LINES,
            "s",
            quantiles("fairlead_task_run_seconds", CHOSEN, by="size"),
        ),
        Panel(
            "Processor time",
            "How much processor time an attempt's code takes, user and system.",
            Look.LINES,
            "s",
            quantiles("fairlead_task_cpu_seconds", CHOSEN),
            colors=THREE,
        ),
    ),
)

NEEDS = Row(
    "What it needs",
    (
        Panel(
            "Processors an attempt keeps busy",
            "Processor time over time on a runner. Far below 1: it waits for something; at what "
            "its machine size requests: more would make it faster.",
            Look.LINES,
            "short",
            (
                Query(
                    "sum by (size) (rate(fairlead_task_cpu_seconds_sum"
                    f"{{{CHOSEN}}}[$__rate_interval]))"
                    " / sum by (size) (rate(fairlead_task_run_seconds_sum"
                    f"{{{CHOSEN}}}[$__rate_interval]))",
                    "{{size}}",
                ),
            ),
        ),
        Panel(
            "Peak memory",
            "How much memory attempts take at most. The machine size's limit should be well "
            "above the 99th percentile.",
            Look.LINES,
            "bytes",
            quantiles("fairlead_task_peak_memory_bytes", CHOSEN),
            colors=THREE,
        ),
        Panel(
            "Peak memory, how it spreads",
            "How many attempts took how much. Several bands: inputs of several sizes, which may "
            "deserve machine sizes of their own.",
            Look.HEAT,
            "bytes",
            heat("fairlead_task_peak_memory_bytes", CHOSEN),
        ),
    ),
)

DASHBOARD = Dashboard(
    "fairlead-identifier",
    "Fairlead / Task identifier",
    "How the tasks of one identifier do: whether they fail, how long they take, what they need.",
    (INSTALLATION, IDENTIFIER, SIZE),
    (NOW, WORK, TIMES, NEEDS),
)
