"""``isolation: Sidecar``: tasks in a container of their own, out of reach of the token.

The pod is first made as if they were not isolated, patch included.  Then its container becomes
the one for tasks, without what only an agent needs, and the agent gets another beside it, with
the installation's image: what is in a release's own is the code of whoever published it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fairlead_operator.runners import layout
from fairlead_operator.runners.pod_containers import COMMAND, agent_container, mounts
from fairlead_operator.runners.pod_order import PodOrder

Manifest = dict[str, Any]

TASK_COMMAND = ["python3", "-m", "fairlead.runner.pod.sidecar"]

TOKEN_SECONDS = 3607
"""How long a token is valid, as in any other pod; the kubelet renews it."""


def isolate(pod: Manifest, order: PodOrder) -> None:
    """Part the container for tasks of a pod from its agent."""
    spec = pod["spec"]
    spec["automountServiceAccountToken"] = False
    spec["shareProcessNamespace"] = False
    spec["containers"] = [_agent(order), _for_tasks(spec["containers"][0], order)]
    spec["volumes"] = [*spec["volumes"], *_volumes()]
    # What tasks print is shown by the agent.
    pod["metadata"]["annotations"]["kubectl.kubernetes.io/default-container"] = layout.CONTAINER


def _agent(order: PodOrder) -> Manifest:
    made = agent_container(replace(order, release=replace(order.release, image=None)))
    store = [one for one in mounts(order) if one["name"] == layout.STORE_VOLUME]
    made["command"] = list(COMMAND)
    made["workingDir"] = layout.TMP_PATH
    made["env"] = [*made["env"], _link()]
    made["resources"] = _resources(order)
    made["securityContext"]["runAsUser"] = layout.AGENT_USER
    made["volumeMounts"] = [
        {"name": layout.AGENT_TMP_VOLUME, "mountPath": layout.TMP_PATH},
        {"name": layout.LINK_VOLUME, "mountPath": layout.LINK_PATH},
        {"name": layout.TOKEN_VOLUME, "mountPath": layout.TOKEN_PATH, "readOnly": True},
        *store,
    ]
    return made


def _resources(order: PodOrder) -> Manifest:
    """Return the agent's own; a limit of processor time only where tasks have one, too."""
    limits = dict(layout.AGENT_LIMITS)
    if "cpu" not in (order.size.resources.get("limits") or {}):
        del limits["cpu"]
    return {"requests": dict(layout.AGENT_REQUESTS), "limits": limits}


def _for_tasks(container: Manifest, order: PodOrder) -> Manifest:
    made = dict(container)
    made["name"] = layout.TASK_CONTAINER
    made["command"] = list(TASK_COMMAND)
    made["env"] = [*(one for one in made["env"] if one["name"] != "FAIRLEAD_STORE"), _link()]
    made["volumeMounts"] = [
        *(one for one in made["volumeMounts"] if one["name"] != layout.STORE_VOLUME),
        {"name": layout.LINK_VOLUME, "mountPath": layout.LINK_PATH, "readOnly": True},
    ]
    ours = agent_container(order)
    del made["livenessProbe"]
    _take_away(made, "ports", ours["ports"])
    _take_away(made, "envFrom", ours.get("envFrom") or [])
    return made


def _take_away(container: Manifest, name: str, ours: list[Manifest]) -> None:
    """Leave of a list only what a patch has added."""
    left = [one for one in container.get(name) or [] if one not in ours]
    container.pop(name, None)
    if left:
        container[name] = left


def _link() -> Manifest:
    return {"name": "FAIRLEAD_LINK", "value": layout.LINK}


def _volumes() -> list[Manifest]:
    token = {"expirationSeconds": TOKEN_SECONDS, "path": "token"}
    authority = {
        "name": "kube-root-ca.crt",
        "items": [{"key": "ca.crt", "path": "ca.crt"}],
    }
    field = {"fieldPath": "metadata.namespace"}
    sources = [
        {"serviceAccountToken": token},
        {"configMap": authority},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": field}]}},
    ]
    return [
        {"name": layout.AGENT_TMP_VOLUME, "emptyDir": {}},
        {"name": layout.LINK_VOLUME, "emptyDir": {}},
        {"name": layout.TOKEN_VOLUME, "projected": {"sources": sources}},
    ]
