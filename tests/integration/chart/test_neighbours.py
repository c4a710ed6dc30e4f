"""No two releases look after one namespace: their fences would keep each other from working."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from tests.cluster.kubeapi import KubeApi
from tests.cluster.provider import Cluster
from tests.cluster.shell import ClusterError
from tests.site.helm import Helm

from fairlead_operator.manifests.fence import task_status
from fairlead_operator.manifests.install import Install

BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
NAMESPACES = "/api/v1/namespaces"


@pytest.fixture
def there(cluster: Cluster, api: KubeApi) -> Iterator[Install]:
    """The fence of an installation for a namespace that exists, and for one that is gone."""
    mark = uuid.uuid4().hex[:8]
    made = Install("other", f"system-{mark}", (f"ours-{mark}", f"gone-{mark}"))
    _, binding = task_status(made)
    api.create(NAMESPACES, {"metadata": {"name": f"ours-{mark}"}})
    api.create(BINDINGS, binding)
    try:
        yield made
    finally:
        api.delete(f"{BINDINGS}/{binding['metadata']['name']}")
        api.delete(f"{NAMESPACES}/ours-{mark}")


def tried(helm: Helm, *watched: str) -> str:
    """What helm would install for some namespaces, or for all; nothing is made."""
    # Their definition may be nowhere yet, and is not installed for a try.
    sizes = {"install": False}
    values: dict[str, Any] = {"watch": {"namespaces": list(watched)}, "machineSizes": sizes}
    return helm.install(values, "--dry-run=server", "--take-ownership")


def test_a_release_is_refused_where_another_looks_already(cluster: Cluster, there: Install) -> None:
    assert there.watched is not None
    ours, gone = there.watched
    helm = Helm(cluster, "default", release="second")
    whose = f"the release 'other' in the namespace '{there.namespace}'"
    with pytest.raises(ClusterError) as some:
        tried(helm, "elsewhere", ours)
    assert f"{whose} looks after {ours} already" in str(some.value)
    with pytest.raises(ClusterError) as everywhere:
        tried(helm)
    # What is gone needs nobody to look after it.
    assert f"{whose} looks after {ours} already" in str(everywhere.value)
    assert gone not in str(everywhere.value)
    for name in ("task-status", "task-objects", "statuses"):
        assert there.cluster_name(name) in str(everywhere.value)


def test_a_release_beside_others_is_not(cluster: Cluster, there: Install) -> None:
    assert "second-operator" in tried(Helm(cluster, "default", release="second"), "elsewhere")


def test_a_release_is_not_in_its_own_way(cluster: Cluster, there: Install) -> None:
    assert there.watched is not None
    own = Helm(cluster, there.namespace, release=there.release)
    assert "other-operator" in tried(own, *there.watched)
