"""The pod of a runner.

It fits the restricted profile of pod security by construction: what bears on security is
written here.  Nothing that comes from a Release or a Job is laid over it, and from a
MachineSize only values that the profile admits (:mod:`.restricted`).
"""

from __future__ import annotations

from typing import Any

from fairlead.api import labels
from fairlead_operator.kube.kinds import JOBS
from fairlead_operator.runners import layout
from fairlead_operator.runners.pod_containers import agent_container, mounts
from fairlead_operator.runners.pod_isolated import isolate
from fairlead_operator.runners.pod_order import Owner, PodOrder
from fairlead_operator.runners.pod_patch import merged

Manifest = dict[str, Any]


def build_pod(order: PodOrder) -> Manifest:
    """Return the pod that an order asks for.

    Raises
    ------
    ValueError
        If the size has faults, which
        :meth:`~fairlead_operator.runners.sizes.SizeIndex.get` tells before.
    """
    if order.size.faults:
        raise ValueError(f"pod {order.name} cannot be made from this order")
    pod: Manifest = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": _metadata(order),
        "spec": _spec(order),
    }
    if order.size.pod_patch:
        pod = merged(pod, order.size.pod_patch)
    _mount_ours(pod, order)
    if order.isolation != "Shared":
        isolate(pod, order)
    if order.spot:
        _on_spot_nodes(pod)
    _leave_lost_nodes(pod)
    return pod


def _metadata(order: PodOrder) -> Manifest:
    made: Manifest = {
        "name": order.name,
        "namespace": order.namespace,
        "labels": _labels(order),
        "annotations": {
            layout.REUSE: order.reuse,
            layout.REUSE_SECONDS: str(order.reuse_seconds),
            layout.ISOLATION: order.isolation,
        },
    }
    if order.owner is not None:
        made["ownerReferences"] = [_reference(order.owner)]
    return made


def _reference(owner: Owner) -> Manifest:
    return {
        "apiVersion": JOBS.api_version,
        "kind": owner.kind,
        "name": owner.name,
        "uid": owner.uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }


def _labels(order: PodOrder) -> dict[str, str]:
    made = {
        labels.COMPONENT: labels.RUNNER_COMPONENT,
        labels.SIZE: order.size.name,
        labels.RELEASE: order.release.name,
        labels.ACCOUNT: order.account,
    }
    if order.job is not None:
        made[labels.JOB], made[labels.JOB_UID] = order.job
    if order.group is not None:
        made[labels.GROUP] = order.group
    return made


def _spec(order: PodOrder) -> Manifest:
    size = order.size
    made: Manifest = {
        "restartPolicy": "Never",
        "serviceAccountName": order.account,
        "automountServiceAccountToken": True,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": order.grace_seconds + layout.REPORT_SECONDS,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": layout.USER,
            "runAsGroup": layout.USER,
            "fsGroup": layout.USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "nodeSelector": dict(size.node_selector),
        "tolerations": [dict(one) for one in size.tolerations],
        "containers": [agent_container(order)],
        "volumes": _volumes(order),
    }
    if size.priority_class_name:
        made["priorityClassName"] = size.priority_class_name
    if size.runtime_class_name:
        made["runtimeClassName"] = size.runtime_class_name
    if order.installed.image_pull_secrets:
        made["imagePullSecrets"] = [{"name": name} for name in order.installed.image_pull_secrets]
    return made


# --- folders ---------------------------------------------------------------------------


def _volumes(order: PodOrder) -> list[Manifest]:
    made: list[Manifest] = [
        {"name": layout.WORK_VOLUME, "emptyDir": {}},
        {"name": layout.TMP_VOLUME, "emptyDir": {}},
    ]
    if order.release.package is not None:
        parts = [
            {"configMap": {"name": name, "items": [{"key": layout.PACKAGE_KEY, "path": f"{n:02}"}]}}
            for n, name in enumerate(order.release.package.config_maps)
        ]
        made.append({"name": layout.PACKAGE_VOLUME, "projected": {"sources": parts}})
    if order.installed.store.claim:
        claim = {"claimName": order.installed.store.claim}
        made.append({"name": layout.STORE_VOLUME, "persistentVolumeClaim": claim})
    return made


def _mount_ours(pod: Manifest, order: PodOrder) -> None:
    """See that nothing is mounted in place of our folders, wherever the store is mounted."""
    ours = mounts(order)
    taken = {one["mountPath"] for one in ours}
    container = pod["spec"]["containers"][0]
    more = [one for one in container["volumeMounts"] if one["mountPath"] not in taken]
    container["volumeMounts"] = [*ours, *more]


# --- which nodes ---------------------------------------------------------------------


def _tolerations(pod: Manifest) -> list[Manifest]:
    found: list[Manifest] = pod["spec"].setdefault("tolerations", [])
    return found


def _on_spot_nodes(pod: Manifest) -> None:
    pod["spec"].setdefault("nodeSelector", {})[layout.SPOT] = "true"
    _tolerations(pod).append({"key": layout.SPOT, "operator": "Exists"})


def _leave_lost_nodes(pod: Manifest) -> None:
    """Let a pod leave a node soon that is not ready, unless its size says otherwise.

    Kubernetes itself would wait five minutes.
    """
    named = [one.get("key") for one in _tolerations(pod)]
    for condition in ("not-ready", "unreachable"):
        key = f"node.kubernetes.io/{condition}"
        if key not in named:
            _tolerations(pod).append(
                {
                    "key": key,
                    "operator": "Exists",
                    "effect": "NoExecute",
                    "tolerationSeconds": layout.UNREADY_SECONDS,
                }
            )
