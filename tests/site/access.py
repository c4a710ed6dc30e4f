"""Kubeconfigs that carry a service account's token."""

import stat
from pathlib import Path

import yaml
from tests.cluster.kubeapi import KubeApi
from tests.cluster.provider import Cluster

TOKEN_SECONDS = 24 * 3600
"""How long a token is asked for; longer than any run of tests takes."""


def kubeconfig_of(cluster: Cluster, account: str, namespace: str, target: Path) -> Path:
    """Write a kubeconfig under a service account, whose namespace is ``namespace``."""
    api = KubeApi(cluster.kubeconfig)
    try:
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        spec = {"audiences": [], "expirationSeconds": TOKEN_SECONDS}
        token = api.create(path, {"spec": spec})["status"]["token"]
    finally:
        api.close()
    config = yaml.safe_load(cluster.kubeconfig.read_text())
    config["users"] = [{"name": account, "user": {"token": token}}]
    for entry in config["contexts"]:
        entry["context"].update({"user": account, "namespace": namespace})
    target.touch(mode=stat.S_IRUSR | stat.S_IWUSR)
    target.write_text(yaml.safe_dump(config))
    return target
