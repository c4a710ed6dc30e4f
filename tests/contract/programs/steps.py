"""Tasks that do what their input says, so that a scenario can be written as one value.

Each class differs from the others in its name only, which is how tests tell the tasks of
a job apart, those that never ran included.
"""

from __future__ import annotations

import time
from dataclasses import field
from pathlib import Path
from typing import Any

from fairlead import ExecutionContext, NonRetryableError, Task

ERRORS: dict[str, type[Exception]] = {
    "value": ValueError,
    "final": NonRetryableError,
}
OPTIONS = (
    "max_retries", "backoff", "max_backoff", "optional", "timeout", "queue_timeout",
)  # fmt: skip


class Step(Task):
    """What ``does`` may hold.

    ``fails``: how many of its first executions raise; ``error``: which of ERRORS;
    ``gate``: a file without which it does not go on, ``stops``: whether it returns early
    when it is asked to; ``steps``: its subtasks, by name, each with its own ``does``, its
    options, and the names in ``after`` that it waits for; ``returns``: its result, where
    the name of a subtask stands for that subtask's future.
    """

    does: dict[str, Any] = field(default_factory=dict)

    def execute(self, context: ExecutionContext) -> Any:
        does = self.does
        futures: dict[str, Any] = {}
        for name, step in does.get("steps", {}).items():
            after = [futures[other] for other in step.get("after", ())]
            options: Any = {option: step[option] for option in OPTIONS if option in step}
            futures[name] = context.submit_subtask(BY_NAME[name](step), after, **options)
        if "gate" in does and not wait_for(does["gate"], context if does.get("stops") else None):
            return "stopped"
        if context.current_task.attempt <= does.get("fails", 0):
            raise ERRORS[does.get("error", "value")](f"{type(self).__name__} fails")
        returns = does.get("returns")
        return futures.get(returns, returns)


def wait_for(gate: str, context: ExecutionContext | None = None) -> bool:
    """Say that the task runs, and return once the gate is there; False if asked to stop."""
    path = Path(gate)
    path.with_name(path.name + ".reached").touch()
    while not path.exists():
        if context is not None and context.should_stop:
            return False
        time.sleep(0.005)
    return True


class Root(Step): ...


class A(Step): ...


class B(Step): ...


class C(Step): ...


class D(Step): ...


class E(Step): ...


BY_NAME: dict[str, type[Step]] = {one.__name__: one for one in (Root, A, B, C, D, E)}
