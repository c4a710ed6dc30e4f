"""What a worker process runs: orders for the tasks that its program has defined."""

from __future__ import annotations

from fairlead.runner.execute import execute
from fairlead.runner.exits import outcome_without_report
from fairlead.sdk.attempt import AttemptHost, AttemptOrder, AttemptOutcome, OutcomeKind
from fairlead.sdk.registry import registry


def execute_registered(order: AttemptOrder, host: AttemptHost) -> AttemptOutcome:
    """Run an order with the definition that this process knows for it."""
    definition = registry.find(order.identifier, order.version, order.source)
    if definition is None:
        why = registry.why_not(order.identifier, order.version, order.source)
        return outcome_without_report(OutcomeKind.NEVER_STARTED, "NoSuchTask", why)
    return execute(definition, order, host)
