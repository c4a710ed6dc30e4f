"""Releases, machine sizes and machine groups at admission."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.cluster.kubeapi import KubeApi, Object
from tests.cluster.namespaces import Namespace
from tests.integration.api.actors import PATH, collection, refused

SUM = "0" * 64
TASK = {"identifier": "acme.example/Fetch", "version": "v1.2", "entryPoint": "acme.flows:Fetch"}


def release(**spec: Any) -> Object:
    return {
        "apiVersion": "fairlead.dev/v1beta1",
        "kind": "Release",
        "metadata": {"name": "r"},
        "spec": {"image": "registry.example/acme:1", "tasks": [TASK], **spec},
    }


def group(**spec: Any) -> Object:
    return {
        "apiVersion": "fairlead.dev/v1beta1",
        "kind": "MachineGroup",
        "metadata": {"name": "mine"},
        "spec": {"size": "small", **spec},
    }


def size(name: str, **spec: Any) -> Object:
    return {
        "apiVersion": "fairlead.dev/v1beta1",
        "kind": "MachineSize",
        "metadata": {"name": name},
        "spec": spec,
    }


PACKAGE = {"configMaps": ["a", "b"], "sha256": SUM, "size": 900 * 1024}


def test_a_release_names_code_in_one_of_three_places(namespace: Namespace, admin: KubeApi) -> None:
    path = collection(namespace.name, "releases")
    archive = {"key": "releases/x.tar.gz", "sha256": SUM, "size": 10_000_000}
    for number, spec in enumerate(
        ({}, {"image": None, "package": PACKAGE}, {"archive": archive, "image": None})
    ):
        body = release(**spec)
        body["metadata"]["name"] = f"r{number}"
        body["spec"] = {key: value for key, value in body["spec"].items() if value is not None}
        made = admin.create(path, body)
        assert made["spec"]["tasks"][0]["scope"] == "Global"
        assert made["spec"]["stage"] == "Published"


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ({"image": None}, "needs an image"),
        (
            {"package": PACKAGE, "archive": {"key": "k", "sha256": SUM, "size": 1}},
            "not both",
        ),
        ({"package": {**PACKAGE, "size": 10**7}}, "less than or equal to"),
        ({"package": {**PACKAGE, "sha256": "ABC"}}, "should match"),
        ({"package": {**PACKAGE, "configMaps": []}}, "at least 1"),
        ({"tasks": []}, "at least 1"),
        ({"tasks": [TASK, TASK]}, "Duplicate value"),
        ({"tasks": [{**TASK, "entryPoint": "os.system('x')"}]}, "should match"),
        ({"tasks": [{**TASK, "entryPoint": "../evil:x"}]}, "should match"),
        ({"tasks": [{**TASK, "version": "1"}]}, "should match"),
    ],
)
def test_bad_releases_are_refused(
    namespace: Namespace, admin: KubeApi, spec: Object, complaint: str
) -> None:
    body = release(**spec)
    body["spec"] = {key: value for key, value in body["spec"].items() if value is not None}
    error = refused(admin, "POST", collection(namespace.name, "releases"), body)
    assert error.status == 422
    assert complaint in error.body


def test_several_versions_of_a_task_may_be_in_one_release(
    namespace: Namespace, admin: KubeApi
) -> None:
    tasks = [TASK, {**TASK, "version": "v2.0"}]
    assert admin.create(collection(namespace.name, "releases"), release(tasks=tasks))


def test_a_release_never_changes(namespace: Namespace, admin: KubeApi) -> None:
    path = collection(namespace.name, "releases")
    admin.create(path, release())
    for change in ({"image": "other"}, {"tasks": [{**TASK, "version": "v1.3"}]}):
        error = refused(admin, "PATCH", f"{path}/r", {"spec": change})
        assert "cannot be changed" in error.body


# --- sizes -------------------------------------------------------------------------


@pytest.fixture
def sizes(namespace: Namespace, admin: KubeApi) -> Iterator[str]:
    """A prefix for names of sizes, which belong to no namespace; they are removed."""
    yield f"{namespace.name}-"
    for item in admin.get(f"{PATH}/machinesizes")["items"]:
        if item["metadata"]["name"].startswith(f"{namespace.name}-"):
            admin.delete(f"{PATH}/machinesizes/{item['metadata']['name']}")


def test_a_size_may_be_changed_at_any_time(admin: KubeApi, sizes: str) -> None:
    limits = {"cpu": "2500m", "memory": "1Gi"}
    resources = {"requests": {"cpu": 1, "memory": "1Gi"}, "limits": limits}
    body = size(f"{sizes}small", resources=resources, podPatch={"spec": {"hostname": "x"}})
    made = admin.create(f"{PATH}/machinesizes", body)
    assert made["spec"]["resources"] == resources
    assert made["spec"]["podPatch"] == {"spec": {"hostname": "x"}}
    changed = admin.patch(f"{PATH}/machinesizes/{sizes}small", {"spec": {"maxRunners": 3}})
    assert changed["spec"]["maxRunners"] == 3


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ({"resources": {"limits": {"memory": "lots"}}}, "should match"),
        ({"resources": {"limits": {"cpu": 1.5}}}, "must be of type"),
        (
            {"resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "1G"}}},
            "may not be above its limit",
        ),
        ({"resources": {"requests": {"cpu": 2}, "limits": {"cpu": "1500m"}}}, "above its limit"),
        ({"provisioning": "Stolen"}, "Unsupported value"),
        ({"maxRunners": -1}, "greater than or equal to 0"),
        ({"tolerations": [{"operator": "Like"}]}, "Unsupported value"),
        ({"growsTo": "Very Large"}, "should match"),
    ],
)
def test_bad_sizes_are_refused(admin: KubeApi, sizes: str, spec: Object, complaint: str) -> None:
    error = refused(admin, "POST", f"{PATH}/machinesizes", size(f"{sizes}bad", **spec))
    assert error.status == 422
    assert complaint in error.body


# --- groups ------------------------------------------------------------------------


def test_a_group_grows_shrinks_and_is_terminated_for_good(
    namespace: Namespace, admin: KubeApi
) -> None:
    path = collection(namespace.name, "machinegroups")
    made = admin.create(path, group(maxMachines=4))
    assert made["status"] == {"state": "Starting"}
    assert made["spec"]["desired"] == "Running"
    admin.patch(f"{path}/mine", {"spec": {"maxMachines": 8, "minMachines": 2}})
    admin.patch(f"{path}/mine", {"spec": {"desired": "Terminated"}})
    for desired in ("Running", None):
        error = refused(admin, "PATCH", f"{path}/mine", {"spec": {"desired": desired}})
        assert "stays terminated" in error.body


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"size": "large"}, "cannot be changed"),
        ({"release": "r"}, "cannot be changed"),
        ({"serviceAccountName": "r"}, "cannot be changed"),
        ({"minMachines": 2}, "may not be above maxMachines"),
        ({"maxMachines": 0}, "greater than or equal to 1"),
    ],
)
def test_other_changes_of_a_group_are_refused(
    namespace: Namespace, admin: KubeApi, change: Object, complaint: str
) -> None:
    path = collection(namespace.name, "machinegroups")
    admin.create(path, group())
    assert complaint in refused(admin, "PATCH", f"{path}/mine", {"spec": change}).body
