"""The third dashboard: the operator itself, for whoever looks after it."""

from __future__ import annotations

from dashboards.parts import (
    IN,
    INSTALLATION,
    OPERATORS,
    Dashboard,
    Look,
    Panel,
    Query,
    Row,
    busiest,
    heat,
    number,
    quantiles,
)
from dashboards.words import BLUE, GREEN, ORANGE, PURPLE, RED, YELLOW

THREE = {"p50": BLUE, "p95": ORANGE, "p99": RED}
REQUESTS = "fairlead_operator_api_requests_total"


def _process(metric: str) -> str:
    return f"process_{metric}{{{IN}}} {OPERATORS}"


NOW = Row(
    "Now",
    (
        number(
            "Leaders",
            "One process acts and the others stand by. 0: nothing is decided. More than 1 for "
            "longer than a moment: two believe that they lead.",
            "short",
            (Query(f"sum(fairlead_operator_leader{{{IN}}})"),),
            steps=((0, RED), (1, GREEN), (2, RED)),
        ),
        number(
            "Ready",
            "The share of processes, standbys included, that could do their work.",
            "percentunit",
            (Query(f"avg(fairlead_operator_ready{{{IN}}})"),),
            steps=((0, RED), (0.5, YELLOW), (1, GREEN)),
        ),
        number(
            "Problems",
            "What keeps processes from their work, by cause. The runbook of "
            "FairleadOperatorProblem says what to do about each.",
            "short",
            (
                Query(
                    f"sum by (cause) (fairlead_operator_problem{{{IN}}}) > 0 or vector(0)",
                    "{{cause}}",
                ),
            ),
            steps=((1, RED),),
        ),
        number(
            "Age of the view",
            "How long ago the API server was last heard of, for the kind that is worst off. At "
            "two minutes a process counts as not ready.",
            "s",
            (Query(f"max(fairlead_operator_watch_age_seconds{{{IN}}})"),),
            steps=((60, YELLOW), (120, RED)),
        ),
        number(
            "Memory",
            "How much of the memory that its container may have the largest process takes.",
            "percentunit",
            (
                Query(
                    f"max(process_resident_memory_bytes{{{IN}}}"
                    " / on (namespace, job, instance)"
                    f" fairlead_operator_memory_limit_bytes{{{IN}}})"
                ),
            ),
            steps=((0.7, YELLOW), (0.85, RED)),
        ),
        number(
            "Version",
            "The versions that run; more than one only while the operator is upgraded.",
            "short",
            (Query(f"count by (version) (fairlead_operator_build_info{{{IN}}})", "{{version}}"),),
            names=True,
        ),
    ),
)

WORK = Row(
    "Work",
    (
        Panel(
            "Turns of jobs",
            "How many times in a second a job takes in what has happened.",
            Look.LINES,
            "ops",
            (
                Query(
                    "sum by (instance) (rate(fairlead_operator_reconcile_seconds_count"
                    f"{{{IN}}}[$__rate_interval]))",
                    "{{instance}}",
                ),
            ),
        ),
        Panel(
            "How long a turn takes",
            "The operator has one thread: while a job takes its turn, the others wait.",
            Look.LINES,
            "s",
            quantiles("fairlead_operator_reconcile_seconds", IN),
            colors=THREE,
        ),
        Panel(
            "Jobs that wait for their turn",
            "Something has happened to them that was not taken in yet. Steadily above zero: the "
            "operator does not keep up.",
            Look.LINES,
            "short",
            (Query(f"sum by (instance) (fairlead_operator_queue_length{{{IN}}})", "{{instance}}"),),
            steps=((20, YELLOW), (100, RED)),
        ),
        Panel(
            "How late the event loop is",
            "How much later than asked for the process gets to do something. Above a quarter of "
            "a second it has too little CPU, or too much to do.",
            Look.LINES,
            "s",
            quantiles("fairlead_operator_event_loop_lag_seconds", IN),
            colors=THREE,
            steps=((0.25, YELLOW), (1, RED)),
        ),
        Panel(
            "How late the event loop is, how it spreads",
            "How often it was how late.",
            Look.HEAT,
            "s",
            heat("fairlead_operator_event_loop_lag_seconds", IN),
        ),
        Panel(
            "Who leads",
            "1 for the process that acts.",
            Look.LINES,
            "short",
            (Query(f"sum by (instance) (fairlead_operator_leader{{{IN}}})", "{{instance}}"),),
            most=1,
        ),
    ),
)

