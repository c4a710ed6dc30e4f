"""The size that a task is counted under, whether it has a runner already or not."""

from __future__ import annotations

from fairlead_operator.driving.lent import Shared
from fairlead_operator.driving.seen import Seen, Sort
from fairlead_operator.runners.refusal import Refusal
from fairlead_operator.runners.sizes import DEFAULT_SIZE

UNKNOWN = "unknown"
"""The size of tasks that name one which is not there: such names have no bound."""


class Sizing:
    """Finds sizes."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def of(self, seen: Seen, sort: Sort) -> str:
        """Return the size of a job's tasks of one sort."""
        if sort.size:
            return self.named(sort.size)
        job = seen.record
        group = sort.group or (job.group if job is not None else "")
        if group:
            found = self._shared.groups.known(seen.namespace, group)
            return self.named(found.size or DEFAULT_SIZE) if found is not None else UNKNOWN
        if job is not None and job.size:
            return self.named(job.size)
        release = self._shared.releases.choose(
            sort.identifier,
            sort.version,
            sort.release or (job.release if job is not None else "") or None,
            seen.namespace,
        )
        defined = "" if isinstance(release, Refusal) else release.definition.machine_size
        return self.named(defined or DEFAULT_SIZE)

    def named(self, name: str) -> str:
        """Return a size's name, if there is such a size."""
        return name if self._shared.sizes.known(name) is not None else UNKNOWN
