"""The pod of a runner.

It fits the restricted profile of pod security by construction: what bears on security is
written here.  Nothing that comes from a Release or a Job is laid over it, and from a
MachineSize only values that the profile admits (:mod:`.restricted`).
"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from fairlead.api import labels
from fairlead_operator.kube.kinds import JOBS
from fairlead_operator.runners import layout
from fairlead_operator.runners.failures import explained
from fairlead_operator.runners.pod_order import Owner, PodOrder
from fairlead_operator.runners.pod_patch import merged
from fairlead_operator.runners.refusal import Refusal, Remedy
from fairlead_operator.runners.release_record import task_list

Manifest = dict[str, Any]

COMMAND = ["python3", "-m", "fairlead.runner.pod"]


def build_pod(order: PodOrder) -> Manifest:
    """Return the pod that an order asks for.

    Raises
    ------
    ValueError
        If the size has faults or the isolation is not supported, which
        :meth:`~fairlead_operator.runners.sizes.SizeIndex.get` and :func:`unsupported` tell
        before.
    """
    if order.size.faults or unsupported(order.isolation):
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
    if order.spot:
        _on_spot_nodes(pod)
    _leave_lost_nodes(pod)
    return pod


def unsupported(isolation: str) -> Refusal | None:
    """Return why no pod can be made for a kind of isolation, or None."""
    if isolation == "Shared":
        return None
    reason = "IsolationUnsupported"
    message = f"isolation: {isolation} cannot be had yet."
    return Refusal(reason, explained(reason, message), Remedy.NONE)


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
        "containers": [_container(order)],
        "volumes": _volumes(order),
    }
    if size.priority_class_name:
        made["priorityClassName"] = size.priority_class_name
    if size.runtime_class_name:
        made["runtimeClassName"] = size.runtime_class_name
    if order.installed.image_pull_secrets:
        made["imagePullSecrets"] = [{"name": name} for name in order.installed.image_pull_secrets]
    return made


def _container(order: PodOrder) -> Manifest:
    made: Manifest = {
        "name": layout.CONTAINER,
        "image": order.release.image or order.installed.image,
        "command": list(COMMAND),
        "workingDir": layout.WORK_PATH,
        "env": _variables(order),
        "resources": deepcopy(dict(order.size.resources)),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "privileged": False,
        },
        "ports": [{"name": "health", "containerPort": layout.HEALTH_PORT}],
        # A runner on a busy node may be slow; only one that hangs for two minutes is ended.
        "livenessProbe": {
            "httpGet": {"path": layout.HEALTH_PATH, "port": layout.HEALTH_PORT},
            "initialDelaySeconds": 20,
            "periodSeconds": 20,
            "timeoutSeconds": 10,
            "failureThreshold": 6,
        },
        # What a runner without a report wrote last is then in the pod's status.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": _mounts(order),
    }
    pull = (order.release if order.release.image else order.installed).image_pull_policy
    if pull:
        made["imagePullPolicy"] = pull
    if order.installed.store.secret:
        made["envFrom"] = [{"secretRef": {"name": order.installed.store.secret}}]
    return made


# --- what the agent is told ---------------------------------------------------------


def _variables(order: PodOrder) -> list[Manifest]:
    made: list[Manifest] = [
        {"name": f"FAIRLEAD_{name}", "valueFrom": {"fieldRef": {"fieldPath": path}}}
        for name, path in (
            ("POD_NAME", "metadata.name"),
            ("POD_UID", "metadata.uid"),
            ("NAMESPACE", "metadata.namespace"),
        )
    ]
    made.append({"name": "FAIRLEAD_RUNNER", "value": runner_variable(order)})
    store = order.installed.store
    url = f"file://{store.mount}" if store.claim else store.url
    if url:
        made.append({"name": "FAIRLEAD_STORE", "value": url})
    # The user has no entry in the image's list of users, and the root is read-only.
    made.append({"name": "HOME", "value": layout.TMP_PATH})
    return made


def runner_variable(order: PodOrder) -> str:
    """Return what the agent reads from ``FAIRLEAD_RUNNER``, as JSON."""
    job = {"name": order.job[0], "uid": order.job[1]} if order.job else None
    told = {
        "task": order.task,
        "attempt": order.attempt,
        "job": job,
        "group": order.group,
        "size": order.size.name,
        "memoryBytes": order.size.memory_bytes,
        "reuse": order.reuse,
        "reuseSeconds": order.reuse_seconds,
        "graceSeconds": order.grace_seconds,
        "loadSeconds": order.size.start_timeout or order.installed.load_seconds,
        "release": _told_release(order),
    }
    # Kubernetes replaces $(NAME) in values; $$ stands for a dollar sign.
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace("$", "$$")


def _told_release(order: PodOrder) -> Manifest:
    release = order.release
    code = release.package or release.archive
    return {
        "name": release.name,
        "sha256": code.sha256 if code else None,
        "size": code.size if code else None,
        "package": release.package is not None,
        "archive": release.archive.key if release.archive else None,
        "tasks": task_list(release.tasks),
    }


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


def _mounts(order: PodOrder) -> list[Manifest]:
    made: list[Manifest] = [
        {"name": layout.WORK_VOLUME, "mountPath": layout.WORK_PATH},
        {"name": layout.TMP_VOLUME, "mountPath": layout.TMP_PATH},
    ]
    if order.release.package is not None:
        package = {"name": layout.PACKAGE_VOLUME, "mountPath": layout.PACKAGE_PATH}
        made.append({**package, "readOnly": True})
    store = order.installed.store
    if store.claim:
        made.append({"name": layout.STORE_VOLUME, "mountPath": store.mount})
    return made


def _mount_ours(pod: Manifest, order: PodOrder) -> None:
    """See that nothing is mounted in place of our folders, wherever the store is mounted."""
    ours = _mounts(order)
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
