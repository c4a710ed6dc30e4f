"""A small model of the API server and of runners, for the pure part of the operator only.

It keeps objects as plain JSON, merges patches, counts versions, refuses what the Tasks'
definition refuses, and can kill the operator between any two of its actions.  Everything
about Kubernetes itself is tested on a real cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from fairlead.api import labels
from fairlead.api.names import last_word, task_name
from fairlead.api.times import text
from fairlead.api.words import TASK_STATES, camel
from fairlead.core.outcomes import OutcomeKind
from fairlead.core.states import FINAL_TASK_STATES, check_transition
from fairlead_operator.jobs import actions as orders
from fairlead_operator.jobs import jobstatus
from fairlead_operator.jobs.actions import Action
from fairlead_operator.jobs.asking import Grant, Refused, Wanted
from fairlead_operator.jobs.jobrecord import JobRecord
from fairlead_operator.jobs.model import JobModel
from fairlead_operator.jobs.opening import copied_body, plan
from fairlead_operator.jobs.tasks import TaskRecord
from fairlead_operator.runners.classify import Verdict, classify, look_again
from fairlead_operator.runners.pod_record import Container, PodRecord
from fairlead_operator.runners.refusal import Refusal

NAMESPACE = "unit"
START = 1_800_000_000.0
REUSE_SECONDS = 10.0


class Crash(Exception):  # noqa: N818 (it is no error of the code under test)
    """The operator was killed."""


class Runners:
    """Gives out pods of a world; as many as ``room`` at a time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.waiting: set[str] = set()
        self.idle_since: dict[str, float] = {}
        self.refusals: dict[Callable[[Wanted], bool], Refused] = {}
        self.room = 1000
        self.reuse = True
        self.larger: dict[str, str] = {}
        self.granted: set[str] = set()
        self.not_again: Refused | None = None
        self.asked: list[str] = []

    def available(self, wanted: Wanted) -> Refused | None:
        return next((found for fits, found in self.refusals.items() if fits(wanted)), None)

    def acquire(self, wanted: Wanted, pod_name: str, now: float) -> Grant | Refused:
        size = wanted.size or "small"
        for name in sorted(self.waiting):
            pod = self.world.pods[name]
            if pod.size == size and not pod.ended and self.reuse:
                self.waiting.discard(name)
                return Grant(name, size, "release", new=False, warm=True)
        alive = {pod.name for pod in self.world.pods.values() if not pod.ended}
        if len(alive | self.granted) >= self.room:
            return Refused()
        self.granted.add(pod_name)
        return Grant(pod_name, size, "release")

    def again(self, grant: Grant, now: float) -> Refused | None:
        self.asked.append(grant.pod_name)
        return self.not_again

    def held(self, pod_name: str, now: float) -> None:
        self.waiting.discard(pod_name)

    def idle(self, pod_name: str, since: float, now: float) -> None:
        pod = self.world.pods.get(pod_name)
        if pod is not None and not pod.ended:
            self.waiting.add(pod_name)
            self.idle_since[pod_name] = now

    def overstays(self, pod_name: str, now: float) -> bool:
        return pod_name in self.waiting and now > self.idle_since[pod_name] + REUSE_SECONDS

    def leaving(self, pod_name: str, now: float) -> None:
        self.waiting.discard(pod_name)

    def give_up(self, pod_name: str, now: float, uid: str | None = None) -> None:
        self.waiting.discard(pod_name)
        self.granted.discard(pod_name)

    def pod(self, pod_name: str) -> PodRecord | None:
        pod = self.world.pods.get(pod_name)
        return None if pod is None or pod.gone else pod

    def judge(self, pod: PodRecord, now: float) -> Verdict:
        return classify(pod, now)

    def look_again(self, pod: PodRecord, now: float) -> float | None:
        return look_again(pod, now)

    def grows_to(self, size: str) -> str:
        return self.larger.get(size, "")


