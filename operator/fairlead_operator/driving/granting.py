"""Runners for one job, from the indexes and the allocator that all jobs share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from fairlead_operator.driving.lent import Shared
from fairlead_operator.jobs.asking import Grant, Refused, Wanted
from fairlead_operator.jobs.jobrecord import JobRecord
from fairlead_operator.runners.classify import Patience, Verdict, classify, look_again
from fairlead_operator.runners.pod import build_pod
from fairlead_operator.runners.pod_order import Owner, PodOrder, in_group
from fairlead_operator.runners.pod_record import PodRecord
from fairlead_operator.runners.refusal import Refusal
from fairlead_operator.runners.releases import ChosenRelease
from fairlead_operator.runners.request import RunnerRequest
from fairlead_operator.runners.sizes import Size


class Details(NamedTuple):
    """What a pod is made from, kept in the grant until it is made."""

    release: ChosenRelease
    size: Size
    account: str
    group: str


class Granting:
    """The runners of one job; an implementation of :class:`~.jobs.asking.Runners`."""

    def __init__(self, shared: Shared, job: JobRecord) -> None:
        self._shared = shared
        self.job = job
        self._given_up: dict[str, PodRecord] = {}

    # --- giving --------------------------------------------------------------------------

    def available(self, wanted: Wanted) -> Refused | None:
        """Say what keeps all tasks that want this from running, whatever comes free."""
        found = self._resolve(wanted)
        return found if isinstance(found, Refused) else None

    def _resolve(self, wanted: Wanted) -> tuple[ChosenRelease, str, str | None] | Refused:
        shared, job = self._shared, self.job
        release = shared.releases.choose(
            wanted.identifier, wanted.version, wanted.release or None, job.namespace
        )
        if isinstance(release, Refusal):
            return _refused(release)
        group = shared.groups.known(job.namespace, wanted.group) if wanted.group else None
        named = job.account if group is None else group.account
        account = shared.accounts.choose(job.namespace, named or None)
        if isinstance(account, Refusal):
            return _refused(account)
        name = wanted.size or release.definition.machine_size
        if not wanted.group:
            size = shared.sizes.get(name)
            if isinstance(size, Refusal):
                return _refused(size)
        return release, account, name

    def acquire(self, wanted: Wanted, pod_name: str, now: float) -> Grant | Refused:
        """Give a runner, or leave to make one of that name; the job is woken after a refusal."""
        found = self._resolve(wanted)
        if isinstance(found, Refused):
            return found
        release, account, size = found
        request = self._request(pod_name, size, release, account, wanted.group)
        grant = self._shared.allocator.acquire(request, now)
        if isinstance(grant, Refusal):
            return _refused(grant)
        name = grant.pod_name or pod_name
        self._shared.holders[self.job.namespace, name] = self.job.uid
        return Grant(
            name,
            grant.size.name,
            release.name,
            new=grant.pod_name is None,
            warm=grant.warm,
            details=Details(release, grant.size, account, wanted.group),
        )

    def again(self, grant: Grant, now: float) -> Refused | None:
        """Ask once more for a pod that was granted and then refused; None if it may be made."""
        made: Details = grant.details
        request = self._request(
            grant.pod_name, made.size.name, made.release, made.account, made.group
        )
        found = self._shared.allocator.acquire(replace(request, new=True), now)
        return _refused(found) if isinstance(found, Refusal) else None

    def _request(
        self, pod_name: str, size: str | None, release: ChosenRelease, account: str, group: str
    ) -> RunnerRequest:
        job = self.job
        return RunnerRequest(
            namespace=job.namespace,
            job=job.uid,
            pod_name=pod_name,
            size=size,
            release=release.name,
            account=account,
            group=group or None,
            reuse=job.reuse,
            isolation=job.isolation,
            priority=job.priority,
        )

    # --- what becomes of them ------------------------------------------------------------

    def held(self, pod_name: str, now: float) -> None:
        """Note that a task which was found recorded holds a pod."""
        self._shared.holders[self.job.namespace, pod_name] = self.job.uid
        self._shared.allocator.held(self.job.namespace, pod_name, self.job.uid, now)

    def idle(self, pod_name: str, since: float, now: float) -> None:
        """Note that a pod has reported the end of its task."""
        self._shared.allocator.idle(self.job.namespace, pod_name, since, now)

    def overstays(self, pod_name: str, now: float) -> bool:
        """Say whether a pod is there that has no task and should have ended by itself."""
        return self._shared.allocator.overstays(self.job.namespace, pod_name, now)

    def leaving(self, pod_name: str, now: float) -> None:
        """Note that a pod has reported and is about to end."""
        self._shared.allocator.idle(self.job.namespace, pod_name, now, now)
        self._shared.allocator.end(self.job.namespace, pod_name, now)

    def give_up(self, pod_name: str, now: float, uid: str | None = None) -> None:
        """Note that a pod will not be made; with ``uid``, that its node is lost."""
        self._shared.holders.pop((self.job.namespace, pod_name), None)
        self._shared.allocator.give_up(self.job.namespace, pod_name, now, uid=uid)

    # --- pods ----------------------------------------------------------------------------

    def pod(self, pod_name: str) -> PodRecord | None:
        """Return what is known of a pod."""
        return self._shared.pods.get((self.job.namespace, pod_name))

    def judge(self, pod: PodRecord, now: float) -> Verdict:
        """Say how a pod ended, or why it does not come up."""
        return classify(pod, now, self._patience(pod))

    def look_again(self, pod: PodRecord, now: float) -> float | None:
        """Say when that may change without an event."""
        return look_again(pod, now, self._patience(pod))

    def _patience(self, pod: PodRecord) -> Patience:
        size = self._shared.sizes.get(pod.size or None)
        if isinstance(size, Refusal):
            return Patience()
        return Patience(size.start_timeout, size.node_lost_seconds)

    def grows_to(self, size: str) -> str:
        """Return the size to use after running out of memory on this one, or nothing."""
        found = self._shared.sizes.get(size or None)
        return "" if isinstance(found, Refusal) else found.grows_to or ""

    # --- making --------------------------------------------------------------------------

    def order(self, grant: Grant, task: str, attempt: int, grace: int) -> dict[str, Any]:
        """Return the pod that a grant stands for."""
        details: Details = grant.details
        job = self.job
        group = self._shared.groups.known(job.namespace, details.group) if details.group else None
        across = job.reuse == "AcrossJobs"
        order = PodOrder(
            name=grant.pod_name,
            namespace=job.namespace,
            # What other jobs may go on using does not end with this one.
            owner=None if across else Owner("Job", job.name, job.uid),
            job=None if across else (job.name, job.uid),
            size=details.size,
            release=details.release,
            account=details.account,
            installed=self._shared.settings,
            task=task,
            attempt=attempt,
            reuse=job.reuse,
            reuse_seconds=job.reuse_seconds,
            grace_seconds=grace,
            isolation=job.isolation,
        )
        return build_pod(order if group is None else in_group(order, group))


def _refused(refusal: Refusal) -> Refused:
    if refusal.ordinary:
        return Refused()
    return Refused(refusal.reason, refusal.message, refusal.final)


def defaults(shared: Shared, namespace: str, job_release: str) -> Any:
    """Return what definitions say where tasks do not, as :data:`~.jobs.opening.Defaults`."""

    def found(identifier: str, version: str, release: str) -> Mapping[str, Any]:
        chosen = shared.releases.choose(
            identifier, version, release or job_release or None, namespace
        )
        if isinstance(chosen, Refusal):
            return {}
        definition = chosen.definition
        retry, timeout = definition.retry, definition.timeout_seconds
        made = {
            "retry": None
            if retry is None
            else {
                "limit": retry.limit,
                "backoffSeconds": int(retry.backoff_seconds),
                "maxBackoffSeconds": int(retry.max_backoff_seconds),
            },
            "timeoutSeconds": None if timeout is None else int(timeout),
            "maxParallel": definition.max_parallel,
        }
        return {name: value for name, value in made.items() if value is not None}

    return found
