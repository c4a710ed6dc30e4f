"""The pod of isolated tasks: what each of its two containers has, and what neither has."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.operator.runners.given import PACKAGE, Object, chosen, order, size

from fairlead_operator.runners.pod import build_pod
from fairlead_operator.runners.pod_order import Store

CLAIM = {"store": Store(claim="store", mount="/data", secret="keys")}


def parted(**more: Any) -> tuple[Object, Object, Object]:
    """A pod of isolated tasks, its agent's container and that of its tasks."""
    pod = build_pod(order(isolation="Sidecar", **more))
    agent, tasks = pod["spec"]["containers"]
    return pod, agent, tasks


def mounts(container: Object) -> dict[str, str]:
    return {one["mountPath"]: one["name"] for one in container["volumeMounts"]}


def variables(container: Object) -> set[str]:
    return {one["name"] for one in container["env"]}


def test_only_the_agent_has_the_token_and_the_store() -> None:
    pod, agent, tasks = parted(installed=CLAIM, release=chosen(package=PACKAGE))
    assert (agent["name"], tasks["name"]) == ("runner", "task")
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert mounts(agent) == {
        "/tmp": "fairlead-agent-tmp",
        "/fairlead/link": "fairlead-link",
        "/var/run/secrets/kubernetes.io/serviceaccount": "fairlead-token",
        "/data": "fairlead-store",
    }
    assert mounts(tasks) == {
        "/fairlead/work": "fairlead-work",
        "/tmp": "fairlead-tmp",
        "/fairlead/package": "fairlead-package",
        "/fairlead/link": "fairlead-link",
    }
    assert variables(agent) - variables(tasks) == {"FAIRLEAD_STORE"}
    assert agent["envFrom"] == [{"secretRef": {"name": "keys"}}]
    assert "envFrom" not in tasks


def test_the_token_is_bound_to_the_pod_and_short_lived() -> None:
    pod, _, _ = parted()
    (token,) = (one for one in pod["spec"]["volumes"] if one["name"] == "fairlead-token")
    assert token["projected"]["sources"][0] == {
        "serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}
    }


def test_neither_can_look_at_the_other() -> None:
    pod, agent, tasks = parted()
    assert pod["spec"]["shareProcessNamespace"] is False
    users = [
        one["securityContext"].get("runAsUser", pod["spec"]["securityContext"]["runAsUser"])
        for one in (agent, tasks)
    ]
    assert len(set(users)) == 2
    (link,) = (one for one in tasks["volumeMounts"] if one["name"] == "fairlead-link")
    assert link["readOnly"] is True


def test_a_release_s_own_image_is_for_its_tasks_and_not_for_the_agent() -> None:
    theirs = chosen(image="theirs.example/theirs:1", imagePullPolicy="Always")
    _, agent, tasks = parted(release=theirs, installed={"image_pull_policy": "Never"})
    assert (agent["image"], agent["imagePullPolicy"]) == ("fairlead/runner:1", "Never")
    assert (tasks["image"], tasks["imagePullPolicy"]) == ("theirs.example/theirs:1", "Always")


def test_the_size_is_that_of_the_tasks() -> None:
    plain = build_pod(order())["spec"]["containers"][0]
    _, agent, tasks = parted()
    assert tasks["resources"] == plain["resources"]
    assert agent["resources"]["requests"] == {"cpu": "50m", "memory": "64Mi"}
    assert agent["resources"]["limits"]["memory"] == "256Mi"


def test_the_agent_s_time_is_limited_where_that_of_tasks_is() -> None:
    resources = {"requests": {"cpu": "1"}, "limits": {"cpu": "1", "memory": "1Gi"}}
    _, limited, _ = parted(size=size(resources=resources))
    resources = {"requests": {"cpu": "1"}, "limits": {"memory": "1Gi"}}
    _, free, _ = parted(size=size(resources=resources))
    assert limited["resources"]["limits"]["cpu"] == "1"
    assert "cpu" not in free["resources"]["limits"]


def test_the_agent_alone_is_asked_how_it_is() -> None:
    _, agent, tasks = parted()
    assert "livenessProbe" in agent
    assert not {"livenessProbe", "ports"} & tasks.keys()
    assert [one["command"][-1] for one in (agent, tasks)] == [
        "fairlead.runner.pod",
        "fairlead.runner.pod.sidecar",
    ]


def test_a_patch_is_about_the_container_with_the_tasks() -> None:
    extra = {"name": "PROXY", "value": "proxy:3128"}
    given = {"secretRef": {"name": "theirs"}}
    runner = {"name": "runner", "env": [extra], "envFrom": [given], "ports": [{"containerPort": 7}]}
    patch = {"metadata": {"labels": {"team": "maps"}}, "spec": {"containers": [runner]}}
    pod, agent, tasks = parted(size=size(podPatch=patch), installed=CLAIM)
    assert pod["metadata"]["labels"]["team"] == "maps"
    assert extra in tasks["env"]
    assert extra not in agent["env"]
    assert (tasks["envFrom"], tasks["ports"]) == ([given], [{"containerPort": 7}])
    assert agent["envFrom"] == [{"secretRef": {"name": "keys"}}]


def test_both_are_told_the_same() -> None:
    _, agent, tasks = parted()
    told = [
        json.loads(next(one["value"] for one in both["env"] if one["name"] == "FAIRLEAD_RUNNER"))
        for both in (agent, tasks)
    ]
    assert told[0] == told[1]


def test_others_have_one_container_as_before() -> None:
    (only,) = build_pod(order())["spec"]["containers"]
    assert only["name"] == "runner"
    assert "FAIRLEAD_LINK" not in variables(only)