SERVER = Row(
    "API server",
    (
        Panel(
            "Requests by answer",
            "Requests in a second, retries counted each; `none` got no answer. 404 and 409 are "
            "part of the work, 429 means throttled.",
            Look.LINES,
            "reqps",
            (Query(f"sum by (code) (rate({REQUESTS}{{{IN}}}[$__rate_interval]))", "{{code}}"),),
            colors={"200": GREEN, "201": "dark-green", "429": ORANGE, "none": PURPLE},
            stacked=True,
        ),
        Panel(
            "Requests by verb and kind",
            "The ten that are made most.",
            Look.LINES,
            "reqps",
            (busiest(f"{REQUESTS}{{{IN}}}", "verb, resource", "{{verb}} {{resource}}"),),
            stacked=True,
        ),
        Panel(
            "Time of a request, by verb",
            "Mean time until the whole answer is there; watches are not counted.",
            Look.LINES,
            "s",
            (
                Query(
                    "sum by (verb) (rate(fairlead_operator_api_request_seconds_sum"
                    f"{{{IN}}}[$__rate_interval]))"
                    " / sum by (verb) (rate(fairlead_operator_api_request_seconds_count"
                    f"{{{IN}}}[$__rate_interval]))",
                    "{{verb}}",
                ),
            ),
            steps=((0.5, YELLOW), (1, RED)),
        ),
        Panel(
            "Requests that failed",
            "The share of requests without an answer, throttled, or answered by an error of the "
            "server.",
            Look.LINES,
            "percentunit",
            (
                Query(
                    f'(sum(rate({REQUESTS}{{{IN}, code=~"none|429|5.."}}[$__rate_interval]))'
                    f" or vector(0)) / sum(rate({REQUESTS}{{{IN}}}[$__rate_interval]))",
                    "failed",
                ),
            ),
            colors={"failed": RED},
            steps=((0.01, YELLOW), (0.05, RED)),
        ),
        Panel(
            "Changes that were observed",
            "Events in a second, by kind of object.",
            Look.LINES,
            "ops",
            (
                Query(
                    "sum by (kind) (rate(fairlead_operator_events_total"
                    f"{{{IN}}}[$__rate_interval]))",
                    "{{kind}}",
                ),
            ),
            stacked=True,
        ),
        Panel(
            "Age of the view, by kind",
            "How long ago the API server was last heard about a kind. A quiet kind rises to about "
            "a minute and falls again.",
            Look.LINES,
            "s",
            (Query(f"max by (kind) (fairlead_operator_watch_age_seconds{{{IN}}})", "{{kind}}"),),
            steps=((60, YELLOW), (120, RED)),
        ),
    ),
)

PROCESS = Row(
    "Process",
    (
        Panel(
            "Memory",
            "What each process takes, and what its container may have. It grows with the tasks "
            "of jobs that have not ended.",
            Look.LINES,
            "bytes",
            (
                Query(_process("resident_memory_bytes"), "{{instance}}"),
                Query(f"max(fairlead_operator_memory_limit_bytes{{{IN}}})", "limit"),
            ),
            colors={"limit": RED},
            width=6,
        ),
        Panel(
            "Processors",
            "How many processors each process keeps busy. It cannot use more than one.",
            Look.LINES,
            "short",
            (
                Query(
                    f"rate(process_cpu_seconds_total{{{IN}}}[$__rate_interval]) {OPERATORS}",
                    "{{instance}}",
                ),
            ),
            steps=((0.8, YELLOW), (0.95, RED)),
            width=6,
        ),
        Panel(
            "Open files",
            "The share of file descriptors in use: connections, mostly.",
            Look.LINES,
            "percentunit",
            (
                Query(
                    f"process_open_fds{{{IN}}} / process_max_fds{{{IN}}} {OPERATORS}",
                    "{{instance}}",
                ),
            ),
            steps=((0.5, YELLOW), (0.8, RED)),
            width=6,
        ),
        Panel(
            "Up for",
            "How long ago each process was started. Short again and again: it is restarted; its "
            "last words are in `kubectl logs --previous`.",
            Look.LINES,
            "s",
            (Query(f"time() - {_process('start_time_seconds')}", "{{instance}}"),),
            width=6,
        ),
    ),
)

DASHBOARD = Dashboard(
    "fairlead-operator",
    "Fairlead / Operator",
    "How the operator itself is: who leads, whether it keeps up, how the API server treats it.",
    (INSTALLATION,),
    (NOW, WORK, SERVER, PROCESS),
)
