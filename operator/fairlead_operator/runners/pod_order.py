"""What is asked of a pod that is to be made."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from fairlead_operator.runners import layout
from fairlead_operator.runners.groups import Group
from fairlead_operator.runners.releases import ChosenRelease
from fairlead_operator.runners.sizes import Size

DEFAULT_REUSE_SECONDS = 10
DEFAULT_GRACE_SECONDS = 30
DEFAULT_LOAD_SECONDS = 300

FOR_EVER = 366 * 24 * 3600
"""What the runner of a machine group is told to wait idle: the operator ends it."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The object with which the pod is removed: a Job or a MachineGroup."""

    kind: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Store:
    """Where runners find the object store.

    Attributes
    ----------
    url
        Its address; None without a store.
    claim
        A PersistentVolumeClaim in the runner's namespace, mounted as the store instead.
    mount
        Where that is mounted.
    secret
        A Secret in the runner's namespace whose entries become variables: credentials.
    """

    url: str | None = None
    claim: str | None = None
    mount: str = layout.STORE_PATH
    secret: str | None = None


@dataclass(frozen=True, kw_only=True)
class Installed:
    """What the installation says of every runner's pod.

    Attributes
    ----------
    image
        The image of runners whose Release names none.
    load_seconds
        How long loading a Release may take, where the machine size says nothing of its start.
    """

    image: str
    image_pull_policy: str | None = None
    image_pull_secrets: tuple[str, ...] = ()
    store: Store = field(default_factory=Store)
    load_seconds: int = DEFAULT_LOAD_SECONDS


@dataclass(frozen=True, slots=True)
class PodOrder:
    """All that a runner's pod is made from.

    Attributes
    ----------
    owner
        The Job for whose task it is made, or the MachineGroup it belongs to; None where it is
        to outlive the job, as jobs that share runners have it.
    job
        Name and unique id of the Job whose tasks alone it runs; None in a group.
    group
        The MachineGroup it belongs to, or None.
    task, attempt
        What it runs first; None where it is kept ready.
    account
        The service account it runs under.
    reuse, reuse_seconds
        Which tasks may share it, and how long it waits for them.
    grace_seconds
        How long a task is given to end by itself.
    spot
        Whether only nodes that may be taken away will do, though the size does not say so.
    """

    name: str
    namespace: str
    owner: Owner | None
    size: Size
    release: ChosenRelease
    account: str
    installed: Installed
    job: tuple[str, str] | None = None
    group: str | None = None
    task: str | None = None
    attempt: int | None = None
    reuse: str = "WithinJob"
    reuse_seconds: int = DEFAULT_REUSE_SECONDS
    grace_seconds: int = DEFAULT_GRACE_SECONDS
    isolation: str = "Shared"
    spot: bool = False


def in_group(order: PodOrder, group: Group) -> PodOrder:
    """Return an order as a group has it: for all tasks that are sent there, as long as it lives."""
    return replace(
        order,
        owner=Owner("MachineGroup", group.name, group.uid),
        job=None,
        group=group.name,
        reuse="AcrossJobs",
        reuse_seconds=FOR_EVER,
        spot=bool(group.spot) and not order.size.spot,
    )
