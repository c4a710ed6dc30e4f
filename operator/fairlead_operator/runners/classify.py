"""How a runner's pod ended, or what it is stuck at: an ordered chain of small rules.

A runner's own report always wins; this is for pods that left none.  The first rule that
has an answer decides.  The order is the specification:

1. What the cluster ended on purpose is a disruption, whatever its program did then.
2. A pod that ended on its own says how: out of memory, never started, lost.
3. A pod that is to be gone and stays was on a node that is lost.
4. A pod that does not start is stuck; after its size's time it counts as never started.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fairlead.core.outcomes import OutcomeKind
from fairlead_operator.runners.failures import FAILURES, explained
from fairlead_operator.runners.pod_record import Container, PodRecord
from fairlead_operator.runners.sizes import NODE_LOST_SECONDS

IMAGE_PATIENCE = 300.0
"""Seconds after which a runner counts as never started whose image or container cannot be
had, where its size says nothing: registries and missing Secrets may be mended meanwhile."""

STARTING_PATIENCE = 60.0
"""Seconds on its node after which people are told that a runner is still not starting."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what is waited for.

    Attributes
    ----------
    start
        Seconds a runner may take to start, as its size says; None for the defaults.
    node_lost
        Seconds after the time at which a deleted pod was to be gone.
    """

    start: float | None = None
    node_lost: float = NODE_LOST_SECONDS


class _Explained:
    """A reason, which is a key of :data:`~.failures.FAILURES`, and what the cluster says."""

    __slots__ = ()
    reason: str
    message: str

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return FAILURES[self.reason].remedy

    @property
    def explained(self) -> str:
        """The message with the remedy behind it."""
        return explained(self.reason, self.message)


@dataclass(frozen=True, slots=True)
class Ending(_Explained):
    """The attempt that the pod held has ended.

    Attributes
    ----------
    kind
        How it counts.
    """

    kind: OutcomeKind
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Stuck(_Explained):
    """The pod does not start, which people should know; it may still come right.

    Attributes
    ----------
    until
        When it counts as never started; None if it may wait for ever.
    """

    reason: str
    message: str
    until: float | None = None


Verdict = Ending | Stuck | None
_Rule = Callable[[PodRecord, float, Patience], Verdict]
_DEFAULT = Patience()


def classify(pod: PodRecord, now: float, patience: Patience = _DEFAULT) -> Verdict:
    """Return how a pod ended, what it is stuck at, or None if all is well.

    A pod that ended although nothing went wrong has ended as Lost: whoever asks knows
    that a task named it and has no report.
    """
    for rule in CHAIN:
        verdict = rule(pod, now, patience)
        if verdict is not None:
            return verdict
    return None


def look_again(pod: PodRecord, now: float, patience: Patience = _DEFAULT) -> float | None:
    """Return when the answer of :func:`classify` may change without an event, or None."""
    if pod.ended:
        return None
    if pod.deletion is not None:
        return pod.deletion + patience.node_lost
    verdict = classify(pod, now, patience)
    if isinstance(verdict, Stuck):
        return verdict.until
    return None if verdict or pod.started else _told_of(pod, patience)


def _told_of(pod: PodRecord, patience: Patience) -> float:
    """Return when people are told that a pod has not started, or it counts as such at once."""
    since = pod.created if pod.scheduled is None else pod.scheduled
    limit = STARTING_PATIENCE if patience.start is None else patience.start
    return since + min(STARTING_PATIENCE, limit)


def not_begun(ending: Ending) -> Ending:
    """Return an ending as it counts where the runner had not yet begun with the task.

    A runner that ends by itself then would end like that again, so there is to be a pause
    before the next one; and nothing of the task can have used up its memory.
    """
    if ending.reason not in ("Lost", "OutOfMemory"):
        return ending
    return _ending("RunnerCrashed", ending.message)


# --- pods that the cluster ended -------------------------------------------------------

DISRUPTIONS: Mapping[str, str] = {
    "PreemptionByScheduler": "Preempted",
    "PreemptionByKubeScheduler": "Preempted",
    "DeletionByTaintManager": "NodeTainted",
    "EvictionByEvictionAPI": "Evicted",
    "DeletionByPodGC": "NodeLost",
    "TerminationByKubelet": "Evicted",
}
"""Reason of the condition DisruptionTarget -> way to fail."""

ENDED_BY_CLUSTER: Mapping[str, str] = {
    "Evicted": "Evicted",
    "Preempting": "Preempted",
    "NodeLost": "NodeLost",
    "Shutdown": "NodeShutdown",
    "NodeShutdown": "NodeShutdown",
    "Terminated": "NodeShutdown",
    "DeadlineExceeded": "DeadlineExceeded",
}
"""Reason of a failed pod's status -> way to fail."""


