"""The container of a runner's pod in which the agent is, and tasks too unless they are isolated."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from fairlead_operator.runners import layout
from fairlead_operator.runners.pod_order import PodOrder
from fairlead_operator.runners.release_record import task_list

Manifest = dict[str, Any]

COMMAND = ["python3", "-m", "fairlead.runner.pod"]


def agent_container(order: PodOrder) -> Manifest:
    """Return the container of a pod that has no other."""
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
        "volumeMounts": mounts(order),
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


def mounts(order: PodOrder) -> list[Manifest]:
    """Return the folders that are mounted in it, as a container has them."""
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
