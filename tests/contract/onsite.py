"""What scenarios need of a cluster: rights for tasks that submit, and a clean namespace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.kubeapi import ApiError, until
from tests.site.site import Site

KINDS = ("jobs", "tasks", "machinegroups")
"""What a scenario leaves behind; releases are found again by the next one."""


def let_runners_submit(site: Site) -> None:
    """Let tasks make jobs and wait for them, which an administrator has to allow."""
    account = f"{site.install.release}-runner"
    name = "contract-submitters"
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{site.namespace}/rolebindings"
    body = {
        "metadata": {"name": name},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin",
        },
        "subjects": [
            {"kind": "ServiceAccount", "name": account, "namespace": site.namespace}
        ],
    }  # fmt: skip
    try:
        site.api.create(path, body)
    except ApiError as error:
        if error.status != 409:
            raise


@contextmanager
def swept(site: Site) -> Iterator[None]:
    """Leave no job, task or machine group of the block behind."""
    try:
        yield
    finally:
        for plural in _left(site):
            site.api.delete(site.path(plural))
        until("the namespace is clean", lambda: not _left(site), timeout=120)


def _left(site: Site) -> list[str]:
    return [kind for kind in KINDS if site.api.get(site.path(kind), limit=1)["items"]]
