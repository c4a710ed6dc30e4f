"""What a worker process runs: orders for the tasks that its program has defined."""

from __future__ import annotations

from fairlead.errors import ProgramError
from fairlead.runner.execute import execute
from fairlead.sdk.attempt import AttemptHost, AttemptOrder, AttemptOutcome, OutcomeKind
from fairlead.sdk.backend import Failure
from fairlead.sdk.registry import registry


def execute_registered(order: AttemptOrder, host: AttemptHost) -> AttemptOutcome:
    """Run an order with the definition that this process knows for it.

    The process has imported the program that defines the task.  What that did not bring,
    no other attempt would find either, so it is not retried.
    """
    if order.chosen is not None:
        definition = registry.find_chosen(order.identifier, order.source, order.chosen)
    else:
        definition = registry.find(order.identifier, order.version, order.source)
    if definition is not None:
        return execute(definition, order, host)
    failure = Failure("ERROR", ProgramError.__name__, _out_of_reach(order), ProgramError.__module__)
    return AttemptOutcome(OutcomeKind.NON_RETRYABLE, failure=failure)


def _out_of_reach(order: AttemptOrder) -> str:
    return (
        f"a worker process has imported the program, but found no task {order.identifier}"
        f" {order.version} in it: the definition must stand at the top of the file, above the"
        f" first call that starts work and not under `if __name__ == '__main__'`"
    )
