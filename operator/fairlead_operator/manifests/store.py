"""A store that is a folder: its volume, and the claim on it in each namespace."""

from __future__ import annotations

from fairlead_operator.manifests.install import Install, Manifest
from fairlead_operator.manifests.options import Volume

CAPACITY = "10Gi"
"""What both say; nobody measures the folder of a node."""


def store_volumes(install: Install, volume: Volume, namespaces: tuple[str, ...]) -> list[Manifest]:
    """Return a volume and a claim for each namespace, over one folder that all nodes have.

    Where the claims are made by somebody else, nothing is returned.
    """
    if volume.host_folder is None:
        return []
    made = []
    for namespace in namespaces:
        made += _pair(install, volume, namespace, volume.host_folder)
    return made


def _pair(install: Install, volume: Volume, namespace: str, folder: str) -> list[Manifest]:
    name = install.cluster_name(f"{volume.claim}.{namespace}")
    shared = {
        "accessModes": ["ReadWriteMany"],
        # No class: nothing else may be given for the claim, nor the volume to another claim.
        "storageClassName": "",
    }
    claimed = {"namespace": namespace, "name": volume.claim}
    persistent: Manifest = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "labels": dict(install.labels)},
        "spec": {
            **shared,
            "capacity": {"storage": CAPACITY},
            "persistentVolumeReclaimPolicy": "Retain",
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **claimed},
            "hostPath": {"path": folder, "type": "Directory"},
        },
    }
    claim: Manifest = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {**claimed, "labels": dict(install.labels)},
        "spec": {
            **shared,
            "resources": {"requests": {"storage": CAPACITY}},
            "volumeName": name,
        },
    }
    return [persistent, claim]
