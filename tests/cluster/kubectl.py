"""kubectl, run as the administrator of a cluster."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.cluster.provider import Cluster
from tests.cluster.shell import ClusterError, run


def kubectl(
    cluster: Cluster,
    *words: str,
    namespace: str = "",
    feed: str | None = None,
    timeout: float = 120,
) -> str:
    """What kubectl prints.

    Raises
    ------
    ClusterError
        If it fails; with what it said.
    """
    where: list[object] = ["--kubeconfig", cluster.kubeconfig]
    where += ["--namespace", namespace] if namespace else []
    command = [cluster.kubectl, *where, *words]
    return run(command, env=cluster.environment, feed=feed, timeout=timeout)


def tried(cluster: Cluster, *words: str, namespace: str) -> str:
    """What kubectl prints, below a title, or why it prints nothing: for people."""
    title = f"--- kubectl {' '.join(words)}"
    try:
        said = kubectl(cluster, *words, "--request-timeout=10s", namespace=namespace, timeout=60)
    except ClusterError as problem:
        return f"{title}\n{problem}"
    return f"{title}\n{said}"


def apply_all(
    cluster: Cluster, objects: Sequence[Mapping[str, Any]], *, namespace: str = ""
) -> None:
    """Apply objects, into a namespace if they name none."""
    words = ("apply", "--server-side", "--force-conflicts", "-f", "-")
    kubectl(cluster, *words, namespace=namespace, feed=_list(objects))


def delete_all(cluster: Cluster, objects: Sequence[Mapping[str, Any]]) -> None:
    """Delete objects, whether they are there or not, and do not wait until they are gone."""
    words = ("delete", "--ignore-not-found", "--wait=false", "-f", "-")
    kubectl(cluster, *words, feed=_list(objects))


def _list(objects: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
