"""The first dashboard: what all of Fairlead does, and where it is held up."""

from __future__ import annotations

from dashboards.parts import (
    IN,
    INSTALLATION,
    Dashboard,
    Look,
    Panel,
    Query,
    Row,
    busiest,
    ends,
    failed,
    heat,
    number,
    or_none,
    quantiles,
    tasks_by_state,
)
from dashboards.words import (
    BLUE,
    ORANGE,
    OUTCOMES,
    PLATFORM_FAILURES,
    RED,
    RUNNERS,
    STATES,
    YELLOW,
)

UID = "fairlead-fleet"
IDENTIFIER = "fairlead-identifier"
"""The dashboard that a row of the table leads to."""

OR_0 = f"or 0 * sum by (size) (fairlead_runners{{{IN}}})"
"""Lets there be a line for each size that has, or may have, runners."""


NOW = Row(
    "Now",
    (
        number(
            "Jobs that run",
            "Jobs in state Running; those that wait or are suspended are not counted.",
            "short",
            (or_none(f'sum(fairlead_jobs{{{IN}, state="Running"}})'),),
        ),
        number(
            "Tasks that run",
            "Tasks in state Running, each on a runner of its own.",
            "short",
            (or_none(f'sum(fairlead_tasks{{{IN}, state="Running"}})'),),
        ),
        number(
            "Tasks without a runner",
            "Tasks that want nothing but a runner. Those that wait for other tasks, for a retry "
            "or for their job are not counted.",
            "short",
            (or_none(f"sum(fairlead_ready_tasks{{{IN}}})"),),
        ),
        number(
            "Longest wait for a runner",
            "How long the oldest task that wants nothing but a runner has waited. More than some "
            "minutes: there are no nodes, or a size is at its limit.",
            "s",
            (or_none(f"max(fairlead_ready_oldest_seconds{{{IN}}})"),),
            steps=((300, YELLOW), (900, RED)),
        ),
        number(
            "Attempts that failed",
            "Of all attempts of the time shown, the share that failed for reasons of their own: "
            "the task's code, its time or its memory. What the platform did is not counted.",
            "percentunit",
            (Query(failed(IN, "$__range")),),
            steps=((0.05, YELLOW), (0.25, RED)),
        ),
        number(
            "Disrupted by the platform",
            "Attempts of the time shown that the cluster ended or never started. They are tried "
            "again at no cost to the task's retries.",
            "short",
            (
                or_none(
                    "round(sum(increase(fairlead_attempts_total"
                    f'{{{IN}, outcome=~"{PLATFORM_FAILURES}"}}[$__range])))'
                ),
            ),
            steps=((1, YELLOW), (50, RED)),
        ),
    ),
)

WORK = Row(
    "Work",
    (
        tasks_by_state(IN),
        Panel(
            "Attempts that end, by outcome",
            "How many attempts end in a second. Succeeded is good; the reference of failures "
            "explains the others.",
            Look.LINES,
            "ops",
            (ends(IN),),
            colors=OUTCOMES,
            stacked=True,
        ),
        Panel(
            "Jobs by state",
            "Jobs that exist, until they are deleted or their time to live is over.",
            Look.LINES,
            "short",
            (Query(f"sum by (state) (fairlead_jobs{{{IN}}})", "{{state}}"),),
            colors=STATES,
            stacked=True,
        ),
    ),
)

