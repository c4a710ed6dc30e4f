"""The cluster, for commands about what only a cluster has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from fairlead.cli.invocation import Invocation
from fairlead.errors import InvalidRequestError

if TYPE_CHECKING:
    from fairlead.backends.kubernetes.rest import RestClient

Namespace = Annotated[
    str | None,
    typer.Option(
        "--namespace",
        help="The namespace; else FAIRLEAD_NAMESPACE decides, and else the kubeconfig's context.",
        show_default=False,
    ),
]


class Cluster(NamedTuple):
    """A client of the API server, and the namespace to work in."""

    rest: RestClient
    namespace: str


def open_cluster(context: typer.Context, namespace: str | None = None) -> Cluster:
    """Open the cluster, also where jobs run locally unless told otherwise.

    Raises
    ------
    InvalidRequestError
        If the call asks for another backend by name.
    """
    from fairlead.backends.kubernetes.access import open_client

    invocation = context.ensure_object(Invocation)
    if invocation.backend_name not in (None, "kubernetes", "remote"):
        raise InvalidRequestError(
            f"`{context.command_path}` is about a cluster, but --backend is"
            f" {invocation.backend_name}; leave --backend out"
        )
    rest = open_client()
    context.call_on_close(rest.close)
    return Cluster(rest, namespace or rest.connection.namespace)
