"""The numbers of :mod:`fairlead_operator.problems`, in the format of Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class ProblemNumbers(Collector):
    """Writes down whether the operator is ready, and what keeps it from that.

    Parameters
    ----------
    problems
        Gives 1 or 0 for each cause.
    ready
        Says what ``/readyz`` says.
    """

    def __init__(
        self, problems: Callable[[], Mapping[str, int]], ready: Callable[[], bool]
    ) -> None:
        self._problems = problems
        self._ready = ready

    def collect(self) -> Iterator[Metric]:
        """Yield each metric as it is now."""
        yield GaugeMetricFamily(
            "fairlead_operator_ready",
            "1 where /readyz says that this process can do its work, 0 where it cannot.",
            value=int(self._ready()),
        )
        family = GaugeMetricFamily(
            "fairlead_operator_problem",
            "1 while this cause keeps the operator from its work.",
            labels=["cause"],
        )
        for cause, lasts in self._problems().items():
            family.add_metric([cause], lasts)
        yield family