def _disrupted(pod: PodRecord, now: float, patience: Patience) -> Verdict:
    if not pod.disrupted or not pod.ended:
        return None
    return _ending(_disruption(pod), pod.disrupted_message or pod.message)


def _disruption(pod: PodRecord) -> str:
    """Return which disruption a condition means, made plainer by the pod's own reason."""
    plain = DISRUPTIONS.get(pod.disrupted, "Disrupted")
    if pod.disrupted in ("TerminationByKubelet", "DeletionByTaintManager"):
        return ENDED_BY_CLUSTER.get(pod.reason, plain)
    return plain


def _ended_by_cluster(pod: PodRecord, now: float, patience: Patience) -> Verdict:
    reason = ENDED_BY_CLUSTER.get(pod.reason)
    return _ending(reason, pod.message) if pod.ended and reason else None


# --- pods that ended on their own ---------------------------------------------------------


def _out_of_memory(pod: PodRecord, now: float, patience: Patience) -> Verdict:
    # An agent beside isolated tasks has memory of its own, which they do not use up.
    found = pod.container if pod.task_container is None else pod.task_container
    if found is None or found.ended != "OOMKilled" or not pod.ended:
        return None
    return _ending("OutOfMemory", "The kernel killed the runner: its memory was used up.")


def _start_error(pod: PodRecord, now: float, patience: Patience) -> Verdict:
    for found in _containers(pod):
        if found.ended in ("StartError", "ContainerCannotRun"):
            return _ending("StartError", _last_line(found.message))
    return None


def _containers(pod: PodRecord) -> list[Container]:
    return [one for one in (pod.container, pod.task_container) if one is not None]


def _deleted(pod: PodRecord, now: float, patience: Patience) -> Verdict:
    if not pod.ended or (pod.deletion is None and not pod.gone):
        return None
    return _ending("PodDeleted", f"Pod {pod.name} was deleted.")


def _never_ran(pod: PodRecord, now: float, patience: Patience) -> Verdict:
    if not pod.ended or pod.started:
        return None
    if pod.reason.startswith(("OutOf", "Node")) or pod.reason in NODE_REFUSALS:
        return _ending("NodeRefused", f"{pod.reason}: {pod.message}")
    said = pod.message or (pod.container.message if pod.container else "") or pod.reason
    return _ending("NeverStarted", said or f"Pod {pod.name} ended before it had started.")


NODE_REFUSALS = frozenset(
    {"UnexpectedAdmissionError", "InvalidNodeInfo", "TopologyAffinityError", "ResourceAllocation"}
)
"""Reasons of pods that a node would not take, besides OutOfcpu, OutOfmemory, NodeAffinity ..."""


def _lost(pod: PodRecord, now: float, patience: Patience) -> Verdict:
    if not pod.ended:
        return None
    code = pod.container.exit_code if pod.container else None
    how = f"Pod {pod.name} ended without a report"
    if code is None:
        return _ending("Lost", f"{how}.")
    said = _last_line(pod.container.message) if pod.container else ""
    tail = f"; it wrote last: {said}" if said else "."
    return _ending("Lost", f"{how}, {_exit(code)}{tail}")


def _exit(code: int) -> str:
    if code > 128:
        return f"by signal {code - 128}"
    return f"with exit code {code}"


# --- pods that are still there ----------------------------------------------------------------


