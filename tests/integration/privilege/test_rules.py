"""What each identity may do, asked of the API server by that identity itself: the whole list."""

from __future__ import annotations

import pytest
from tests.cluster.kubeapi import KubeApi
from tests.integration.privilege.conftest import PEOPLE, Installed

OURS = "fairlead.dev"
READ = "get list watch"
Pairs = set[tuple[str, str, str]]

OPERATOR = {
    (OURS, "jobs"): f"{READ} patch delete",
    (OURS, "jobs/status"): "patch update",
    (OURS, "tasks"): f"{READ} patch create delete deletecollection",
    (OURS, "tasks/status"): "patch update",
    (OURS, "releases"): f"{READ} patch",
    (OURS, "releases/status"): "patch update",
    (OURS, "machinegroups"): f"{READ} patch",
    (OURS, "machinegroups/status"): "patch update",
    ("", "pods"): f"{READ} create delete deletecollection",
    ("", "serviceaccounts"): READ,
    ("", "configmaps"): "get",
    ("", "events"): "create patch",
    ("events.k8s.io", "events"): "create patch",
}
"""Where it looks after jobs."""
SIZES = {(OURS, "machinesizes"): READ}
"""Everywhere: sizes belong to the cluster."""
SIZES_OF_ALL = {**SIZES, (OURS, "machinesizes/status"): "patch update"}
ELECTION = {("coordination.k8s.io", "leases"): "get create update patch"}
"""In its own namespace."""

RUNNER = {(OURS, "tasks"): f"{READ} create", (OURS, "tasks/status"): "patch"}

VIEW = {
    (OURS, kind): READ for kind in ("jobs", "tasks", "releases", "machinegroups", "machinesizes")
}
EDIT = {
    (OURS, "jobs"): "create update patch delete deletecollection",
    (OURS, "machinegroups"): "create update patch delete deletecollection",
    (OURS, "tasks"): "create patch delete",
}
PUBLISH = {(OURS, "releases"): "create delete"}

FOR_EVERYBODY = {"selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"}
"""What Kubernetes lets everybody ask about himself."""


def pairs(*lists: dict[tuple[str, str], str]) -> Pairs:
    return {
        (group, resource, verb)
        for some in lists
        for (group, resource), verbs in some.items()
        for verb in verbs.split()
    }


def rules(api: KubeApi, namespace: str) -> Pairs:
    """Every (group, resource, verb) that the owner of a token may use in a namespace."""
    path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
    told = api.create(path, {"spec": {"namespace": namespace}})["status"]
    return {
        (group, resource, verb)
        for rule in told["resourceRules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        if resource not in FOR_EVERYBODY
    }


def test_the_operator_may_do_what_the_list_says_and_no_more(installed: Installed) -> None:
    site, operator = installed.site, installed.site.operator
    places = {
        site.namespace: [OPERATOR],
        site.install.namespace: [ELECTION, *([OPERATOR] if installed.wide else [])],
        installed.other: [OPERATOR] if installed.wide else [],
        "kube-system": [OPERATOR] if installed.wide else [],
    }
    sizes = SIZES_OF_ALL if installed.wide else SIZES
    for place, lists in places.items():
        assert rules(operator, place) == pairs(sizes, *lists), place


def test_a_runner_may_do_what_the_list_says_in_its_namespace(installed: Installed) -> None:
    api = installed.runner.api
    assert rules(api, installed.site.namespace) == pairs(RUNNER)
    for place in (installed.other, installed.site.install.namespace, "kube-system", "default"):
        assert rules(api, place) == set(), place


@pytest.mark.parametrize("who", ["operator", "runner"])
def test_no_rule_says_everything_or_has_to_do_with_secrets(installed: Installed, who: str) -> None:
    places = (installed.site.namespace, installed.site.install.namespace, installed.other)
    found = set().union(*(rules(installed.api(who), place) for place in places))
    assert found
    for group, resource, verb in found:
        assert "*" not in group + resource + verb
        assert not resource.startswith(("secrets", "nodes", "namespaces", "persistentvolume"))
        assert verb not in ("escalate", "bind", "impersonate")


LISTS = {"view": [VIEW], "edit": [VIEW, EDIT], "admin": [VIEW, EDIT, PUBLISH]}


@pytest.mark.parametrize("who", PEOPLE)
def test_people_get_of_our_kinds_what_their_role_stands_for(installed: Installed, who: str) -> None:
    found = rules(installed.people[who], installed.site.namespace)
    assert {one for one in found if one[0] == OURS} == pairs(*LISTS[who])
    assert not any(resource.endswith("/status") for group, resource, _ in found if group == OURS)
    assert not {one for one in rules(installed.people[who], installed.other) if one[0] == OURS}


@pytest.mark.parametrize("who", PEOPLE)
def test_people_get_nothing_else_by_an_installation(installed: Installed, who: str) -> None:
    """What is added beside our own kinds, the role has had before."""
    site = installed.site
    path = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    own: Pairs = set()
    for lower in PEOPLE[: PEOPLE.index(who) + 1]:
        for rule in site.admin.get(f"{path}/system:aggregate-to-{lower}")["rules"]:
            own |= {
                (group, resource, verb)
                for group in rule["apiGroups"]
                for resource in rule["resources"]
                for verb in rule["verbs"]
            }
    assert own
    found = rules(installed.people[who], site.namespace)
    assert {one for one in found if one[0] != OURS} <= own


def test_accounts_of_hooks_are_there_only_while_hooks_run(installed: Installed) -> None:
    """They may change definitions or delete jobs, which nobody else may."""
    site = installed.site
    home = f"/api/v1/namespaces/{site.install.namespace}/serviceaccounts"
    accounts = {item["metadata"]["name"] for item in site.admin.get(home)["items"]}
    ours = {site.install.operator_account}
    # A release for all namespaces has jobs in its own, too.
    ours |= {site.install.runner_account} if installed.wide else set()
    assert accounts - {"default"} == ours
    wide = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    roles = [item["metadata"]["name"] for item in site.admin.get(wide)["items"]]
    named = {name for name in roles if name.endswith(f"{site.install.namespace}.{OURS}")}
    kinds = {name.partition(".")[0] for name in named}
    assert kinds == {"view", "edit", "publish", "operator" if installed.wide else "machine-sizes"}
