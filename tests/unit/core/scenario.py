"""Trees of tasks that behave as planned, run one attempt at a time to the job's end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from fairlead.core.node import NodeSpec, TaskPolicy

from .recorder import Recorder, spec

TOO_MANY_STEPS = 100_000


@dataclass
class Plan:
    """What a task submits, and how its first attempts fail before one succeeds."""

    name: str
    children: tuple[Plan, ...] = ()
    after: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()
    optional: bool = False
    max_retries: int = 0
    group: str = "group"

    def spec(self) -> NodeSpec:
        policy = TaskPolicy(max_retries=self.max_retries, optional=self.optional)
        return spec(self.name, *self.after, policy=policy, group=self.group)


def task(name: str, *children: Plan, after: str = "", fails: str = "", **more: object) -> Plan:
    """Return a plan; ``after`` and ``fails`` are words in a row."""
    return Plan(name, children, tuple(after.split()), tuple(fails.split()), **more)  # type: ignore[arg-type]


def by_name(plans: Iterable[Plan]) -> dict[str, Plan]:
    found: dict[str, Plan] = {}
    waiting = list(plans)
    while waiting:
        plan = waiting.pop()
        found[plan.name] = plan
        waiting += plan.children
    return found


@dataclass
class Scenario:
    """A job made of plans.  ``slots`` is how many attempts run side by side."""

    plans: tuple[Plan, ...]
    slots: int = 1
    recorder: Recorder = field(default_factory=Recorder)

    def submit(self) -> Scenario:
        self.recorder.add(*[plan.spec() for plan in self.plans])
        return self

    def finish(self, name: str) -> None:
        """End the running attempt of a task as its plan says."""
        plan = by_name(self.plans)[name]
        number = self.recorder.graph.node(name).attempt
        if number <= len(plan.fails):
            self.recorder.finish(name, plan.fails[number - 1])
        else:
            self.recorder.finish(name, "SUCCEEDED", *[child.spec() for child in plan.children])

    def go_on(self, until: str = "") -> Scenario:
        """Run until a task is running, or to the end of all that can happen."""
        for _ in range(TOO_MANY_STEPS):
            self.recorder.start(self.slots - self.recorder.graph.running_count)
            running = self.recorder.running()
            if until in running:
                return self
            if running:
                self.finish(str(running[0]))
            elif not self.recorder.wake():
                return self
        raise AssertionError("the job does not come to an end")


def run(*plans: Plan, slots: int = 1) -> Recorder:
    """Run a closed job of these top-level tasks to its end."""
    return Scenario(plans, slots).submit().go_on().recorder