@dataclass
class World:
    """One job in its cluster, and the operator that looks after it.

    Attributes
    ----------
    die_after
        After how many further actions the operator is killed; None for never.
    done
        All actions that were carried out.
    refuse_pods
        With which reason pods are not made; empty where they are.
    refused_to_all
        Whether whoever gives out runners says when one is asked for again.
    writes
        How many of them were writes of Tasks' statuses, by Task.
    """

    job: dict[str, Any]
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    pods: dict[str, PodRecord] = field(default_factory=dict)
    now: float = START
    die_after: int | None = None
    done: list[Action] = field(default_factory=list)
    writes: dict[str, int] = field(default_factory=dict)
    refuse_pods: str = ""
    refused_to_all: bool = False
    hidden: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.numbers = count(1)
        self.runners = Runners(self)
        self.model: Any = None
        self.job["metadata"]["resourceVersion"] = str(next(self.numbers))

    # --- the operator ----------------------------------------------------------------------

    def operate(self) -> World:
        """Let the operator do all that it finds to do; after a crash, a new one goes on."""
        while True:
            try:
                self._operate()
            except Crash:
                self.model = None
                self.die_after = None
                self.runners.granted.clear()
                self.runners.waiting = self._waiting()
                continue
            return self

    def _waiting(self) -> set[str]:
        held = {record.pod_name for record in self.records() if record.held and not record.reported}
        return {pod.name for pod in self.pods.values() if not pod.ended} - held

    def _operate(self) -> None:
        job = JobRecord.parse(self.job)
        if job.is_final:
            self.model = None
            return
        if not job.is_opened and (not job.status_run or job.state.value in _ENDED):
            self._open(job)
            job = JobRecord.parse(self.job)
        if self.model is None:
            records = [one for one in self.records() if one.name not in self.hidden]
            self.model = JobModel(job, records, self.runners, self.now)
        model = self.model
        while actions := model.take_actions():
            for action in actions:
                self._count()
                self._apply(action)
        if model.done:
            self.model = None
            self._operate()

    def sweep(self) -> World:
        """Let the operator look at a job again that has ended, as it does for what came late."""
        job = JobRecord.parse(self.job)
        assert job.is_final
        self.model = JobModel(job, self.records(), self.runners, self.now)
        while actions := self.model.take_actions():
            for action in actions:
                self._apply(action)
        self.model = None
        return self

    def _count(self) -> None:
        if self.die_after is not None:
            if self.die_after <= 0:
                raise Crash
            self.die_after -= 1

    def _open(self, job: JobRecord) -> None:
        found = plan(job, self.job, self.records(), lambda *_: {})
        for body in found.create:
            self._count()
            self.create(body)
        for copy in found.copy:
            self._count()
            self.create(copied_body(job, copy, self.tasks[copy.old]))
        self._count()
        self._patch_job(jobstatus.opened(job, found.total, self.now))

    def _apply(self, action: Action) -> None:
        self.done.append(action)
        match action:
            case orders.PatchTask():
                self._patch_task(action.name, action.status)
            case orders.PatchJob():
                self._patch_job(action.status)
            case orders.StartTask():
                self._patch_task(action.name, action.status)
                if action.grant.new:
                    self._count()
                    self._make_pod(action.name, action.attempt, action.grant)
            case orders.CreatePod():
                self._make_pod(action.name, action.attempt, action.grant)
            case orders.DeletePod():
                self.delete_pod(action.pod_name)
            case orders.ReadTask():
                self._tell_task(action.name)
                self.model.read_again(action.name, action.attempt, self.now)
            case orders.ReadPod():
                pod = self.pods.get(action.pod_name)
                if pod is None or pod.gone:
                    self.model.pod_absent(action.name, action.pod_name, self.now)
                else:
                    self.model.pod_seen(pod, self.now)
            case orders.ListSiblings():
                for raw in list(self.tasks.values()):
                    if raw["metadata"]["labels"][labels.PARENT_ATTEMPT] == action.siblings:
                        self._tell_task(raw["metadata"]["name"])
                self.model.children_listed(action.name, action.attempt, self.now)
            case orders.DeleteTask():
                self.delete_task(action.name)
            case orders.DeleteSiblings():
                for raw in list(self.tasks.values()):
                    if raw["metadata"]["labels"][labels.PARENT_ATTEMPT] == action.siblings:
                        self.delete_task(raw["metadata"]["name"])

    def _make_pod(self, name: str, attempt: int, grant: Grant) -> None:
        if self.refuse_pods:
            refusal = Refusal(self.refuse_pods, "no room")
            until = None if self.refused_to_all else self.now + 1
            self.model.pod_refused(name, attempt, grant, refusal, self.now, until)
            return
        self.runners.granted.discard(grant.pod_name)
        assert grant.pod_name not in self.pods, "a pod is made once"
        uid = f"pod-{next(self.numbers)}"
        made = PodRecord(NAMESPACE, grant.pod_name, uid, size=grant.size, created=self.now)
        self._tell_pod(made)

    # --- objects -----------------------------------------------------------------------------

    def records(self) -> list[TaskRecord]:
        return [TaskRecord.parse(raw) for raw in self.tasks.values()]

    def create(self, body: Mapping[str, Any]) -> str:
        """Create a Task as the API server does; one that is there already stays as it is."""
        raw = deepcopy(dict(body))
        name: str = raw["metadata"]["name"]
        if name not in self.tasks:
            number = next(self.numbers)
            raw["metadata"] |= {
                "uid": f"task-{number}",
                "resourceVersion": str(number),
                "creationTimestamp": text(self.now),
            }
            raw["status"] = {"state": "Queued"}
            self.tasks[name] = raw
        self._tell_task(name)
        return name

    def _patch_task(self, name: str, status: Mapping[str, Any]) -> None:
        raw = self.tasks.get(name)
        if raw is None:
            return
        before, after = raw["status"], _merged(raw["status"], status)
        old, new = TASK_STATES[before["state"]], TASK_STATES[after["state"]]
        if old is not new:
            check_transition(old, new)
        assert after.get("attempt", 0) >= before.get("attempt", 0)
        if old in FINAL_TASK_STATES:
            for frozen in ("attempt", "podName", "outcome", "result", "children"):
                assert before.get(frozen) == after.get(frozen), frozen
        raw["status"] = after
        raw["metadata"]["resourceVersion"] = str(next(self.numbers))
        self.writes[name] = self.writes.get(name, 0) + 1
        self._tell_task(name)

    def _patch_job(self, status: Mapping[str, Any]) -> None:
        before = self.job.get("status", {})
        after = _merged(before, status)
        if before.get("state", "").upper() in _ENDED:
            same = after["state"] == before["state"]
            assert same or after["run"] > before["run"], "what a run ended with stays"
        self.job["status"] = after
        self._tell_job()

    def _tell_job(self) -> None:
        self.job["metadata"]["resourceVersion"] = str(next(self.numbers))
        if self.model is not None:
            self.model.job_seen(JobRecord.parse(self.job), self.now)

    def _tell_task(self, name: str) -> None:
        if self.model is not None and name in self.tasks and name not in self.hidden:
            self.model.task_seen(TaskRecord.parse(self.tasks[name]), self.now)

    def _tell_pod(self, pod: PodRecord) -> None:
        self.pods[pod.name] = pod
        if pod.ended:
            self.runners.waiting.discard(pod.name)
        if self.model is not None:
            self.model.pod_seen(pod, self.now)
            if pod.ended:
                self.model.runners_came(self.now)

    # --- people --------------------------------------------------------------------------------

    def change_job(self, **spec: Any) -> World:
        self.job["spec"] |= spec
        self.job["metadata"]["generation"] += 1
        self._tell_job()
        return self.operate()

    def annotate(self, key: str, desired: str) -> World:
        raw = self.raw(key)
        raw["metadata"].setdefault("annotations", {})[labels.DESIRED] = desired
        raw["metadata"]["resourceVersion"] = str(next(self.numbers))
        self._tell_task(raw["metadata"]["name"])
        return self.operate()

    def delete_task(self, name: str) -> None:
        raw = self.tasks.pop(name)
        if self.model is not None:
            self.model.task_gone(name, raw["metadata"]["uid"], self.now)

    def add(self, key: str, **spec: Any) -> World:
        """Add a task to a session."""
        job = JobRecord.parse(self.job)
        name = task_name(job.name, key, parent_uid=job.uid, run=1, attempt=0, key=key)
        self.create(
            {
                "metadata": {"name": name, "labels": _labels(job, key, f"{job.uid}.0")},
                "spec": {
                    "jobName": job.name,
                    "jobUID": job.uid,
                    "run": 1,
                    "key": key,
                    "identifier": "acme/Do",
                    "version": "v1.0",
                    **spec,
                },
            }
        )
        return self.operate()

    # --- runners ---------------------------------------------------------------------------------

    def begin(self, *keys: str) -> World:
        """Let runners begin with tasks that were given to them."""
        for key in keys:
            raw = self.raw(key)
            pod = self.pods[raw["status"]["podName"]]
            self._tell_pod(replace(pod, phase="Running", container=Container(started=self.now)))
            if raw["status"]["state"] == "Queued":
                self._report(raw, {"state": "Running", "reason": None, "startTime": text(self.now)})
        return self.operate()

    def finish(
        self,
        key: str,
        kind: OutcomeKind = OutcomeKind.SUCCEEDED,
        *children: Mapping[str, Any],
        claims: int | None = None,
        **outcome: Any,
    ) -> World:
        """Let a runner make subtasks and report the end of its attempt."""
        self.begin(key)
        raw = self.raw(key)
        for number, child in enumerate(children):
            self.submit(key, str(number), **child)
        pod = self.pods[raw["status"]["podName"]]
        status: dict[str, Any] = {
            "outcome": {
                "kind": camel(kind),
                "attempt": raw["status"]["attempt"],
                "podUID": pod.uid,
                "time": text(self.now),
                **outcome,
            },
        }
        number_of_children = len(children) if claims is None else claims
        if kind is OutcomeKind.SUCCEEDED:
            status["result"] = "1"
            if number_of_children:
                status["children"] = number_of_children
            else:
                status["state"] = "Completed"
        self._report(raw, status)
        return self.operate()

    def refuse_to_load(self, key: str) -> World:
        """Let the runner of a task say that its release hangs at import."""
        raw = self.raw(key)
        pod = self.pods[raw["status"]["podName"]]
        self._tell_pod(replace(pod, phase="Running", container=Container(started=self.now)))
        outcome = {
            "kind": "NeverStarted",
            "attempt": raw["status"]["attempt"],
            "podUID": pod.uid,
            "time": text(self.now),
            "type": "LoadTimeoutError",
            "message": "release r was not loaded after 300 s",
        }
        self._report(raw, {"outcome": outcome})
        return self.operate()

    def record(self, key: str) -> World:
        """Let a runner say that its task's code has ended and that it is recording the rest."""
        self._report(self.raw(key), {"deliveryTime": text(self.now)})
        return self.operate()

    def submit(self, parent: str, key: str, *, pod_uid: str = "", **spec: Any) -> str:
        """Let the runner of a task make one subtask; return its name."""
        raw = self.raw(parent)
        job, meta, status = JobRecord.parse(self.job), raw["metadata"], raw["status"]
        identifier = spec.setdefault("identifier", "acme/Child")
        name = task_name(
            job.name,
            last_word(identifier),
            parent_uid=meta["uid"],
            run=raw["spec"]["run"],
            attempt=status["attempt"],
            key=key,
        )
        siblings = labels.parent_attempt(meta["uid"], status["attempt"])
        return self.create(
            {
                "metadata": {"name": name, "labels": _labels(job, key, siblings)},
                "spec": {
                    "jobName": job.name,
                    "jobUID": job.uid,
                    "run": raw["spec"]["run"],
                    "key": key,
                    "version": "v1.0",
                    "title": spec.pop("title", f"{raw['spec'].get('title', parent)}/{key}"),
                    "parent": {
                        "name": meta["name"],
                        "uid": meta["uid"],
                        "attempt": status["attempt"],
                    },
                    "creator": {"podUID": pod_uid or self.pods[status["podName"]].uid},
                    **spec,
                },
            }
        )

    def _report(self, raw: dict[str, Any], status: Mapping[str, Any]) -> None:
        before = raw["status"].get("outcome")
        assert before is None, "an attempt is reported once"
        raw["status"] = _merged(raw["status"], status)
        raw["metadata"]["resourceVersion"] = str(next(self.numbers))
        self._tell_task(raw["metadata"]["name"])

    def end_pod(self, name: str, **changes: Any) -> World:
        """Let a pod end as ``changes`` say; by default it vanishes."""
        self._tell_pod(replace(self.pods[name], **(changes or {"gone": True})))
        return self.operate()

    def delete_pod(self, name: str) -> None:
        pod = self.pods.get(name)
        if pod is not None and not pod.ended:
            self._tell_pod(replace(pod, gone=True))

    # --- time ------------------------------------------------------------------------------

    def wait(self, seconds: float) -> World:
        """Let time pass; the operator wakes whenever it wants to."""
        until = self.now + seconds
        for _ in range(10_000):
            due = self.model.next_wake if self.model is not None else None
            if due is None or due > until:
                self.now = until
                return self.operate()
            self.now = max(self.now, due)
            self.model.clock_reached(self.now)
            self.operate()
        raise AssertionError("the operator wakes without end")

    # --- looking ------------------------------------------------------------------------------

    def raw(self, key: str) -> dict[str, Any]:
        """Return the newest Task of a key, written as ``a`` or ``a/0`` for its first subtask."""
        found = [raw for raw in self.tasks.values() if self.path(raw) == key]
        return max(found, key=lambda raw: (raw["spec"]["run"], self._attempts(raw)))

    def _attempts(self, raw: Mapping[str, Any]) -> tuple[int, ...]:
        parent = raw["spec"].get("parent")
        return (parent["attempt"],) if parent else (0,)

    def path(self, raw: Mapping[str, Any]) -> str:
        parent = raw["spec"].get("parent")
        if parent is None:
            return str(raw["spec"]["key"])
        above = self.tasks.get(parent["name"])
        return f"{self.path(above) if above else '?'}/{raw['spec']['key']}"

    def status(self, key: str) -> dict[str, Any]:
        status: dict[str, Any] = self.raw(key)["status"]
        return status

    def state(self, key: str) -> str:
        return str(self.status(key)["state"])

    def states(self) -> dict[str, str]:
        return {self.path(raw): self.state(self.path(raw)) for raw in self.tasks.values()}

    @property
    def job_state(self) -> str:
        return str(self.job["status"]["state"])

    def condition(self, type_: str) -> dict[str, Any]:
        return next(one for one in self.job["status"]["conditions"] if one["type"] == type_)

    def ordered(self, kind: type[Action]) -> list[Any]:
        return [action for action in self.done if isinstance(action, kind)]