RUNNING = Row(
    "Runners",
    (
        Panel(
            "Runners by state",
            "busy: has a task. idle: kept for the next one. pending: its pod does not run yet.",
            Look.LINES,
            "short",
            (Query(f"sum by (state) (fairlead_runners{{{IN}}})", "{{state}}"),),
            colors=RUNNERS,
            stacked=True,
        ),
        Panel(
            "Tasks without a runner, by size",
            "Tasks that want nothing but a runner of their machine size.",
            Look.LINES,
            "short",
            (Query(f"sum by (size) (fairlead_ready_tasks{{{IN}}}) {OR_0}", "{{size}}"),),
            stacked=True,
        ),
        Panel(
            "Longest wait, by size",
            "How long the oldest of these tasks has waited.",
            Look.LINES,
            "s",
            (Query(f"max by (size) (fairlead_ready_oldest_seconds{{{IN}}}) {OR_0}", "{{size}}"),),
            steps=((300, YELLOW), (900, RED)),
        ),
        Panel(
            "Sizes at their limit",
            "How much of its `maxRunners` a size uses. At 100 % its tasks wait for each other; "
            "sizes without a limit are not shown.",
            Look.BARS,
            "percentunit",
            (
                Query(
                    f"sum by (size) (fairlead_runners{{{IN}}})"
                    f" / sum by (size) (fairlead_runner_limit{{{IN}}})",
                    "{{size}}",
                ),
            ),
            steps=((0.8, YELLOW), (1, RED)),
            most=1,
        ),
        Panel(
            "Runners that are busy",
            "The share of runners that have a task. Low with many small tasks: keep runners for "
            "longer, or give tasks more to do.",
            Look.LINES,
            "percentunit",
            (
                Query(
                    f'sum by (size) (fairlead_runners{{{IN}, state="busy"}})'
                    f" / sum by (size) (fairlead_runners{{{IN}}})",
                    "{{size}}",
                ),
            ),
            most=1,
        ),
        Panel(
            "What the platform ended or never started",
            "Attempts in a second that failed for reasons of the cluster: Disrupted (drained, "
            "preempted, node lost), NeverStarted (no node, no image), Lost (no report).",
            Look.LINES,
            "ops",
            (ends(f'{IN}, outcome=~"{PLATFORM_FAILURES}"'),),
            colors=OUTCOMES,
        ),
    ),
)

LATENCY = Row(
    "Latency",
    (
        Panel(
            "From ready to running",
            "How long a task that wanted nothing but a runner waited for one and for its start: "
            "milliseconds on a runner that was kept, seconds on a new pod, minutes on a new node.",
            Look.LINES,
            "s",
            quantiles("fairlead_task_start_seconds", IN),
            colors={"p50": BLUE, "p95": ORANGE, "p99": RED},
        ),
        Panel(
            "From ready to running, how it spreads",
            "How many starts took how long. Two bands are usual: kept runners and new pods.",
            Look.HEAT,
            "s",
            heat("fairlead_task_start_seconds", IN),
        ),
        Panel(
            "From creation to the end",
            "How long tasks took in all, waits, retries and subtasks included.",
            Look.LINES,
            "s",
            quantiles("fairlead_task_total_seconds", IN),
            colors={"p50": BLUE, "p95": ORANGE, "p99": RED},
        ),
    ),
)

IDENTIFIERS = Row(
    "Task identifiers",
    (
        Panel(
            "Identifiers, in the time shown",
            "Every task identifier that had attempts, the busiest first; its name leads to its "
            "dashboard. Beyond 200 identifiers the rest counts as `other`.",
            Look.TABLE,
            "short",
            (
                Query(
                    "round(sum by (identifier)"
                    f" (increase(fairlead_attempts_total{{{IN}}}[$__range]))) > 0",
                    "attempts",
                ),
                Query(failed(IN, "$__range", "identifier"), "failed", "percentunit"),
                Query(
                    "histogram_quantile(0.95, sum by (le, identifier)"
                    f" (increase(fairlead_task_start_seconds_bucket{{{IN}}}[$__range])))",
                    "start p95",
                    "s",
                ),
                Query(
                    "histogram_quantile(0.95, sum by (le, identifier)"
                    f" (increase(fairlead_task_run_seconds_bucket{{{IN}}}[$__range])))",
                    "run p95",
                    "s",
                ),
                Query(
                    f"sum by (identifier) (increase(fairlead_task_cpu_seconds_sum{{{IN}}}"
                    "[$__range]))",
                    "CPU in all",
                    "s",
                ),
            ),
            width=16,
            height=9,
            links=("identifier", IDENTIFIER),
        ),
        Panel(
            "Processors in use, by identifier",
            "How many processors the code of tasks keeps busy, for the ten identifiers that use "
            "most. Counted when an attempt ends.",
            Look.LINES,
            "short",
            (busiest(f"fairlead_task_cpu_seconds_sum{{{IN}}}", "identifier", "{{identifier}}"),),
            height=9,
            stacked=True,
        ),
    ),
)

DASHBOARD = Dashboard(
    UID,
    "Fairlead / Fleet",
    "What all jobs and runners do, and what holds them up.",
    (INSTALLATION,),
    (NOW, WORK, RUNNING, LATENCY, IDENTIFIERS),
)
