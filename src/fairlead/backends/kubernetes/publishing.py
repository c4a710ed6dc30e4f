"""Publishing the program that a job's tasks are defined in, as a release for development."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairlead.errors import NotFoundError
from fairlead.sdk import settings
from fairlead.sdk.backend import NewJob, NewTask
from fairlead.sdk.definitions import TaskDefinition, registry

if TYPE_CHECKING:
    from fairlead.backends.kubernetes.backend import KubernetesBackend

_Key = tuple[str | None, tuple[str, ...], int]


class Publisher:
    """Publishes what this process submits, each program once.

    Parameters
    ----------
    backend
        The cluster.
    """

    def __init__(self, backend: KubernetesBackend) -> None:
        self._backend = backend
        self._guard = threading.Lock()
        self._published: dict[_Key, str] = {}

    def release_of(self, program: str | None, tasks: Sequence[NewTask]) -> str | None:
        """Return the Release that runs some tasks, published if it has not been.

        ``FAIRLEAD_RELEASE`` comes first, which also says within a task what that runs from.
        None where no code of this process defines the tasks: then whatever Release in the
        cluster has their identifiers runs them.

        Raises
        ------
        ReleaseError
            If the tasks' code cannot be packed, because it was typed at a prompt for example.
        """
        if settings.release() is not None:
            return settings.release()
        definitions = list(dict.fromkeys(_definitions(tasks)))
        if not definitions:
            return None
        file = program if program and os.path.exists(program) else None
        key = file, tuple(sorted({one.origin.source for one in definitions})), len(list(registry))
        with self._guard:
            if key not in self._published:
                self._published[key] = self._publish(file, definitions)
            return self._published[key]

    def _publish(self, program: str | None, definitions: list[TaskDefinition]) -> str:
        from fairlead.releases import dev_name, package, publish

        first = program or definitions[0].origin.file or definitions[0].origin.source
        packed = package(first, also=definitions)
        name = dev_name(packed)
        backend = self._backend
        publish(backend.rest, packed, name, backend.namespace, store=backend.storage.optional())
        return name


def _definitions(tasks: Sequence[NewTask]) -> list[TaskDefinition]:
    """Return the definitions of tasks, as far as this process has them."""
    found = (registry.find(task.identifier, task.version, task.source) for task in tasks)
    return [one for one in found if one is not None]


def publish(backend: KubernetesBackend, job: NewJob) -> str | None:
    """Return the Release of a new job; that of a clone is its original's."""
    if job.lineage is not None:
        try:
            release = backend.lookup.job(job.lineage)["spec"].get("release")
        except NotFoundError:
            release = None
        if release is not None:
            return str(release)
    return backend.publisher.release_of(job.program, job.tasks)
