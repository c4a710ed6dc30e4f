"""What a site consists of whose operator is a process of this machine, as plain objects.

Roles and fence are those that the chart is made of; the rest is what only tests need: a store
that is a folder of this machine, and an account for whoever submits jobs from it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from fairlead_operator.manifests.fence import fence
from fairlead_operator.manifests.install import Install, Manifest
from fairlead_operator.manifests.rbac import people, rbac

RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
"""What holds every pod of a namespace to the restricted profile."""

AUTHOR = "author"
"""The account of whoever submits jobs from this machine."""

CLAIM = "fairlead-store"
"""The claim in the jobs' namespace on the folder that is the store."""

CAPACITY = "10Gi"
"""What volume and claim say; nobody measures the folder."""

CLUSTER_WIDE = (
    "ClusterRole",
    "ClusterRoleBinding",
    "PersistentVolume",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
)
"""What does not go with the site's namespaces; machine sizes belong to all sites."""


def namespaces(install: Install) -> list[Manifest]:
    """The namespaces of the operator and of jobs, whose pods keep to the restricted profile."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": {**install.labels, **RESTRICTED}},
        }
        for name in dict.fromkeys([install.namespace, *(install.watched or ())])
    ]


def access(install: Install) -> list[Manifest]:
    """Roles and fence."""
    return [*rbac(install), *people(install), *fence(install)]


def environment(install: Install, runner_image: str, store: Path | None) -> dict[str, str]:
    """The settings of an operator, as environment variables."""
    made = {
        "FAIRLEAD_OPERATOR_RELEASE": install.release,
        "FAIRLEAD_OPERATOR_NAMESPACE": install.namespace,
        "FAIRLEAD_OPERATOR_WATCH": ",".join(install.watched or ()),
        "FAIRLEAD_OPERATOR_LOG_LEVEL": "debug",
        "FAIRLEAD_RUNNER_IMAGE": runner_image,
        "FAIRLEAD_RUNNER_IMAGE_PULL_POLICY": "IfNotPresent",
    }
    if store is not None:
        made |= {
            "FAIRLEAD_RUNNER_STORE": f"file://{store}",
            "FAIRLEAD_RUNNER_STORE_CLAIM": CLAIM,
            "FAIRLEAD_RUNNER_STORE_MOUNT": str(store),
        }
    return made


def volumes(install: Install, folder: Path, spaces: Sequence[str]) -> list[Manifest]:
    """A volume and a claim for each namespace, over one folder that all nodes have."""
    made = []
    for namespace in spaces:
        made += _pair(install, folder, namespace)
    return made


def _pair(install: Install, folder: Path, namespace: str) -> list[Manifest]:
    name = install.cluster_name(f"{CLAIM}.{namespace}")
    # No class: nothing else may be given for the claim, nor the volume to another claim.
    shared = {"accessModes": ["ReadWriteMany"], "storageClassName": ""}
    claimed = {"namespace": namespace, "name": CLAIM}
    volume = {
        **shared,
        "capacity": {"storage": CAPACITY},
        "persistentVolumeReclaimPolicy": "Retain",
        "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **claimed},
        "hostPath": {"path": str(folder), "type": "Directory"},
    }
    claim = {**shared, "resources": {"requests": {"storage": CAPACITY}}, "volumeName": name}
    labels = dict(install.labels)
    return [
        _core("PersistentVolume", {"name": name, "labels": labels}, volume),
        _core("PersistentVolumeClaim", {**claimed, "labels": labels}, claim),
    ]


def _core(kind: str, metadata: Mapping[str, object], spec: Mapping[str, object]) -> Manifest:
    return {"apiVersion": "v1", "kind": kind, "metadata": dict(metadata), "spec": dict(spec)}


def author(install: Install, namespace: str) -> list[Manifest]:
    """An account that may do in the namespace what Kubernetes' own role `admin` allows."""
    metadata = {"name": AUTHOR, "namespace": namespace, "labels": dict(install.labels)}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"}
    subject = {"kind": "ServiceAccount", "name": AUTHOR, "namespace": namespace}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "subjects": [subject],
            "roleRef": role,
        },
    ]
