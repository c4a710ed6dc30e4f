"""What every Kubernetes object has: its metadata, owners and conditions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, WithJsonSchema

from fairlead.api.constants import API_VERSION, GROUP, VERSION
from fairlead.api.model import Model

__all__ = [
    "API_VERSION",
    "GROUP",
    "VERSION",
    "AnyMeta",
    "Condition",
    "ObjectMeta",
    "OwnerReference",
    "Resource",
]

ConditionStatus = Literal["True", "False", "Unknown"]


class OwnerReference(Model):
    """The object with which this one is removed."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool | None = None
    block_owner_deletion: bool | None = None


class ObjectMeta(Model):
    """The part of metav1.ObjectMeta that Fairlead reads or writes."""

    name: str = ""
    generate_name: str | None = None
    namespace: str | None = None
    uid: str | None = None
    resource_version: str | None = None
    generation: int | None = None
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    owner_references: list[OwnerReference] = Field(default_factory=list)
    finalizers: list[str] = Field(default_factory=list)


class Condition(Model):
    """One aspect of an object's present state, as metav1.Condition has it."""

    type: Annotated[str, Field(min_length=1, max_length=316)]
    """What is observed, for example ``Finished``."""
    status: ConditionStatus
    """Whether it is so."""
    reason: Annotated[
        str,
        Field(min_length=1, max_length=256, pattern=r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"),
    ]
    """Why, in one word that programs can compare."""
    message: Annotated[str, Field(max_length=4096)] = ""
    """Why, and what to do about it, in words."""
    last_transition_time: datetime
    """When the status last changed."""
    observed_generation: Annotated[int, Field(ge=0)] | None = None
    """The generation of the object that this was concluded from."""


AnyMeta = Annotated[ObjectMeta, WithJsonSchema({"type": "object"})]
"""Metadata; the API server has a schema of its own for it."""


class Resource(Model):
    """A custom resource of Fairlead."""

    KIND: ClassVar[str]

    api_version: Literal["fairlead.dev/v1beta1"] = API_VERSION
    kind: Any
    metadata: AnyMeta = Field(default_factory=ObjectMeta)

    @property
    def name(self) -> str:
        """The object's name."""
        return self.metadata.name

    @property
    def uid(self) -> str:
        """The object's unique id, which its name may outlive."""
        return self.metadata.uid or ""
