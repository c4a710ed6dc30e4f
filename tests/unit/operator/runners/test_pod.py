"""The pod of a runner: what the agent is told, and what no patch can change."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.operator.runners.given import (
    PACKAGE,
    SUM,
    Object,
    chosen,
    order,
    release_task,
    size,
)

from fairlead.api import labels
from fairlead_operator.runners.pod import build_pod
from fairlead_operator.runners.pod_order import FOR_EVER, Owner, Store


def container(pod: Object) -> Any:
    (only,) = pod["spec"]["containers"]
    return only


def variables(pod: Object) -> Any:
    return {one["name"]: one.get("value") for one in container(pod)["env"]}


def told(pod: Object) -> Any:
    # Kubernetes makes $$ a dollar sign again.
    return json.loads(variables(pod)["FAIRLEAD_RUNNER"].replace("$$", "$"))


def mounts(pod: Object) -> Any:
    return {one["mountPath"]: one["name"] for one in container(pod)["volumeMounts"]}


def volumes(pod: Object) -> Any:
    return {one["name"]: one for one in pod["spec"]["volumes"]}


def test_labels_say_what_the_pod_is_for() -> None:
    made = build_pod(order())["metadata"]
    assert made["labels"] == {
        labels.COMPONENT: "runner",
        labels.JOB: "nightly",
        labels.JOB_UID: "job-uid",
        labels.SIZE: "small",
        labels.RELEASE: "flows",
        labels.ACCOUNT: "fairlead-runner",
    }
    assert made["annotations"] == {
        "fairlead.dev/reuse": "WithinJob",
        "fairlead.dev/reuse-seconds": "10",
        "fairlead.dev/isolation": "Shared",
    }


def test_the_pod_goes_with_its_owner() -> None:
    assert build_pod(order())["metadata"]["ownerReferences"] == [
        {
            "apiVersion": "fairlead.dev/v1beta1",
            "kind": "Job",
            "name": "nightly",
            "uid": "job-uid",
            "controller": True,
            "blockOwnerDeletion": False,
        }
    ]


def test_a_pod_of_a_group_belongs_to_the_group_alone() -> None:
    made = build_pod(
        order(
            owner=Owner("MachineGroup", "mine", "group-uid"),
            job=None,
            group="mine",
            task=None,
            attempt=None,
            reuse="AcrossJobs",
            reuse_seconds=FOR_EVER,
        )
    )
    assert made["metadata"]["labels"][labels.GROUP] == "mine"
    assert labels.JOB not in made["metadata"]["labels"]
    assert (told(made)["job"], told(made)["group"], told(made)["task"]) == (None, "mine", None)


def test_what_the_agent_is_told() -> None:
    limits = {"memory": "256Mi"}
    made = build_pod(order(size=size(resources={"limits": limits}), reuse_seconds=20))
    assert told(made) == {
        "task": "nightly-fetch",
        "attempt": 1,
        "job": {"name": "nightly", "uid": "job-uid"},
        "group": None,
        "size": "small",
        "memoryBytes": 256 << 20,
        "reuse": "WithinJob",
        "reuseSeconds": 20,
        "graceSeconds": 30,
        "loadSeconds": 300,
        "release": {
            "name": "flows",
            "sha256": None,
            "size": None,
            "package": False,
            "archive": None,
            "tasks": [
                {
                    "identifier": "acme/Fetch",
                    "version": "v1.0",
                    "entryPoint": "flows:Fetch",
                    "scope": "Global",
                }
            ],
        },
    }


def test_a_release_may_load_as_long_as_the_size_lets_a_runner_start() -> None:
    assert told(build_pod(order(size=size(startTimeoutSeconds=20))))["loadSeconds"] == 20


def test_who_it_is_the_agent_learns_from_the_pod_itself() -> None:
    fields = {
        one["name"]: one["valueFrom"]["fieldRef"]["fieldPath"]
        for one in container(build_pod(order()))["env"]
        if "valueFrom" in one
    }
    assert fields == {
        "FAIRLEAD_POD_NAME": "metadata.name",
        "FAIRLEAD_POD_UID": "metadata.uid",
        "FAIRLEAD_NAMESPACE": "metadata.namespace",
    }


def test_dollar_signs_are_not_taken_for_references_to_variables() -> None:
    release = chosen(tasks=[release_task("acme/Fetch"), release_task("price $(HOME) $$")])
    made = build_pod(order(release=release))
    assert "$$(HOME) $$$$" in variables(made)["FAIRLEAD_RUNNER"]
    assert told(made)["release"]["tasks"][1]["identifier"] == "price $(HOME) $$"


def test_the_release_names_the_image_else_the_installation_does() -> None:
    assert container(build_pod(order()))["image"] == "registry.example/acme:1"
    own = order(
        release=chosen(image=None, package=PACKAGE), installed={"image_pull_policy": "Never"}
    )
    assert container(build_pod(own))["image"] == "fairlead/runner:1"
    assert container(build_pod(own))["imagePullPolicy"] == "Never"
    assert "imagePullPolicy" not in container(
        build_pod(order(installed={"image_pull_policy": "Never"}))
    )
    always = order(release=chosen(imagePullPolicy="Always"))
    assert container(build_pod(always))["imagePullPolicy"] == "Always"


def test_a_package_is_mounted_part_by_part_in_order() -> None:
    made = build_pod(order(release=chosen(package=PACKAGE)))
    assert volumes(made)["fairlead-package"]["projected"]["sources"] == [
        {"configMap": {"name": "code-0", "items": [{"key": "part", "path": "00"}]}},
        {"configMap": {"name": "code-1", "items": [{"key": "part", "path": "01"}]}},
    ]
    assert mounts(made)["/fairlead/package"] == "fairlead-package"
    assert told(made)["release"] | {"tasks": None} == {
        "name": "flows",
        "sha256": SUM,
        "size": 1000,
        "package": True,
        "archive": None,
        "tasks": None,
    }


def test_an_archive_is_told_by_its_key() -> None:
    archive = {"key": "releases/here/x.zip", "sha256": SUM, "size": 5_000_000}
    made = build_pod(order(release=chosen(archive=archive)))
    assert told(made)["release"]["archive"] == "releases/here/x.zip"
    assert told(made)["release"]["sha256"] == SUM
    assert "fairlead-package" not in volumes(made)


@pytest.mark.parametrize(
    ("store", "url"),
    [
        (Store(), None),
        (Store("s3://bucket/x"), "s3://bucket/x"),
        (Store("s3://bucket/x", claim="shared"), "file:///fairlead/store"),
    ],
)
def test_the_store_is_an_address_or_a_mounted_claim(store: Store, url: str | None) -> None:
    made = build_pod(order(installed={"store": store}))
    assert variables(made).get("FAIRLEAD_STORE") == url
    assert ("/fairlead/store" in mounts(made)) is (store.claim is not None)


def test_credentials_come_from_a_secret() -> None:
    made = build_pod(order(installed={"store": Store("s3://bucket", secret="keys")}))
    assert container(made)["envFrom"] == [{"secretRef": {"name": "keys"}}]


def test_the_size_says_where_and_how_much() -> None:
    made = build_pod(
        order(
            size=size(
                "big",
                resources={"requests": {"cpu": 2}, "limits": {"memory": "1Gi"}},
                nodeSelector={"pool": "big"},
                tolerations=[{"key": "pool", "operator": "Exists"}],
                priorityClassName="batch",
                runtimeClassName="kata",
            )
        )
    )
    assert container(made)["resources"] == {"requests": {"cpu": 2}, "limits": {"memory": "1Gi"}}
    assert made["spec"]["nodeSelector"] == {"pool": "big"}
    assert made["spec"]["tolerations"][0] == {"key": "pool", "operator": "Exists"}
    assert made["spec"]["priorityClassName"] == "batch"
    assert made["spec"]["runtimeClassName"] == "kata"


def test_a_pod_leaves_a_lost_node_after_30_seconds() -> None:
    tolerated = {
        one["key"]: one["tolerationSeconds"] for one in build_pod(order())["spec"]["tolerations"]
    }
    assert tolerated == {
        "node.kubernetes.io/not-ready": 30,
        "node.kubernetes.io/unreachable": 30,
    }


def test_the_size_may_say_how_long_a_pod_stays_on_a_lost_node() -> None:
    own = {
        "key": "node.kubernetes.io/unreachable",
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": 5,
    }
    for made in (
        build_pod(order(size=size(tolerations=[own]))),
        build_pod(order(size=size(podPatch={"spec": {"tolerations": [own]}}))),
    ):
        keys = [one["key"] for one in made["spec"]["tolerations"]]
        assert sorted(keys) == ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]
        assert own in made["spec"]["tolerations"]


def test_a_group_of_spot_machines_runs_on_spot_nodes_only() -> None:
    made = build_pod(order(spot=True))
    assert made["spec"]["nodeSelector"] == {"fairlead.dev/spot": "true"}
    assert {"key": "fairlead.dev/spot", "operator": "Exists"} in made["spec"]["tolerations"]


def test_the_pod_has_time_to_report_after_the_task_was_to_end() -> None:
    assert build_pod(order(grace_seconds=5))["spec"]["terminationGracePeriodSeconds"] == 20


SECURITY = {
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "runAsGroup": 65532,
    "fsGroup": 65532,
    "fsGroupChangePolicy": "OnRootMismatch",
    "seccompProfile": {"type": "RuntimeDefault"},
}
CONTAINER_SECURITY = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
    "privileged": False,
}


def test_the_pod_is_restricted() -> None:
    made = build_pod(order())
    assert made["spec"]["securityContext"] == SECURITY
    assert container(made)["securityContext"] == CONTAINER_SECURITY
    assert made["spec"]["restartPolicy"] == "Never"
    assert made["spec"]["enableServiceLinks"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(made["spec"])


def spoil(part: Any) -> None:
    """Change an object everywhere, down to the last list."""
    for inner in list(part.values() if isinstance(part, dict) else part):
        if isinstance(inner, dict | list):
            spoil(inner)
    part.clear()


@pytest.mark.parametrize("patch", [{}, {"metadata": {"labels": {"team": "blue"}}}])
def test_pods_of_one_order_share_no_part(patch: Object) -> None:
    tolerations = [{"key": "pool", "operator": "Exists"}]
    large = {"requests": {"cpu": "1"}, "limits": {"memory": "1Gi"}}
    spec = {"resources": large, "nodeSelector": {"a": "b"}, "tolerations": tolerations}
    wanted = order(size=size(podPatch=patch, **spec))
    expected = json.dumps(build_pod(wanted))
    spoil(build_pod(wanted))
    assert json.dumps(build_pod(wanted)) == expected


def test_a_patch_adds_without_taking_away() -> None:
    patch = {
        "metadata": {"labels": {"team": "a"}, "annotations": {"example.com/x": "y"}},
        "spec": {
            "nodeSelector": {"zone": "b"},
            "schedulerName": "other",
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
            "containers": [
                {
                    "name": "runner",
                    "env": [{"name": "PROXY", "value": "proxy:3128"}],
                    "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                }
            ],
        },
    }
    plain = build_pod(order(size=size(nodeSelector={"pool": "x"})))
    made = build_pod(order(size=size(nodeSelector={"pool": "x"}, podPatch=patch)))
    assert made["metadata"]["labels"] == {**plain["metadata"]["labels"], "team": "a"}
    assert made["spec"]["nodeSelector"] == {"pool": "x", "zone": "b"}
    assert made["spec"]["schedulerName"] == "other"
    assert set(volumes(made)) == {*volumes(plain), "data"}
    assert mounts(made) == {**mounts(plain), "/data": "data"}
    assert variables(made) == {**variables(plain), "PROXY": "proxy:3128"}
    assert made["spec"]["securityContext"] == SECURITY
    assert container(made)["securityContext"] == CONTAINER_SECURITY
    assert container(made)["command"] == container(plain)["command"]


def test_a_size_with_faults_makes_no_pod() -> None:
    bad = size(podPatch={"spec": {"hostNetwork": True}})
    with pytest.raises(ValueError, match="cannot be made"):
        build_pod(order(size=bad))
