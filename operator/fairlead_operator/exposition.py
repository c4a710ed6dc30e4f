"""The operator's numbers in the format of Prometheus.

Numbers that grow end in ``_total``, times are in seconds, and sizes of populations are gauges.
``fairlead_`` begins what jobs do, ``fairlead_operator_`` how the operator itself is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from fairlead import __version__
from fairlead_operator import task_numbers
from fairlead_operator.kube.counts import RequestCounts
from fairlead_operator.metrics import Distribution, Metrics
from fairlead_operator.observe.freshness import Freshness

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Exposition(Collector):
    """Writes down all numbers when somebody asks.

    Parameters
    ----------
    leading
        Says whether this process is the one that acts.
    more
        What writes more numbers than these.
    """

    def __init__(
        self,
        metrics: Metrics,
        requests: RequestCounts,
        freshness: Freshness,
        leading: Callable[[], bool],
        more: Sequence[Collector] = (),
    ) -> None:
        self._metrics = metrics
        self._requests = requests
        self._freshness = freshness
        self._leading = leading
        self._more = more
        self._process = ProcessCollector(registry=None)

    def text(self) -> bytes:
        """Return all numbers as they are now."""
        return b"".join(map(_written, self._all()))

    async def text_in_steps(self) -> bytes:
        """Return the same, letting others go on after each metric.

        Of hundreds of identifiers there are so many that they would have to wait for long.
        """
        parts = []
        for family in self._all():
            parts.append(_written(family))
            await asyncio.sleep(0)
        return b"".join(parts)

    def _all(self) -> Iterator[Metric]:
        yield from self.collect()
        yield from self._process.collect()

    def collect(self) -> Iterator[Metric]:
        """Yield each metric as it is now."""
        acting = self._leading()
        yield from task_numbers.of_what_exists(self._metrics, acting)
        yield from task_numbers.of_what_happened(self._metrics)
        yield from self._of_requests()
        yield from self._of_the_operator()
        for collector in self._more:
            yield from collector.collect()

    def _of_requests(self) -> Iterator[Metric]:
        made = CounterMetricFamily(
            "fairlead_operator_api_requests",
            "Requests to the API server; the code of one without an answer is none.",
            labels=["verb", "resource", "code"],
        )
        numbers: dict[tuple[str, str], int] = {}
        for (verb, resource, code), number in self._requests.requests.items():
            made.add_metric([verb, resource, code], number)
            numbers[verb, resource] = numbers.get((verb, resource), 0) + number
        took = SummaryMetricFamily(
            "fairlead_operator_api_request_seconds",
            "How long these took, watches aside.",
            labels=["verb", "resource"],
        )
        for (verb, resource), seconds in self._requests.seconds.items():
            if verb != "watch":
                took.add_metric([verb, resource], numbers[verb, resource], seconds)
        yield made
        yield took

    def _of_the_operator(self) -> Iterator[Metric]:
        metrics = self._metrics
        seen = CounterMetricFamily(
            "fairlead_operator_events",
            "Changes of objects that were observed.",
            labels=["kind", "type"],
        )
        for (kind, change), number in metrics.events.items():
            seen.add_metric([kind, change], number)
        yield seen
        yield GaugeMetricFamily(
            "fairlead_operator_queue_length",
            "Jobs that wait for their turn.",
            value=metrics.queue_length(),
        )
        yield _histogram(
            "fairlead_operator_reconcile_seconds", "How long a job's turn took.", metrics.reconciles
        )
        yield _histogram(
            "fairlead_operator_event_loop_lag_seconds",
            "By how much the event loop was late, asked again and again.",
            metrics.lag,
        )
        yield _gauge(
            "fairlead_operator_watch_age_seconds",
            "How long ago the server was last heard about a kind, at worst.",
            "kind",
            _by_kind(self._freshness.ages()),
        )
        yield GaugeMetricFamily(
            "fairlead_operator_leader",
            "1 where this process is the one that acts, 0 where it stands by.",
            value=int(self._leading()),
        )
        limit = GaugeMetricFamily(
            "fairlead_operator_memory_limit_bytes",
            "How much memory its container may have; not there without a limit.",
        )
        if (allowed := metrics.memory_limit()) is not None:
            limit.add_metric([], allowed)
        yield limit
        version = GaugeMetricFamily(
            "fairlead_operator_build_info",
            "Always 1; its label is the version.",
            labels=["version"],
        )
        version.add_metric([__version__], 1)
        yield version


class _Only(Collector):
    """One metric."""

    def __init__(self, family: Metric) -> None:
        self._family = family

    def collect(self) -> Iterator[Metric]:
        yield self._family


def _written(family: Metric) -> bytes:
    """Return one metric as Prometheus reads it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Only(family))
    return bytes(generate_latest(registry))


def _gauge(name: str, meaning: str, label: str, numbers: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for text, number in numbers.items():
        family.add_metric([text], number)
    return family


def _histogram(name: str, meaning: str, found: Distribution) -> Metric:
    buckets = task_numbers.buckets(found)
    return HistogramMetricFamily(name, meaning, buckets=buckets, sum_value=found.sum)


def _by_kind(ages: Mapping[str, float]) -> dict[str, float]:
    """Return the greatest age of each kind: sources are ``kind`` or ``kind/namespace``."""
    found: dict[str, float] = {}
    for source, age in ages.items():
        kind = source.partition("/")[0]
        found[kind] = max(found.get(kind, 0.0), age)
    return found
