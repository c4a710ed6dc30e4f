"""The CustomResourceDefinitions: one for each kind, made from its model.

``crds/`` holds them as YAML; they are never edited by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fairlead.api.job import Job
from fairlead.api.machine import MachineGroup, MachineSize
from fairlead.api.meta import GROUP, VERSION, Resource
from fairlead.api.model import Extra
from fairlead.api.release import Release
from fairlead.api.schema import structural
from fairlead.api.task import Task

CATEGORY = "fairlead"
"""``kubectl get fairlead`` lists all kinds."""

QUEUED: Extra = {"state": "Queued"}


@dataclass(frozen=True)
class Column:
    """One column of what ``kubectl get`` prints.

    Columns of a priority above 0 are shown with ``--output=wide`` only.
    """

    name: str
    path: str
    type: Literal["string", "integer", "date"] = "string"
    priority: int = 0

    def to_dict(self) -> Extra:
        """Return the column as a CustomResourceDefinition has it."""
        made: Extra = {"name": self.name, "type": self.type, "jsonPath": self.path}
        return made | ({"priority": self.priority} if self.priority else {})


AGE = Column("Age", ".metadata.creationTimestamp", "date")


@dataclass(frozen=True)
class Kind:
    """How the API server serves one kind.

    Attributes
    ----------
    selectable
        The paths that ``--field-selector`` may name.
    initial_status
        The status of a new object, filled in by the server, so that it costs no write.
    """

    model: type[Resource]
    plural: str
    short: str
    columns: tuple[Column, ...]
    scope: Literal["Namespaced", "Cluster"] = "Namespaced"
    selectable: tuple[str, ...] = ()
    initial_status: Extra | None = None

    @property
    def name(self) -> str:
        """The kind's name."""
        return self.model.KIND

    @property
    def crd_name(self) -> str:
        """The name of its CustomResourceDefinition."""
        return f"{self.plural}.{GROUP}"


KINDS = (
    Kind(
        Job,
        "jobs",
        "fljob",
        columns=(
            Column("State", ".status.state"),
            Column("Progress", ".status.progress"),
            Column("Running", ".status.tasks.running", "integer"),
            Column("Failed", ".status.tasks.failed", "integer"),
            AGE,
            Column("Reason", ".status.reason", priority=1),
            Column("Run", ".status.run", "integer", priority=1),
            Column("Title", ".spec.title", priority=1),
        ),
        selectable=(".status.state",),
        initial_status=QUEUED,
    ),
    Kind(
        Task,
        "tasks",
        "fltask",
        columns=(
            Column("Identifier", ".spec.identifier"),
            Column("State", ".status.state"),
            Column("Attempt", ".status.attempt", "integer"),
            Column("Size", ".status.size"),
            Column("Runner", ".status.podName"),
            Column("Progress", ".status.progress"),
            AGE,
            Column("Reason", ".status.reason", priority=1),
            Column("Display", ".status.display", priority=1),
            Column("Version", ".spec.version", priority=1),
            Column("Id", ".spec.id", priority=1),
        ),
        selectable=(".status.state", ".status.podName", ".spec.id"),
        initial_status=QUEUED,
    ),
    Kind(
        Release,
        "releases",
        "flrel",
        columns=(
            Column("Tasks", ".status.tasks", "integer"),
            Column("Stage", ".spec.stage"),
            Column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
            AGE,
            Column("Image", ".spec.image", priority=1),
            Column("Source", ".spec.source", priority=1),
        ),
    ),
    Kind(
        MachineSize,
        "machinesizes",
        "flsize",
        scope="Cluster",
        columns=(
            Column("CPU", ".spec.resources.requests.cpu"),
            Column("Memory", ".spec.resources.limits.memory"),
            Column("Nodes", ".spec.nodeSelector"),
            Column("Provisioning", ".spec.provisioning"),
            Column("Running", ".status.running", "integer"),
            Column("Max", ".spec.maxRunners", "integer"),
            AGE,
            Column("Grows-To", ".spec.growsTo", priority=1),
        ),
    ),
    Kind(
        MachineGroup,
        "machinegroups",
        "flgroup",
        columns=(
            Column("Size", ".spec.size"),
            Column("State", ".status.state"),
            Column("Running", ".status.running", "integer"),
            Column("Idle", ".status.idle", "integer"),
            Column("Min", ".spec.minMachines", "integer"),
            Column("Max", ".spec.maxMachines", "integer"),
            AGE,
        ),
        initial_status={"state": "Starting"},
    ),
)
"""Every kind, in the order in which they are installed."""


def crd(kind: Kind) -> Extra:
    """Return the CustomResourceDefinition of one kind."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": kind.crd_name},
        "spec": {
            "group": GROUP,
            "names": {
                "kind": kind.name,
                "listKind": f"{kind.name}List",
                "plural": kind.plural,
                "singular": kind.name.lower(),
                "shortNames": [kind.short],
                "categories": [CATEGORY],
            },
            "scope": kind.scope,
            "versions": [_version(kind)],
        },
    }


def _version(kind: Kind) -> Extra:
    version: Extra = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": _root(kind)},
        "subresources": {"status": {}},
        "additionalPrinterColumns": [column.to_dict() for column in kind.columns],
    }
    if kind.selectable:
        version["selectableFields"] = [{"jsonPath": path} for path in kind.selectable]
    return version


def _root(kind: Kind) -> Extra:
    schema = structural(kind.model)
    properties = schema["properties"]
    # The server knows these three; it allows no more than their types.
    properties["apiVersion"] = {"type": "string"}
    properties["kind"] = {"type": "string"}
    properties["metadata"] = {"type": "object"}
    if kind.initial_status is not None:
        properties["status"]["default"] = dict(kind.initial_status)
    return schema


def all_crds() -> list[Extra]:
    """Return the CustomResourceDefinitions of all kinds."""
    return [crd(kind) for kind in KINDS]
