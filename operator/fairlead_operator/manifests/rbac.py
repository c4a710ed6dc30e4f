"""Who may do what: the roles of the operator, of runners and of people.

RBAC knows no fields, so the roles say which objects somebody may touch at all, and the
fence (:mod:`fairlead_operator.manifests.fence`) what of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.api import labels
from fairlead_operator.kube.kinds import GROUP
from fairlead_operator.manifests.install import Install, Manifest

API = "rbac.authorization.k8s.io/v1"
READ = ("get", "list", "watch")

NAMESPACED = ("jobs", "tasks", "releases", "machinegroups")
"""The kinds that live in namespaces."""


def rule(group: str, resources: Sequence[str], verbs: Sequence[str]) -> Manifest:
    """Return one rule of a role."""
    return {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}


RUNNER_RULES = (
    rule(GROUP, ["tasks"], [*READ, "create"]),
    rule(GROUP, ["tasks/status"], ["patch"]),
)
"""All that a runner may do.  It reads no Release, ConfigMap or Secret through the API."""

OPERATOR_RULES = (
    rule(GROUP, NAMESPACED, [*READ, "patch"]),
    rule(GROUP, ["jobs"], ["delete"]),
    rule(GROUP, ["tasks"], ["create", "delete", "deletecollection"]),
    rule(GROUP, [f"{kind}/status" for kind in NAMESPACED], ["patch", "update"]),
    rule("", ["pods"], [*READ, "create", "delete", "deletecollection"]),
    rule("", ["serviceaccounts"], READ),
    rule("", ["configmaps"], ["get"]),
    rule("events.k8s.io", ["events"], ["create", "patch"]),
    rule("", ["events"], ["create", "patch"]),
)
"""What the operator does in the namespaces that it looks after."""

ELECTION_RULES = (rule("coordination.k8s.io", ["leases"], ["get", "create", "update", "patch"]),)
"""What the operator does in its own namespace."""

SIZE_RULES = (rule(GROUP, ["machinesizes"], READ),)
SIZE_STATUS_RULES = (rule(GROUP, ["machinesizes/status"], ["patch", "update"]),)

VIEW_RULES = (rule(GROUP, [*NAMESPACED, "machinesizes"], READ),)
EDIT_RULES = (
    rule(GROUP, ["jobs", "machinegroups"], ["create", "update", "patch", "delete"]),
    rule(GROUP, ["jobs", "machinegroups"], ["deletecollection"]),
    # Create: sessions add tasks one by one.  Patch: annotations ask a task to stop.
    rule(GROUP, ["tasks"], ["create", "patch", "delete"]),
)
PUBLISH_RULES = (
    rule(GROUP, ["releases"], ["create", "delete"]),
    rule("", ["configmaps"], ["get", "create", "patch", "delete"]),
)


def rbac(install: Install) -> list[Manifest]:
    """Return the accounts, roles and bindings of an installation.

    Where the installation looks after the whole cluster, the namespaces in which jobs run
    get their runner's account with :func:`runner_access`.
    """
    made = [_account(install, install.operator_account, install.namespace)]
    made += _in_namespace(
        install, "election", install.namespace, ELECTION_RULES, install.operator_account
    )
    if install.watched is None:
        rules = [*OPERATOR_RULES, *SIZE_RULES, *SIZE_STATUS_RULES]
        return [*made, *_everywhere(install, "operator", rules)]
    made += _everywhere(install, "machine-sizes", SIZE_RULES)
    for namespace in install.watched:
        made += _in_namespace(
            install, "operator", namespace, OPERATOR_RULES, install.operator_account
        )
        made += runner_access(install, namespace)
    return made


def runner_access(install: Install, namespace: str) -> list[Manifest]:
    """Return the account under which runners work in a namespace, and what it may do there."""
    account = _account(install, install.runner_account, namespace)
    account["metadata"]["labels"][labels.RUNNER_ACCOUNT] = "true"
    return [
        account,
        *_in_namespace(
            install, "runner", namespace, RUNNER_RULES, install.runner_account, namespace
        ),
    ]


def people(install: Install) -> list[Manifest]:
    """Return the roles of people, which add to Kubernetes' own view, edit and admin.

    Publishing code is for administrators of the namespace: whoever publishes decides what
    runs under the runners' accounts.
    """
    roles = {"view": VIEW_RULES, "edit": EDIT_RULES, "publish": PUBLISH_RULES}
    adds_to = {
        "view": ("view", "edit", "admin"),
        "edit": ("edit", "admin"),
        "publish": ("admin",),
    }
    made = []
    for name, rules in roles.items():
        role = _role(install, "ClusterRole", install.cluster_name(name), None, rules)
        for target in adds_to[name]:
            role["metadata"]["labels"][f"rbac.authorization.k8s.io/aggregate-to-{target}"] = "true"
        made.append(role)
    return made


def _everywhere(install: Install, what: str, rules: Sequence[Manifest]) -> list[Manifest]:
    """Return a role for the operator in the whole cluster, and its binding."""
    name = install.cluster_name(what)
    binding = _binding(install, "ClusterRoleBinding", name, None, "ClusterRole")
    binding["subjects"] = [_subject(install.operator_account, install.namespace)]
    return [_role(install, "ClusterRole", name, None, rules), binding]


def _in_namespace(
    install: Install,
    what: str,
    namespace: str,
    rules: Sequence[Manifest],
    account: str,
    account_namespace: str | None = None,
) -> list[Manifest]:
    """Return a role in one namespace, and its binding to an account."""
    # Two installations may look after one namespace's neighbours: both names are in it.
    name = f"{install.release}-{install.namespace}-{what}"
    binding = _binding(install, "RoleBinding", name, namespace, "Role")
    binding["subjects"] = [_subject(account, account_namespace or install.namespace)]
    return [_role(install, "Role", name, namespace, rules), binding]


def _metadata(install: Install, name: str, namespace: str | None) -> Manifest:
    made: Manifest = {"name": name, "labels": dict(install.labels)}
    return made if namespace is None else {**made, "namespace": namespace}


def _account(install: Install, name: str, namespace: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": _metadata(install, name, namespace),
    }


def _role(
    install: Install, kind: str, name: str, namespace: str | None, rules: Sequence[Manifest]
) -> Manifest:
    metadata = _metadata(install, name, namespace)
    return {"apiVersion": API, "kind": kind, "metadata": metadata, "rules": list(rules)}


def _binding(
    install: Install, kind: str, name: str, namespace: str | None, role_kind: str
) -> Manifest:
    return {
        "apiVersion": API,
        "kind": kind,
        "metadata": _metadata(install, name, namespace),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role_kind, "name": name},
    }


def _subject(account: str, namespace: str) -> Manifest:
    return {"kind": "ServiceAccount", "name": account, "namespace": namespace}
