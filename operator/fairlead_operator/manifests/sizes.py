"""The machine sizes that come with an installation.  They are data: change them as you like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.api.meta import API_VERSION
from fairlead_operator.manifests.install import Manifest


def machine_size(
    name: str,
    *,
    cpu: str,
    memory: str,
    requested_memory: str | None = None,
    node_labels: Mapping[str, str] | None = None,
    **spec: Any,
) -> Manifest:
    """Return a MachineSize.

    Parameters
    ----------
    name
        What tasks call it.
    cpu
        How many processors a node must have free; a task may use more while others do not.
    memory
        How much memory a task may use.
    requested_memory
        How much of it a node must have free; all of it, if that is not said.
    node_labels
        The labels of the nodes that it is for; any, if none are given.
    spec
        More of its spec.
    """
    whole: Manifest = {
        "resources": {
            "requests": {"cpu": cpu, "memory": requested_memory or memory},
            "limits": {"memory": memory},
        },
        **spec,
    }
    if node_labels:
        whole["nodeSelector"] = dict(node_labels)
    return {
        "apiVersion": API_VERSION,
        "kind": "MachineSize",
        "metadata": {"name": name},
        "spec": whole,
    }


def default_sizes() -> list[Manifest]:
    """Return small, medium and large: one, four and sixteen processors, 2 GiB to each.

    A task that runs out of memory gets its next attempt on the next larger one.
    """
    return [
        machine_size("small", cpu="1", memory="2Gi", growsTo="medium"),
        machine_size("medium", cpu="4", memory="8Gi", growsTo="large"),
        machine_size("large", cpu="16", memory="32Gi"),
    ]
