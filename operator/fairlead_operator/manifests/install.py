"""One installation of the operator: where it lives, and which namespaces it looks after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairlead_operator.kube.kinds import GROUP

Manifest = dict[str, Any]

NAMESPACE_LABEL = "kubernetes.io/metadata.name"
"""The label that the API server itself gives every namespace: its name."""


@dataclass(frozen=True)
class Install:
    """One installation.

    Attributes
    ----------
    release
        What it is called; the name of the helm release.
    namespace
        Where its operator runs.
    watched
        The namespaces whose jobs it runs; None for all of the cluster.
    """

    release: str
    namespace: str
    watched: tuple[str, ...] | None = None

    @property
    def operator_account(self) -> str:
        """The name of the operator's service account."""
        return f"{self.release}-operator"

    @property
    def operator_username(self) -> str:
        """What the API server calls the operator."""
        return f"system:serviceaccount:{self.namespace}:{self.operator_account}"

    @property
    def runner_account(self) -> str:
        """The name of the runners' service account in each watched namespace."""
        return f"{self.release}-runner"

    def cluster_name(self, what: str) -> str:
        """Return a name for an object of the whole cluster that no other installation has."""
        return f"{what}.{self.release}.{self.namespace}.{GROUP}"

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of everything that belongs to the installation."""
        return {
            "app.kubernetes.io/name": "fairlead",
            "app.kubernetes.io/instance": self.release,
            "app.kubernetes.io/managed-by": "fairlead",
        }

    def namespace_selector(self) -> Manifest:
        """Return the selector of the namespaces that the installation looks after."""
        if self.watched is None:
            return {}
        names = {"key": NAMESPACE_LABEL, "operator": "In", "values": list(self.watched)}
        return {"matchExpressions": [names]}
