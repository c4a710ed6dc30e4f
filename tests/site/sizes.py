"""Machine sizes that fit onto the nodes of a test cluster, which share a few processors."""

from typing import Any

from tests.cluster.native.layout import POOL_LABEL, POOLS

from fairlead_operator.manifests.install import Manifest
from fairlead_operator.manifests.sizes import machine_size

SMALL, LARGE = POOLS


def tiny_sizes() -> list[Manifest]:
    """Small and medium for the node that is for everyone, large for the tainted one."""
    return [
        _size("small", SMALL, "192Mi", growsTo="medium"),
        _size("medium", SMALL, "384Mi", growsTo="large"),
        _size("large", LARGE, "384Mi", tolerations=[_tolerates(LARGE)]),
    ]


def _size(name: str, pool: str, memory: str, **spec: Any) -> Manifest:
    labels = {POOL_LABEL: pool}
    return machine_size(
        name, cpu="10m", memory=memory, requested_memory="32Mi", node_labels=labels, **spec
    )


def _tolerates(pool: str) -> Manifest:
    return {"key": POOL_LABEL, "operator": "Equal", "value": pool, "effect": "NoSchedule"}
