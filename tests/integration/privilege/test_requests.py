"""Each identity tries what it must not do, by real requests with its own token."""

from __future__ import annotations

import pytest
from tests.cluster.kubeapi import MERGE, KubeApi, Object
from tests.integration.api.actors import PATH, job, task
from tests.integration.privilege.conftest import PEOPLE, SECRET, Installed, release

RBAC = "/apis/rbac.authorization.k8s.io/v1"
FENCE = "/apis/admissionregistration.k8s.io/v1"

BINDING = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "RoleBinding",
    "metadata": {"name": "taken"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"},
    "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "me"}],
}
ALL = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
CLUSTER_BINDING = {**BINDING, "kind": "ClusterRoleBinding"}
NAMED: Object = {"metadata": {"name": "made"}}
ANY: Object = {"metadata": {"labels": {"a": "b"}}}

NOBODY = [
    # Secrets and tokens of others.
    ("GET", "/api/v1/secrets", None),
    ("GET", "/api/v1/namespaces/{own}/secrets", None),
    ("GET", "/api/v1/namespaces/{own}/secrets/mine", None),
    ("GET", "/api/v1/namespaces/{home}/secrets/mine", None),
    ("GET", "/api/v1/namespaces/kube-system/secrets", None),
    ("POST", "/api/v1/namespaces/{own}/secrets", NAMED),
    ("POST", "/api/v1/namespaces/{own}/serviceaccounts/admin/token", {"spec": {}}),
    ("POST", "/api/v1/namespaces/{home}/serviceaccounts/fairlead-operator/token", {"spec": {}}),
    ("POST", "/api/v1/namespaces/{own}/serviceaccounts", NAMED),
    # More rights.
    ("POST", RBAC + "/namespaces/{own}/rolebindings", BINDING),
    ("POST", RBAC + "/namespaces/{home}/rolebindings", BINDING),
    ("POST", RBAC + "/clusterrolebindings", CLUSTER_BINDING),
    ("POST", RBAC + "/namespaces/{own}/roles", {**NAMED, "rules": ALL}),
    ("PATCH", RBAC + "/namespaces/{own}/roles/fairlead-{home}-runner", {"rules": ALL}),
    ("PATCH", RBAC + "/clusterroles/view", {"rules": ALL}),
    # The fence, and what the kinds are.
    (
        "DELETE",
        FENCE + "/validatingadmissionpolicies/task-status.fairlead.{home}.fairlead.dev",
        None,
    ),
    (
        "DELETE",
        FENCE + "/validatingadmissionpolicybindings/task-status.fairlead.{home}.fairlead.dev",
        None,
    ),
    (
        "PATCH",
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/tasks.fairlead.dev",
        ANY,
    ),
    ("DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/tasks.fairlead.dev", None),
    # Getting into pods, or at what they say.
    ("POST", "/api/v1/namespaces/{own}/pods/mine/exec?command=id&stdout=true", None),
    ("POST", "/api/v1/namespaces/{own}/pods/mine/attach?stdout=true", None),
    ("POST", "/api/v1/namespaces/{own}/pods/mine/portforward", None),
    ("GET", "/api/v1/namespaces/{own}/pods/mine/log", None),
    ("PATCH", "/api/v1/namespaces/{own}/pods/mine/ephemeralcontainers", ANY),
    ("PATCH", "/api/v1/namespaces/{own}/pods/mine", ANY),
    # The cluster.
    ("GET", "/api/v1/nodes", None),
    ("GET", "/api/v1/namespaces", None),
    ("PATCH", "/api/v1/namespaces/{own}", ANY),
    ("GET", "/api/v1/persistentvolumes", None),
    ("GET", "/metrics", None),
    ("PATCH", PATH + "/machinesizes/small", {"spec": {"maxRunners": 1}}),
    ("DELETE", PATH + "/machinesizes/small", None),
    ("GET", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases", None),
    ("PATCH", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler", ANY),
    # Itself.
    ("PATCH", "/apis/apps/v1/namespaces/{home}/deployments/fairlead-operator", ANY),
    ("GET", "/api/v1/namespaces/{own}/configmaps", None),
    ("PATCH", "/api/v1/namespaces/{own}/configmaps/mine", {"data": {"word": "changed"}}),
    ("POST", PATH + "/namespaces/{own}/releases", release("made")),
    ("DELETE", PATH + "/namespaces/{own}/releases/mine", None),
    ("POST", PATH + "/namespaces/{own}/jobs", job("made")),
]
"""Neither operator nor runner does any of this."""

RUNNER = [
    ("GET", "/api/v1/namespaces/{own}/pods", None),
    ("GET", "/api/v1/namespaces/{own}/pods/mine", None),
    ("POST", "/api/v1/namespaces/{own}/pods", NAMED),
    ("DELETE", "/api/v1/namespaces/{own}/pods/mine", None),
    ("GET", "/api/v1/namespaces/{own}/configmaps/mine", None),
    ("GET", "/api/v1/namespaces/{own}/serviceaccounts", None),
    ("POST", "/api/v1/namespaces/{own}/events", NAMED),
    ("GET", PATH + "/namespaces/{own}/releases", None),
    ("GET", PATH + "/namespaces/{own}/releases/mine", None),
    ("GET", PATH + "/namespaces/{own}/jobs", None),
    ("GET", PATH + "/namespaces/{own}/machinegroups", None),
    ("GET", PATH + "/machinesizes", None),
    ("DELETE", PATH + "/namespaces/{own}/tasks/mine", None),
    ("DELETE", PATH + "/namespaces/{own}/tasks", None),
    ("PATCH", PATH + "/namespaces/{own}/tasks/mine", ANY),
    ("GET", PATH + "/namespaces/{other}/tasks", None),
    ("GET", PATH + "/namespaces/{other}/tasks/mine", None),
    ("POST", PATH + "/namespaces/{other}/tasks", task("made")),
    ("GET", PATH + "/tasks", None),
    ("GET", "/apis/coordination.k8s.io/v1/namespaces/{home}/leases/fairlead-operator", None),
]
"""Beyond that, no runner does this."""

OPERATOR_OF_SOME = [
    ("GET", "/api/v1/pods", None),
    ("GET", "/api/v1/namespaces/{other}/pods", None),
    ("POST", "/api/v1/namespaces/{other}/pods", NAMED),
    ("GET", "/api/v1/namespaces/{home}/pods", None),
    ("POST", "/api/v1/namespaces/{home}/pods", NAMED),
    ("GET", "/api/v1/namespaces/kube-system/pods", None),
    ("GET", "/api/v1/namespaces/{other}/configmaps/mine", None),
    ("GET", "/api/v1/namespaces/{home}/configmaps/mine", None),
    ("GET", PATH + "/jobs", None),
    ("GET", PATH + "/namespaces/{other}/jobs", None),
    ("GET", PATH + "/namespaces/{other}/tasks/mine", None),
    ("PATCH", PATH + "/namespaces/{other}/jobs/mine/status", {"status": {"state": "Failed"}}),
    ("POST", PATH + "/namespaces/{other}/tasks", task("made")),
    ("GET", "/apis/coordination.k8s.io/v1/namespaces/{other}/leases", None),
]
"""Nor does the operator of a release for some namespaces do this in others."""


def tried(installed: Installed, api: KubeApi, method: str, path: str, body: object) -> int:
    """The status that the server answers; nobody ever sees what is in a secret."""
    where = {
        "own": installed.site.namespace,
        "home": installed.site.install.namespace,
        "other": installed.other,
    }
    kind = MERGE if method == "PATCH" else "application/json"
    target = path.format(**where)
    if method in ("PATCH", "DELETE", "PUT"):
        # What were allowed by mistake shall not spoil the other tests.
        target += "?dryRun=All"
    status, text = api.raw(method, target, body, kind=kind)
    assert SECRET not in text
    return status


def refusals(installed: Installed, who: str, requests: list[tuple[str, str, object]]) -> list[str]:
    """The requests that were not refused as forbidden, with the server's answer."""
    api = installed.api(who)
    answers = [(tried(installed, api, *request), request) for request in requests]
    return [f"{status} {method} {path}" for status, (method, path, _) in answers if status != 403]


@pytest.mark.parametrize("who", ["operator", "runner"])
def test_what_nobody_does_is_refused(installed: Installed, who: str) -> None:
    assert refusals(installed, who, NOBODY) == []


def test_what_no_runner_does_is_refused(installed: Installed) -> None:
    assert refusals(installed, "runner", RUNNER) == []


def test_an_operator_of_some_namespaces_is_a_stranger_in_others(installed: Installed) -> None:
    requests = OPERATOR_OF_SOME
    if installed.wide:
        # All of these are its work then, but for what is always another's.
        requests = [one for one in requests if "leases" in one[1]]
    assert refusals(installed, "operator", requests) == []


def test_each_does_what_it_is_there_for(installed: Installed) -> None:
    """Else the refusals would say nothing."""
    allowed = [
        ("operator", "GET", "/api/v1/namespaces/{own}/pods", None),
        ("operator", "GET", "/api/v1/namespaces/{own}/configmaps/mine", None),
        ("operator", "GET", PATH + "/machinesizes", None),
        ("operator", "GET", PATH + "/namespaces/{own}/jobs/mine", None),
        ("operator", "PATCH", PATH + "/namespaces/{own}/jobs/mine", ANY),
        ("operator", "DELETE", PATH + "/namespaces/{own}/tasks/mine", None),
        ("operator", "DELETE", "/api/v1/namespaces/{own}/pods/mine", None),
        ("runner", "GET", PATH + "/namespaces/{own}/tasks/mine", None),
        ("view", "GET", PATH + "/namespaces/{own}/tasks/mine", None),
        ("edit", "DELETE", PATH + "/namespaces/{own}/jobs/mine", None),
        ("admin", "DELETE", PATH + "/namespaces/{own}/releases/mine", None),
    ]
    for who, *request in allowed:
        assert tried(installed, installed.api(who), *request) == 200, (who, *request)


@pytest.mark.parametrize("who", ["operator", "runner"])
def test_nobody_acts_for_somebody_else(installed: Installed, who: str) -> None:
    api = installed.api(who)
    user = {"Impersonate-User": "system:admin"}
    for headers in (user, {**user, "Impersonate-Group": "system:masters"}):
        assert _as(api, headers, "/api/v1/namespaces") == 403


def _as(api: KubeApi, headers: dict[str, str], path: str) -> int:
    before = dict(api._headers)
    api._headers.update(headers)
    try:
        return api.raw("GET", path)[0]
    finally:
        api._headers = before


PEOPLE_TRY = {
    "view": [
        ("POST", PATH + "/namespaces/{own}/jobs", job("made")),
        ("DELETE", PATH + "/namespaces/{own}/jobs/mine", None),
        ("DELETE", PATH + "/namespaces/{own}/tasks/mine", None),
        ("PATCH", PATH + "/namespaces/{own}/jobs/mine", {"spec": {"desired": "Cancelled"}}),
    ],
    "edit": [
        # Whoever publishes decides what runs under the runners' account.
        ("POST", PATH + "/namespaces/{own}/releases", release("made")),
        ("DELETE", PATH + "/namespaces/{own}/releases/mine", None),
        ("POST", RBAC + "/namespaces/{own}/rolebindings", BINDING),
    ],
    "admin": [],
}
NO_PERSON = [
    ("PATCH", PATH + "/namespaces/{own}/tasks/mine/status", {"status": {"state": "Completed"}}),
    ("PATCH", PATH + "/namespaces/{own}/jobs/mine/status", {"status": {"state": "Completed"}}),
    ("PATCH", PATH + "/machinesizes/small", {"spec": {"maxRunners": 1}}),
    ("GET", PATH + "/namespaces/{other}/jobs", None),
    ("GET", PATH + "/jobs", None),
    (
        "DELETE",
        FENCE + "/validatingadmissionpolicies/task-status.fairlead.{home}.fairlead.dev",
        None,
    ),
]


@pytest.mark.parametrize("who", PEOPLE)
def test_what_a_role_does_not_stand_for_is_refused(installed: Installed, who: str) -> None:
    assert refusals(installed, who, [*NO_PERSON, *PEOPLE_TRY[who]]) == []
