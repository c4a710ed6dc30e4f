"""Jobs of several namespaces that want runners of one size, driven as the operator does it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from tests.unit.operator.runners.allocation import World, record
from tests.unit.operator.runners.given import added, size_object

from fairlead_operator.runners.request import Grant
from fairlead_operator.runners.tenants import Tenants


@dataclass
class Job:
    """A job with so many tasks that can start."""

    namespace: str
    name: str
    queued: int
    priority: int = 0
    done: int = 0


class Market:
    """One machine size and who wants its runners.

    Whoever is woken asks until it is refused, in the order in which they were woken.
    """

    def __init__(self, tenants: Tenants, bound: int) -> None:
        self.tenants = tenants
        self.bound = bound
        self.world = World(tenants=tenants, maxRunners=bound)
        self.jobs: dict[str, Job] = {}
        self.running: dict[tuple[str, str], Job] = {}
        self.granted: list[str] = []
        self._numbers = count()

    # --- what happens -----------------------------------------------------------------

    def job(self, namespace: str, tasks: int, priority: int = 0, name: str = "") -> Job:
        """Let a job come, and ask."""
        name = name or f"job{next(self._numbers)}"
        job = self.jobs[name] = Job(namespace, name, tasks, priority)
        self._ask(job)
        self.settle()
        return job

    def settle(self) -> None:
        """Let those who were woken ask, and see that runners end which make room."""
        while True:
            woken, self.world.woken[:] = list(self.world.woken), []
            ends = self.world.allocator.take_ends()
            if not woken and not ends:
                return
            for name in woken:
                self._ask(self.jobs[name])
            for namespace, pod in ends:
                self.world.end(pod, namespace)

    def _ask(self, job: Job) -> None:
        while job.queued:
            name = f"{job.name}-{next(self._numbers)}"
            more = {"namespace": job.namespace, "priority": job.priority}
            found = self.world.ask(job.name, name, **more)
            if not isinstance(found, Grant):
                return
            job.queued -= 1
            self.granted.append(job.name)
            pod = found.pod_name or name
            assert (job.namespace, pod) not in self.running
            self.running[job.namespace, pod] = job
            if found.pod_name is None:
                self.world.see(record(pod, job.name, namespace=job.namespace))

    def finish(self, number: int) -> None:
        """Let one of the tasks end that run, and its runner wait for the next."""
        if self.running:
            self._finish(sorted(self.running)[number % len(self.running)])

    def finish_all(self) -> None:
        """Let every task end that runs now."""
        for key in sorted(self.running):
            self._finish(key)

    def _finish(self, key: tuple[str, str]) -> None:
        job = self.running.pop(key)
        job.done += 1
        self.world.idle(key[1], key[0])
        self._ask(job)
        self.settle()

    def exit(self, number: int) -> bool:
        """Let one of the runners end with its task; return whether there was one."""
        if not self.running:
            return False
        # By namespace and job, as names of pods differ after a restart.
        keys = sorted(self.running, key=lambda key: (self.running[key].name, key))
        key = keys[number % len(keys)]
        self.running.pop(key).done += 1
        self.world.end(key[1], key[0])
        self.settle()
        return True

    def pass_time(self, seconds: float) -> None:
        """Let time pass, in which those ask who are reminded."""
        self.world.now += seconds
        self.world.allocator.tick(self.world.now)
        self.settle()

    def bind(self, bound: int) -> None:
        """Change how many runners there may be."""
        self.bound = bound
        self.world.sizes.observe(added(size_object("small", maxRunners=bound)))
        self.world.allocator.bounds_changed(self.world.now)
        self.settle()

    def restarted(self) -> Market:
        """Return a market of the same jobs and pods whose allocator knows nothing else."""
        again = Market(self.tenants, self.bound)
        again.world.now = self.world.now
        again._numbers = count(10**6)
        again.jobs = {name: Job(**vars(job)) for name, job in self.jobs.items()}
        for (namespace, pod), job in self.running.items():
            again.running[namespace, pod] = again.jobs[job.name]
            again.world.see(record(pod, job.name, namespace=namespace))
            again.world.allocator.held(namespace, pod, job.name, again.world.now)
        again.world.allocator.synced(again.world.now)
        for job in again.jobs.values():
            again.world.now += 0.01
            again._ask(job)
        again.settle()
        return again

    # --- what holds ---------------------------------------------------------------------

    def had(self, namespace: str) -> int:
        """Return how many runners have a task of a namespace."""
        return sum(key[0] == namespace for key in self.running)

    def check_limits(self) -> None:
        """See that no namespace has more runners than it may."""
        for namespace, limit in self.tenants.limits.items():
            runners = [one for one in self.world.allocator.runners() if one.namespace == namespace]
            assert len(runners) <= limit

    def check_nothing_left_over(self) -> None:
        """See that no room is left while somebody waits who may have it."""
        if self.world.allocator.count("small") >= self.bound:
            return
        for job in self.jobs.values():
            limit = self.tenants.limit_of(job.namespace)
            if job.queued and (limit is None or self.had(job.namespace) < limit):
                raise AssertionError(f"{job} could have a runner")
