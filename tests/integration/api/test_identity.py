"""What a runner's token may do at all: the whole matrix of resources and verbs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest
from tests.cluster.kubeapi import KubeApi
from tests.integration.api.actors import Pod, Site, collection, refused, task

from fairlead.api.meta import GROUP

VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")

FOR_EVERYBODY = {"selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"}
"""What Kubernetes allows any account: to ask who it is and what it may do."""


@pytest.fixture(scope="module")
def pod(site: Site) -> Pod:
    return site.runner("matrix")


def resources(api: KubeApi) -> Iterator[tuple[str, str]]:
    """Every resource and subresource that the API server knows, with its group."""
    lists = [("", api.get("/api/v1"))]
    for group in api.get("/apis")["groups"]:
        version = group["preferredVersion"]["groupVersion"]
        lists.append((group["name"], api.get(f"/apis/{version}")))
    for group_name, listed in lists:
        for resource in listed["resources"]:
            yield group_name, resource["name"]


def allowed(site: Site, username: str, namespace: str) -> set[tuple[str, str, str]]:
    """Every (group, resource, verb) that an account may use in a namespace."""
    every = [*product(sorted(set(resources(site.admin))), VERBS)]

    def some(part: list[tuple[tuple[str, str], str]]) -> set[tuple[str, str, str]]:
        api = KubeApi(site.cluster.kubeconfig)
        found = {(group, name, verb) for (group, name), verb in part if may(api, group, name, verb)}
        api.close()
        return found

    def may(api: KubeApi, group: str, name: str, verb: str) -> bool:
        resource, _, subresource = name.partition("/")
        attributes = {
            "group": group,
            "resource": resource,
            "subresource": subresource,
            "verb": verb,
            "namespace": namespace,
        }
        groups = ["system:serviceaccounts", "system:authenticated"]
        body = {"spec": {"user": username, "groups": groups, "resourceAttributes": attributes}}
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        return bool(api.create(path, body)["status"]["allowed"])

    with ThreadPoolExecutor(4) as pool:
        found = set().union(*pool.map(some, [every[first::4] for first in range(4)]))
    return {entry for entry in found if entry[1] not in FOR_EVERYBODY}


def test_a_runner_may_do_what_the_list_says_and_nothing_else(site: Site) -> None:
    account = f"system:serviceaccount:{site.namespace}:{site.install.runner_account}"
    assert allowed(site, account, site.namespace) == {
        (GROUP, "tasks", "get"),
        (GROUP, "tasks", "list"),
        (GROUP, "tasks", "watch"),
        (GROUP, "tasks", "create"),
        (GROUP, "tasks/status", "patch"),
    }


def test_a_runner_may_do_nothing_in_other_namespaces(site: Site) -> None:
    account = f"system:serviceaccount:{site.namespace}:{site.install.runner_account}"
    assert allowed(site, account, "default") == set()


def test_the_operator_may_not_touch_secrets_or_enter_pods(site: Site) -> None:
    found = allowed(site, site.install.operator_username, site.namespace)
    names = {name for _, name, _ in found}
    assert names == {
        "configmaps",
        "events",
        "jobs",
        "jobs/status",
        "machinegroups",
        "machinegroups/status",
        "machinesizes",
        "pods",
        "releases",
        "releases/status",
        "serviceaccounts",
        "tasks",
        "tasks/status",
    }
    assert {entry for entry in found if entry[1] == "configmaps"} == {("", "configmaps", "get")}
    own = allowed(site, site.install.operator_username, site.install.namespace)
    assert {name for _, name, _ in own} == {"leases", "machinesizes"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/namespaces/{own}/secrets"),
        ("GET", "/api/v1/namespaces/{own}/configmaps"),
        ("GET", "/api/v1/namespaces/{own}/pods"),
        ("POST", "/api/v1/namespaces/{own}/pods/matrix/exec?command=id"),
        ("POST", "/api/v1/namespaces/{own}/serviceaccounts/default/token"),
        ("GET", "/apis/fairlead.dev/v1beta1/namespaces/{own}/releases"),
        ("GET", "/apis/fairlead.dev/v1beta1/namespaces/{own}/jobs"),
        ("GET", "/apis/fairlead.dev/v1beta1/machinesizes"),
        ("GET", "/apis/fairlead.dev/v1beta1/namespaces/default/tasks"),
        ("GET", "/apis/fairlead.dev/v1beta1/tasks"),
        ("DELETE", "/apis/fairlead.dev/v1beta1/namespaces/{own}/tasks/own"),
        ("PATCH", "/apis/fairlead.dev/v1beta1/namespaces/{own}/tasks/own"),
        ("PUT", "/apis/fairlead.dev/v1beta1/namespaces/{own}/tasks/own/status"),
    ],
)
def test_requests_outside_the_list_are_refused(
    site: Site, pod: Pod, method: str, path: str
) -> None:
    body = task("own") if method in ("PUT", "PATCH", "POST") else None
    assert refused(pod.api, method, path.format(own=site.namespace), body).status == 403


def test_a_runner_finds_the_tasks_it_holds_and_watches_them(site: Site, pod: Pod) -> None:
    site.held("own-task", pod.name)
    site.held("another-task", "another-pod")
    mine = f"status.podName={pod.name}"
    listed = pod.api.get(site.tasks, fieldSelector=mine)
    assert [item["metadata"]["name"] for item in listed["items"]] == ["own-task"]
    version = listed["metadata"]["resourceVersion"]
    site.set_status(f"{site.tasks}/another-task", reason="Elsewhere")
    site.set_status(f"{site.tasks}/own-task", stop="Stop")
    events = pod.api.watch(site.tasks, fieldSelector=mine, resourceVersion=version)
    event = next(events)
    assert event["object"]["metadata"]["name"] == "own-task"
    assert event["object"]["status"]["stop"] == "Stop"


@pytest.mark.parametrize(
    ("plural", "spec"),
    [
        ("jobs", {"tasks": [{"name": "a", "identifier": "A"}]}),
        ("machinegroups", {"size": "small"}),
        (
            "releases",
            {
                "image": "x",
                "tasks": [{"identifier": "A", "version": "v0.0", "entryPoint": "a:A"}],
            },
        ),
    ],
)
def test_only_the_operator_writes_the_other_statuses(site: Site, plural: str, spec: object) -> None:
    path = collection(site.namespace, plural)
    site.admin.create(path, {**_head(plural), "metadata": {"name": "s"}, "spec": spec})
    status = {"status": {"observedGeneration": 1}}
    assert "only the operator" in refused(site.admin, "PATCH", f"{path}/s/status", status).body
    written = site.operator.patch(f"{path}/s/status", status)
    assert written["status"]["observedGeneration"] == 1


def _head(plural: str) -> dict[str, str]:
    kinds = {"jobs": "Job", "machinegroups": "MachineGroup", "releases": "Release"}
    return {"apiVersion": "fairlead.dev/v1beta1", "kind": kinds[plural]}
