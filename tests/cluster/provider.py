"""The one interface to test clusters, and the choice among the three providers of it."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.images import Image
from tests.cluster.native.faults import Faults
from tests.cluster.shell import ClusterError, UnsupportedError, direct

CHOICE = "FAIRLEAD_CLUSTER"
"""Variable that names the provider: ``existing``, ``kind`` or ``native``."""

CONSENT = "FAIRLEAD_CLUSTER_CONTEXT"
"""Variable that must name the current context before an existing cluster is touched."""


class Cluster(ABC):
    """A cluster that tests may use.

    Attributes
    ----------
    provider
        Name of the provider.
    real_nodes
        Whether containers really run.
    """

    provider: str

    @abstractmethod
    def check(self) -> None:
        """Say why this provider cannot be had here, if that is so.

        Raises
        ------
        UnsupportedError
            With the reason.
        """

    @abstractmethod
    def build(self) -> None:
        """Make ahead of time whatever `up` needs."""

    @abstractmethod
    def up(self) -> None:
        """Start the cluster, or find that it runs."""

    @abstractmethod
    def down(self) -> None:
        """End the cluster and leave nothing of it; twice is as good as once."""

    @abstractmethod
    def is_up(self) -> bool:
        """Whether the cluster runs and answers."""

    @contextmanager
    def running(self, *, keep: bool = False) -> Iterator[None]:
        """Start the cluster for a block; one that was up before stays up, as does one to keep."""
        was_up = self.is_up()
        try:
            self.build()
            self.up()
            yield
        finally:
            if not was_up and not keep:
                self.down()

    @property
    @abstractmethod
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""

    @property
    @abstractmethod
    def kubectl(self) -> str:
        """The kubectl that fits this cluster."""

    @property
    def environment(self) -> dict[str, str]:
        """The environment for programs that talk to this cluster, such as kubectl."""
        return direct()

    @abstractmethod
    def load(self, image: Image) -> None:
        """Put an image onto every node."""

    @abstractmethod
    def logs(self, component: str = "") -> str:
        """The end of the log of one component, or of all."""

    def status(self) -> dict[str, str]:
        """The state of each node and component that the provider can look into."""
        return {}

    @property
    def faults(self) -> Faults:
        """The fault verbs.

        Raises
        ------
        UnsupportedError
            If this provider has none.
        """
        raise UnsupportedError(f"the provider {self.provider!r} has no fault verbs; `native` does")

    @property
    def audit_log(self) -> Path:
        """The API server's log of changes.

        Raises
        ------
        UnsupportedError
            If this provider has none within reach.
        """
        raise UnsupportedError(f"the provider {self.provider!r} gives no audit log; `native` does")


def choose() -> Cluster:
    """The provider to use here: the one that is named, else the first that can be had.

    Raises
    ------
    UnsupportedError
        If there is none; the message says why not, for each.
    """
    from tests.cluster.existing import ExistingCluster
    from tests.cluster.kind import KindCluster
    from tests.cluster.native.cluster import NativeCluster

    providers = {item.provider: item for item in (ExistingCluster, KindCluster, NativeCluster)}
    named = os.environ.get(CHOICE)
    if named:
        if named not in providers:
            raise ClusterError(f"{CHOICE} is one of {', '.join(providers)}, not {named!r}")
        chosen = providers[named]()
        chosen.check()
        return chosen
    reasons = []
    for name, make in providers.items():
        candidate = make()
        try:
            candidate.check()
        except UnsupportedError as reason:
            reasons.append(f"{name}: {reason}")
        else:
            return candidate
    raise UnsupportedError("no cluster can be had; " + "; ".join(reasons))
