"""What users note about a task: an annotation of its object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from fairlead.api import labels
from fairlead.backends.kubernetes.asking import until
from fairlead.backends.kubernetes.kinds import TASKS
from fairlead.backends.kubernetes.words import Object, name_of

if TYPE_CHECKING:
    from fairlead.backends.kubernetes.backend import KubernetesBackend


def noted(task: Object) -> dict[str, str]:
    """Return what is noted about a task."""
    text = (task["metadata"].get("annotations") or {}).get(labels.METADATA)
    return dict(json.loads(text)) if text else {}


def note(backend: KubernetesBackend, id: str, metadata: Mapping[str, str]) -> None:
    """Replace what is noted about a task, once it has an object."""
    names: list[str] = []

    def made() -> bool:
        names[:] = [name_of(backend.lookup.task(id))]
        return bool(names[0])

    until(made, f"the submission of task {id}")
    text = json.dumps(dict(sorted(metadata.items())), ensure_ascii=False)
    body = {"metadata": {"annotations": {labels.METADATA: text}}}
    backend.rest.patch(TASKS, backend.namespace, names[0], body)
