"""A random but terminating life of a job, decided by a row of bytes.

Each byte decides one thing; when all are used up, everything is decided for the simplest
way on.  Bytes shrink well: a failing life gets shorter and plainer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from hypothesis import strategies as st

from fairlead.core.node import NodeSpec, TaskPolicy

from .recorder import Limits, Recorder, spec

LIMITS = Limits(platform_budget=2, max_depth=4, max_tasks=40)

decisions = st.binary(max_size=60) | st.binary(min_size=200, max_size=300)

FAILURES = (
    "ERROR",
    "ERROR",
    "LOST",
    "RELEASED",
    "NON_RETRYABLE",
    "TIMEOUT",
    "OUT_OF_MEMORY",
    "CRASHED",
    "DISRUPTED",
    "NEVER_STARTED",
)
POLICIES = (
    TaskPolicy(),
    TaskPolicy(optional=True),
    TaskPolicy(max_retries=2),
    TaskPolicy(optional=True, max_retries=1, backoff=0.0),
    TaskPolicy(max_parallel=2),
    TaskPolicy(optional=True, max_parallel=1, timeout=5.0),
    TaskPolicy(max_retries=1, timeout=2.0, backoff=3.0),
)
IMPATIENT = TaskPolicy(optional=True, queue_timeout=4.0)


class Life:
    """Takes steps in the life of one job.

    ``run`` is called with each event: it may make it happen, or do more around it.
    """

    def __init__(self, numbers: Sequence[int], *, impatient: bool = False) -> None:
        self._numbers: Iterator[int] = iter(numbers)
        self._policies = (*POLICIES, IMPATIENT) if impatient else POLICIES
        self._keys = 0
        self._all_optional = bool(self.choose(2))
        self.used_up = False
        self.recorder = Recorder(closed=bool(self.choose(2)), limits=LIMITS)
        self.run: Callable[[Callable[[Recorder], object]], None] = self.just_run

    def just_run(self, event: Callable[[Recorder], object]) -> None:
        event(self.recorder)

    def choose(self, ways: int) -> int:
        number = next(self._numbers, None)
        if number is None:
            self.used_up = True
            return 0
        return number % ways

    # --- what tasks there are --------------------------------------------------------

    def specs(self, most: int, least: int = 0) -> list[NodeSpec]:
        """Return new tasks; each may depend on some of those before it."""
        number = least + self.choose(most + 1 - least)
        names = [f"t{self._keys + place}" for place in range(number)]
        self._keys += len(names)
        return [self._spec(name, names[:place]) for place, name in enumerate(names)]

    def _spec(self, name: str, earlier: list[str]) -> NodeSpec:
        depends_on = [other for other in earlier[-3:] if self.choose(3) == 1]
        policy = self._policies[self.choose(len(self._policies))]
        kind = f"kind{self.choose(2)}"
        return spec(name, *depends_on, policy=policy, group=kind, limit_name=kind)

    # --- what happens ----------------------------------------------------------------

    def begin(self) -> None:
        self.recorder.add(*self._top_level(self.specs(5, least=1)))

    def _top_level(self, specs: list[NodeSpec]) -> list[NodeSpec]:
        """In every other life each top-level task is optional, as a session's are."""
        if self._all_optional:
            for new in specs:
                new.policy = replace(new.policy, optional=True)
        return specs

    def _add(self, specs: list[NodeSpec]) -> None:
        """Add tasks; what is recorded once need not be added again after a crash."""

        def add(recorder: Recorder) -> None:
            if not any(new.key in recorder.records.tasks for new in specs):
                recorder.add(*specs)

        self.run(add)

    def step(self) -> None:
        """Let one thing happen; one that is impossible now is left out."""
        events = (
            self._start,
            self._finish,
            self._finish,
            self._start,
            self._finish,
            self._wake,
            self._add_or_close,
            self._ask_task,
            self._ask_job,
            self._late_report,
        )
        events[self.choose(len(events))]()

    def _start(self) -> None:
        limit = 1 + self.choose(4)
        refused = f"kind{self.choose(6)}"
        self.run(lambda recorder: recorder.start(limit, lambda group: group != refused))

    def _finish(self) -> None:
        running = self.recorder.running()
        if not running:
            return
        key = running[self.choose(len(running))]
        outcome = self.choose(4)
        if outcome == 3:
            kind = FAILURES[self.choose(len(FAILURES))]
            self.run(lambda recorder: recorder.finish(key, kind))
        else:
            children = self.specs(4) if outcome == 2 else []
            self.run(lambda recorder: recorder.finish(key, "SUCCEEDED", *children))

    def _wake(self) -> None:
        time = self.recorder.now + self.choose(6) / 2
        self.run(lambda recorder: recorder.wait_until(time))

    def _add_or_close(self) -> None:
        if self.recorder.graph.closed or self.recorder.graph.is_final:
            return
        if self.choose(3) == 2:
            self.run(lambda recorder: recorder.close())
        elif len(self.recorder.records.tasks) < LIMITS.max_tasks - 3:
            self._add(self._top_level(self.specs(3)))

    def _ask_task(self) -> None:
        keys = list(self.recorder.records.tasks)
        if not keys or self.choose(8) != 1:
            return
        key = keys[self.choose(len(keys))]
        if self.choose(2):
            self.run(lambda recorder: recorder.stop_task(key))
        else:
            self.run(lambda recorder: recorder.cancel_task(key))

    def _ask_job(self) -> None:
        requests: tuple[Callable[[Recorder], object], ...] = (
            lambda recorder: recorder.suspend(),
            lambda recorder: recorder.resume(),
            lambda recorder: recorder.cancel(),
            lambda recorder: recorder.fail("CacheLost"),
        )
        if self.choose(32) == 31:
            self.run(requests[2 + self.choose(2)])
        else:
            self.run(requests[self.choose(2)])

    def _late_report(self) -> None:
        keys = list(self.recorder.records.tasks)
        if not keys:
            return
        key = keys[self.choose(len(keys))]
        attempt = self.recorder.graph.node(key).attempt
        old = attempt - 1 if key in self.recorder.running() else attempt
        self.run(lambda recorder: recorder.finish(key, "ERROR", attempt=old))

    # --- the end ---------------------------------------------------------------------

    def drain(self, most: int = 2000) -> None:
        """Let everything that is left succeed, until the job is final."""
        self.run(lambda recorder: recorder.resume())
        self.run(lambda recorder: recorder.close())
        for _ in range(most):
            if self.recorder.graph.is_final:
                return
            self.run(lambda recorder: recorder.start())
            running = self.recorder.running()
            if running:
                key = running[0]
                self.run(lambda recorder, key=key: recorder.finish(key))  # type: ignore[misc]
            else:
                due = self.recorder.graph.next_wake or 0.0
                self.run(lambda recorder, due=due: recorder.wait_until(due))  # type: ignore[misc]
        raise AssertionError(f"the job is stuck: {self.recorder.states()}")
