"""What scenarios need of a cluster: rights for tasks that submit, and a clean namespace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.cluster.kubeapi import KubeApi, until
from tests.site.site import Site

KINDS = ("jobs", "tasks", "machinegroups")
"""What a scenario leaves behind; releases are found again by the next one."""


def let_runners_submit(site: Site) -> None:
    """Let tasks make jobs and wait for them, which an administrator has to allow."""
    _allow(site.cluster.kubeconfig, site.namespace, f"{site.install.release}-runner")


@cache
def _allow(kubeconfig: Path, namespace: str, account: str) -> None:
    group = "rbac.authorization.k8s.io"
    body = {
        "metadata": {"name": "contract-submitters"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "admin"},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
    }
    api = KubeApi(kubeconfig)
    try:
        api.create(f"/apis/{group}/v1/namespaces/{namespace}/rolebindings", body)
    finally:
        api.close()


@contextmanager
def swept(site: Site) -> Iterator[None]:
    """Leave no job, task or machine group of the block behind."""
    try:
        yield
    finally:
        # The site's own client may have lost its connection, if the block took long.
        api = KubeApi(site.cluster.kubeconfig)
        try:
            for plural in _left(site, api):
                api.delete(site.path(plural))
            until("the namespace is clean", lambda: not _left(site, api), timeout=120)
        finally:
            api.close()


def _left(site: Site, api: KubeApi) -> list[str]:
    return [kind for kind in KINDS if api.get(site.path(kind), limit=1)["items"]]
