"""What is asked of the allocator, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead_operator.runners.lanes import Runner
from fairlead_operator.runners.pod_record import PodRecord
from fairlead_operator.runners.sizes import Size


@dataclass(frozen=True, slots=True)
class RunnerRequest:
    """What a task needs of a runner.

    Attributes
    ----------
    job
        The unique id of its job, which waits if there is none.
    pod_name
        What a pod made for this attempt is called.
    reuse
        Which tasks may share a runner with it.
    new
        Whether it has to be that pod, because the attempt is recorded to have it already.
    """

    namespace: str
    job: str
    pod_name: str
    size: str | None
    release: str
    account: str
    group: str | None = None
    reuse: str = "WithinJob"
    isolation: str = "Shared"
    priority: int = 0
    new: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """A runner for a task.

    Attributes
    ----------
    pod_name
        A pod that is there; None where the request's own is to be made.
    warm
        Whether it is up and waits, so that the assignment itself starts the task.
    size
        The size of the runner, which a group decides for its tasks.
    """

    pod_name: str | None
    warm: bool
    size: Size


def pool_of(request: RunnerRequest, size: str) -> tuple[str, ...]:
    """Return what an idle runner must have in common with a request to be given to it."""
    sharer = _sharer(request.reuse, request.group, request.job)
    return request.namespace, request.release, size, request.account, request.isolation, sharer


def runner_asked_for(request: RunnerRequest, size: str) -> Runner:
    """Return the runner that is to be made for a request."""
    return Runner(
        key=(request.namespace, request.pod_name),
        size=size,
        group=request.group or "",
        release=request.release,
        account=request.account,
        pool=pool_of(request, size),
        reuse="AcrossJobs" if request.group else request.reuse,
    )


def runner_seen(pod: PodRecord) -> Runner:
    """Return the runner that a pod is."""
    sharer = _sharer(pod.reuse, pod.group, pod.job_uid)
    return Runner(
        key=pod.key,
        size=pod.size,
        group=pod.group,
        release=pod.release,
        account=pod.account,
        pool=(pod.namespace, pod.release, pod.size, pod.account, pod.isolation, sharer),
        reuse=pod.reuse,
        reuse_seconds=float(pod.reuse_seconds),
        seen=True,
    )


def _sharer(reuse: str, group: str | None, job: str) -> str:
    if group:
        return f"group/{group}"
    return "*" if reuse == "AcrossJobs" else f"{reuse}/{job}"