def _node_lost(pod: PodRecord, now: float, patience: Patience) -> Verdict:
    if pod.deletion is None or now < pod.deletion + patience.node_lost:
        return None
    where = f"its node {pod.node}" if pod.node else "its node"
    return _ending(
        "NodeLost",
        f"Pod {pod.name} was to be gone {patience.node_lost:.0f} s ago and is not:"
        f" {where} does not answer.",
    )


def _unscheduled(pod: PodRecord, now: float, patience: Patience) -> Verdict:
    if pod.scheduled is not None or pod.node or pod.deletion is not None:
        return None
    until = None if patience.start is None else pod.created + patience.start
    if not pod.unscheduled:
        message = f"No scheduler has looked at pod {pod.name} yet."
        return (
            None if now < _told_of(pod, patience) else _stuck("Unschedulable", message, until, now)
        )
    reason = "SchedulingGated" if pod.unscheduled == "SchedulingGated" else "Unschedulable"
    return _stuck(reason, pod.unscheduled_message, until, now)


WAITING: Mapping[str, str] = {
    "ErrImagePull": "ImagePull",
    "ImagePullBackOff": "ImagePull",
    "ImageInspectError": "ImagePull",
    "RegistryUnavailable": "ImagePull",
    "SignatureValidationFailed": "ImagePull",
    "ErrImageNeverPull": "ImagePull",
    "InvalidImageName": "InvalidImageName",
    "CreateContainerConfigError": "ContainerConfig",
    "CreateContainerError": "ContainerConfig",
    "PreCreateHookError": "ContainerConfig",
    "PreStartHookError": "ContainerConfig",
    "PostStartHookError": "ContainerConfig",
    "RunContainerError": "StartError",
}
"""Reason for which a container waits -> way to fail."""

HOPELESS = frozenset({"InvalidImageName"})
"""What waiting cannot mend."""


def _container_waits(pod: PodRecord, now: float, patience: Patience) -> Verdict:
    waiting = [one for one in _containers(pod) if one.waiting in WAITING]
    if not waiting or pod.deletion is not None:
        return None
    found = waiting[0]
    reason = WAITING[found.waiting]
    message = _pull_problem(found) if reason == "ImagePull" else _said(found)
    if reason in HOPELESS:
        return _ending(reason, message)
    since = pod.scheduled or pod.created
    limit = IMAGE_PATIENCE if patience.start is None else patience.start
    return _stuck(reason, message, since + limit, now)


def _said(container: Container) -> str:
    return ": ".join(text for text in (container.waiting, container.message) if text)


def _pull_problem(container: Container) -> str:
    """Return why an image cannot be had, the same whether it is tried or paused just now."""
    said = container.message
    if said.startswith("Back-off"):
        said = said.partition("ErrImagePull: ")[2]
    return f"Image {container.image} cannot be had" + (f": {said}" if said else ".")


def _not_starting(pod: PodRecord, now: float, patience: Patience) -> Verdict:
    if pod.started or pod.scheduled is None or pod.deletion is not None:
        return None
    if now < _told_of(pod, patience):
        return None
    until = None if patience.start is None else pod.scheduled + patience.start
    waits_for = "its image" if pod.prepared else "its volumes and network"
    message = f"Pod {pod.name} waits on node {pod.node or '?'} for {waits_for}."
    return _stuck("NotStarting", message, until, now)


CHAIN: tuple[_Rule, ...] = (
    _disrupted,
    _ended_by_cluster,
    _out_of_memory,
    _start_error,
    _deleted,
    _never_ran,
    _lost,
    _node_lost,
    _unscheduled,
    _container_waits,
    _not_starting,
)
"""The rules in the order in which they are asked."""


def _ending(reason: str, message: str) -> Ending:
    kind = FAILURES[reason].kind
    assert kind is not None, f"{reason} is no way to end"
    return Ending(kind, reason, message.strip() or FAILURES[reason].meaning)


def _stuck(reason: str, message: str, until: float | None, now: float) -> Verdict:
    if until is not None and now >= until:
        return _ending(reason, message)
    return Stuck(reason, message.strip() or FAILURES[reason].meaning, until)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""
