"""Control planes that know our kinds, and namespaces behind the fence: nothing runs there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.fixtures import brought_up
from tests.cluster.kubeapi import KubeApi
from tests.cluster.namespaces import temporary
from tests.cluster.provider import Cluster
from tests.integration.api.actors import Site, make_site, remove_site
from tests.site.setup import apply_definitions

from fairlead_operator.manifests.install import Install


@contextmanager
def defined(cluster: Cluster) -> Iterator[None]:
    """Start a control plane, and install our definitions; skip tests where it cannot be had."""
    with brought_up(cluster):
        apply_definitions(cluster)
        yield


@contextmanager
def fenced(
    cluster: Cluster, prefix: str, folder: Path, *, restricted: bool = True
) -> Iterator[Site]:
    """A namespace behind a fence of its own.

    Parameters
    ----------
    prefix
        What its name begins with.
    folder
        Where kubeconfigs of tokens are written.
    restricted
        Whether it is under the restricted profile.
    """
    with temporary(cluster, prefix, restricted=restricted, ready=False) as own:
        install = Install("fairlead", f"{own.name}-system", (own.name,))
        made = make_site(install, own.name, cluster, folder)
        yield made
        remove_site(made)
        KubeApi(cluster.kubeconfig).delete(f"/api/v1/namespaces/{install.namespace}")
