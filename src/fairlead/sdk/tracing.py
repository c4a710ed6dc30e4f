"""Spans of a task: by OpenTelemetry where the program has set it up, else as log lines."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from fairlead.sdk.logs import Emit


class Span(Protocol):
    """One timed piece of a task's work."""

    def set_attribute(self, key: str, value: Any) -> object:
        """Note a value with the span."""


class LoggedSpan:
    """A span that becomes one debug line when it ends."""

    __slots__ = ("attributes",)

    def __init__(self) -> None:
        self.attributes: dict[str, Any] = {}

    def set_attribute(self, key: str, value: Any) -> None:
        """Note a value with the span."""
        self.attributes[key] = value


class Tracer:
    """Makes the spans of one task.

    Parameters
    ----------
    emit
        Where spans are logged while OpenTelemetry is not set up.
    attributes
        What every span carries: the ids of job and task.
    """

    __slots__ = ("_attributes", "_emit")

    def __init__(self, emit: Emit, attributes: dict[str, Any]) -> None:
        self._emit = emit
        self._attributes = attributes

    @contextmanager
    def span(self, name: str) -> Iterator[Span]:
        """Time the body of a ``with`` statement.

        Examples
        --------
        >>> with context.tracer.span("fetch-news") as span:
        ...     span.set_attribute("articles", 12)
        """
        tracer = _open_telemetry()
        if tracer is not None:
            with tracer.start_as_current_span(name, attributes=self._attributes) as span:
                yield span
            return
        span = LoggedSpan()
        started = time.perf_counter()
        try:
            yield span
        finally:
            milliseconds = round((time.perf_counter() - started) * 1000, 3)
            fields = {"span": name, "duration_ms": milliseconds, **span.attributes}
            self._emit("debug", "span", fields)


def _open_telemetry() -> Any:
    """Return an OpenTelemetry tracer if this process has set up a provider."""
    trace = sys.modules.get("opentelemetry.trace")
    sdk = sys.modules.get("opentelemetry.sdk.trace")
    if trace is None or sdk is None:
        return None
    provider = trace.get_tracer_provider()
    return trace.get_tracer("fairlead") if isinstance(provider, sdk.TracerProvider) else None
