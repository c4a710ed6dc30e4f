"""What all jobs share: the indexes of what there is, the allocator, and the pods."""

from __future__ import annotations

from collections.abc import Callable, Collection

from fairlead_operator.runners.accounts import AccountIndex
from fairlead_operator.runners.allocator import EVERYBODY_ALIKE, Allocator
from fairlead_operator.runners.groups import GroupIndex
from fairlead_operator.runners.pod_record import PodRecord
from fairlead_operator.runners.releases import ReleaseIndex
from fairlead_operator.runners.sizes import SizeIndex
from fairlead_operator.runners.tenants import Tenants
from fairlead_operator.settings import RunnerSettings


class Shared:
    """The indexes, the allocator and the pods.

    Parameters
    ----------
    wake
        Called with the unique id of a job that may find runners now; it must only enqueue.
    tenants
        What namespaces may have.
    """

    def __init__(
        self,
        settings: RunnerSettings,
        wake: Callable[[str], None],
        tenants: Tenants = EVERYBODY_ALIKE,
    ) -> None:
        self.settings = settings
        self.releases = ReleaseIndex()
        self.sizes = SizeIndex()
        self.groups = GroupIndex()
        self.accounts = AccountIndex(settings.account)
        self.allocator = Allocator(self.sizes, self.groups, wake, tenants)
        self.pods: dict[tuple[str, str], PodRecord] = {}
        self._owned: dict[str, dict[tuple[str, str], PodRecord]] = {}
        self.holders: dict[tuple[str, str], str] = {}
        """By pod, the unique id of the job whose task it holds, or held last."""

    def pod_seen(self, pod: PodRecord, now: float) -> str:
        """Take note of a pod; return the unique id of the job that it concerns, if any."""
        self.allocator.pod_seen(pod, now)
        self._sort_in(pod)
        job = self.holders.get(pod.key) or pod.job_uid
        if pod.gone:
            self.pods.pop(pod.key, None)
            self.holders.pop(pod.key, None)
        else:
            self.pods[pod.key] = pod
        return job

    def owned_by(self, uid: str) -> Collection[PodRecord]:
        """Return the pods that a Job or a MachineGroup owns, without looking at all others."""
        return self._owned.get(uid, {}).values()

    def _sort_in(self, pod: PodRecord) -> None:
        before = self.pods.get(pod.key)
        if before is not None and (owned := self._owned.get(before.owner_uid)):
            owned.pop(pod.key, None)
            if not owned:
                del self._owned[before.owner_uid]
        if pod.owner_uid and not pod.gone:
            self._owned.setdefault(pod.owner_uid, {})[pod.key] = pod
