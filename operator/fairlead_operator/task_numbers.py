"""The numbers of jobs, tasks, attempts and runners in the format of Prometheus.

Only the process that acts has any: a standby knows the same, and a sum over all processes
would count everything twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from fairlead_operator.metrics import (
    JOB_STATES,
    RUNNER_STATES,
    Distribution,
    Distributions,
    Metrics,
)

_KIND = ("identifier", "size")
_INFINITE = float("inf")

_MEASURED = "as its runner measured it"


def of_what_exists(metrics: Metrics, acting: bool) -> Iterator[Metric]:
    """Yield what there is now; without samples unless this process acts."""
    census = metrics.census
    jobs = census.jobs() if acting else {}
    yield _gauges(
        "fairlead_jobs",
        "Jobs that exist, by state.",
        ("state",),
        {(state,): jobs.get(state, 0) for state in JOB_STATES} if acting else {},
    )
    tasks = metrics.tasks() if acting else {}
    yield _gauges(
        "fairlead_tasks",
        "Tasks of jobs that have not ended, by state.",
        ("state", *_KIND),
        {(state, *kind): number for (state, kind), number in tasks.items()},
    )
    limits = census.limits() if acting else {}
    ready = census.ready() if acting else {}
    yield _gauges(
        "fairlead_ready_tasks",
        "Tasks that want nothing but a runner, those whose runner is being made among them.",
        ("size",),
        {(size,): found.number for size, found in ready.items()},
    )
    yield _gauges(
        "fairlead_ready_oldest_seconds",
        "For how long the one of these that has waited longest has waited.",
        ("size",),
        {(size,): found.oldest for size, found in ready.items()},
    )
    runners = census.runners() if acting else {}
    sizes = {size for _, size in runners} | limits.keys()
    yield _gauges(
        "fairlead_runners",
        "Runners that exist: busy with a task, idle, or pending, which are not up yet.",
        ("state", "size"),
        {
            (state, size): runners.get((state, size), 0)
            for size in sorted(sizes)
            for state in RUNNER_STATES
        },
    )
    yield _gauges(
        "fairlead_runner_limit",
        "How many runners there may be, of machine sizes that have a bound.",
        ("size",),
        {(size,): number for size, number in limits.items()},
    )


def of_what_happened(metrics: Metrics) -> Iterator[Metric]:
    """Yield what this process has seen happen while it acted."""
    ended = CounterMetricFamily(
        "fairlead_attempts",
        "Attempts that have ended, by outcome: Succeeded, or how they failed.",
        labels=["outcome", *_KIND],
    )
    for (outcome, kind), number in metrics.attempts.items():
        ended.add_metric([outcome, *kind], number)
    yield ended
    for name, meaning, found in (
        (
            "fairlead_task_start_seconds",
            "From when a task wanted nothing but a runner to when it ran.",
            metrics.starts,
        ),
        (
            "fairlead_task_total_seconds",
            "From when a task was made to when its state was final.",
            metrics.totals,
        ),
        ("fairlead_task_run_seconds", f"How long an attempt took, {_MEASURED}.", metrics.runs),
        (
            "fairlead_task_cpu_seconds",
            f"CPU time of an attempt, user and system, {_MEASURED}.",
            metrics.cpu,
        ),
        (
            "fairlead_task_peak_memory_bytes",
            f"The most memory that an attempt had, {_MEASURED}.",
            metrics.memory,
        ),
    ):
        yield _histograms(name, meaning, found)


def _gauges(
    name: str,
    meaning: str,
    labels: tuple[str, ...],
    numbers: Mapping[tuple[str, ...], float],
) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for texts, number in numbers.items():
        family.add_metric(texts, number)
    return family


def _histograms(name: str, meaning: str, found: Distributions) -> Metric:
    family = HistogramMetricFamily(name, meaning, labels=_KIND)
    for kind, one in found.by_kind.items():
        family.add_metric(kind, buckets(one), one.sum)
    return family


def buckets(found: Distribution) -> list[tuple[str, float]]:
    """Return how many were at most each bound, which Prometheus calls ``le``."""
    told: list[tuple[str, float]] = []
    total = 0
    for bound, count in zip((*found.bounds, _INFINITE), found.counts, strict=True):
        total += count
        told.append(("+Inf" if bound == _INFINITE else repr(bound), total))
    return told
