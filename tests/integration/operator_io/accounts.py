"""Service accounts for operators, with chosen rights, and kubeconfigs with their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import yaml
from tests.cluster.kubeapi import KubeApi
from tests.cluster.provider import Cluster

RBAC = "/apis/rbac.authorization.k8s.io/v1"
TOKEN_SECONDS = 24 * 3600

Rules = Sequence[dict[str, Any]]


def token_of(cluster: Cluster, account: str, namespace: str) -> str:
    """A fresh token of a service account."""
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
    spec = {"audiences": [], "expirationSeconds": TOKEN_SECONDS}
    with closing(KubeApi(cluster.kubeconfig)) as api:
        return str(api.create(path, {"spec": spec})["status"]["token"])


def kubeconfig_with(token_file: Path, base: Path, namespace: str, target: Path) -> Path:
    """Write a kubeconfig that goes where another one does, with the token in a file."""
    config = yaml.safe_load(base.read_text())
    config["users"] = [{"name": "account", "user": {"tokenFile": str(token_file)}}]
    for entry in config["contexts"]:
        entry["context"].update({"user": "account", "namespace": namespace})
    target.write_text(yaml.safe_dump(config))
    return target


def without(rules: Rules, resource: str, verbs: Sequence[str]) -> list[dict[str, Any]]:
    """The same rules, but for some verbs on one resource."""
    kept = []
    for rule in rules:
        others = [name for name in rule["resources"] if name != resource]
        if others:
            kept.append({**rule, "resources": others})
        left = [verb for verb in rule["verbs"] if verb not in verbs]
        if resource in rule["resources"] and left:
            kept.append({**rule, "resources": [resource], "verbs": left})
    return kept


def make_account(api: KubeApi, name: str, namespace: str) -> None:
    """Make a service account without any right."""
    api.create(f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": name}})


def allow(
    api: KubeApi, role: str, rules: Rules, account: str, home: str, namespace: str | None
) -> None:
    """Give an account rights in a namespace, or in the whole cluster."""
    cluster = "Cluster" if namespace is None else ""
    place = RBAC if namespace is None else f"{RBAC}/namespaces/{namespace}"
    metadata = {"name": role}
    api.create(f"{place}/{cluster.lower()}roles", {"metadata": metadata, "rules": list(rules)})
    binding = {
        "metadata": metadata,
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": f"{cluster}Role",
            "name": role,
        },
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": home}],
    }
    api.create(f"{place}/{cluster.lower()}rolebindings", binding)
