"""Which cluster is meant: the one around this pod, or the kubeconfig's."""

from __future__ import annotations

import os

from fairlead.backends.kubernetes import kubeconfig
from fairlead.backends.kubernetes.connection import Connection, in_cluster, in_cluster_connection
from fairlead.backends.kubernetes.rest import RestClient
from fairlead.sdk import settings


def open_client() -> RestClient:
    """Return a client of the cluster that is meant; the caller closes it."""
    return RestClient(connect())


def connect() -> Connection:
    """Return the connection to the cluster that is meant.

    ``FAIRLEAD_CONTEXT`` and a kubeconfig that ``KUBECONFIG`` names come first; without
    them a pod knows its cluster.  ``FAIRLEAD_NAMESPACE`` is in place of its namespace.
    """
    context = settings.context()
    if in_cluster() and not context and not os.environ.get("KUBECONFIG"):
        connection = in_cluster_connection()
    else:
        connection = kubeconfig.connection(context)
    connection.namespace = settings.namespace() or connection.namespace
    return connection
