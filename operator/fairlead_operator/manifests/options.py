"""What an installation may be told beyond its name: images, store, sizes, resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from fairlead_operator.manifests.install import Manifest
from fairlead_operator.manifests.sizes import default_sizes

PullPolicy = Literal["Always", "IfNotPresent", "Never"]

STORE_MOUNT = "/fairlead/store"
"""Where runners find a store that is a volume."""


@dataclass(frozen=True)
class Volume:
    """A store on a volume that every node can mount: one folder, for all runners.

    Attributes
    ----------
    claim
        The name of the PersistentVolumeClaim in each namespace where jobs run.
    mount
        Where runners find it.
    host_folder
        For clusters whose nodes share a folder, such as one on one machine: its path on the
        nodes, of which volumes and claims are made.  None: the claims exist already.
    """

    claim: str = "fairlead-store"
    mount: str = STORE_MOUNT
    host_folder: str | None = None


@dataclass(frozen=True)
class Store:
    """Where runners keep what is too large for the API server.

    Attributes
    ----------
    url
        The object store's URL; None: the folder of ``volume``, or no store.
    volume
        The volume that ``url`` lies on, if it is a folder.
    secret
        A Secret in each namespace where jobs run, whose entries runners get as environment
        variables: the store's credentials.
    """

    url: str | None = None
    volume: Volume | None = None
    secret: str | None = None

    @property
    def runner_url(self) -> str | None:
        """The store's URL as runners say it."""
        if self.url is None and self.volume is not None:
            return f"file://{self.volume.mount}"
        return self.url


def _operator_resources() -> Mapping[str, Mapping[str, str]]:
    return {
        "requests": {"cpu": "100m", "memory": "128Mi"},
        "limits": {"memory": "1Gi"},
    }


@dataclass(frozen=True)
class Options:
    """What an installation may be told.

    Attributes
    ----------
    operator_image, runner_image
        The images of the operator and of the generic runner.
    pull_policy
        When nodes fetch them.
    replicas
        How many operators there are; one acts, the others stand by.
    namespaces
        Namespaces where jobs may run, for an installation that looks after all of them: they
        get their runner's account, and the store's claim.
    make_namespaces
        Whether the namespaces are part of what is installed.
    store
        Where large values, logs and files go.
    sizes
        The MachineSizes that come with it; they belong to the whole cluster.
    resources
        What the operator's container asks for and may use.
    log_level
        The least level of messages that the operator logs.
    """

    operator_image: str
    runner_image: str
    pull_policy: PullPolicy = "IfNotPresent"
    replicas: int = 1
    namespaces: tuple[str, ...] = ()
    make_namespaces: bool = True
    store: Store = field(default_factory=Store)
    sizes: Sequence[Manifest] = field(default_factory=default_sizes)
    resources: Mapping[str, Mapping[str, str]] = field(default_factory=_operator_resources)
    log_level: str = "info"