_ENDED = ("COMPLETED", "FAILED", "CANCELLED")


def _labels(job: JobRecord, key: str, siblings: str) -> dict[str, str]:
    return {
        labels.JOB: job.name,
        labels.JOB_UID: job.uid,
        labels.KEY: key,
        labels.PARENT_ATTEMPT: siblings,
    }


def _merged(before: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    after = deepcopy(dict(before))
    for name, value in patch.items():
        if value is None:
            after.pop(name, None)
        else:
            after[name] = deepcopy(value)
    return after


def task(name: str, *depends_on: str, **more: Any) -> dict[str, Any]:
    """Return one of a Job's tasks."""
    made: dict[str, Any] = {"name": name, "identifier": "acme/Do", "version": "v1.0", **more}
    return made | ({"dependsOn": list(depends_on)} if depends_on else {})


def job(*tasks: Mapping[str, Any], **spec: Any) -> dict[str, Any]:
    """Return a Job as the API server shows it after it was made."""
    return {
        "metadata": {
            "name": "job",
            "namespace": NAMESPACE,
            "uid": "job-uid",
            "generation": 1,
            "creationTimestamp": text(START),
        },
        "spec": {"desired": "Running", "run": 1, **spec}
        | ({"tasks": [dict(one) for one in tasks]} if tasks else {}),
        "status": {"state": "Queued"},
    }


def world(*tasks: Mapping[str, Any], **spec: Any) -> World:
    """Return a world in which a job was just submitted and the operator has looked at it."""
    return World(job(*tasks, **spec)).operate()


def children(*numbers: Iterable[str]) -> list[dict[str, Any]]:
    """Return subtasks, each depending on the siblings whose keys are given."""
    return [{"dependsOn": list(needs)} if needs else {} for needs in numbers]
