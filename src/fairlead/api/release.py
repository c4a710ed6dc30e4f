"""Release: published code, and the tasks that are in it."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from fairlead.api.meta import Condition, Resource
from fairlead.api.model import Model, at_once, defaulted, listed_by, rule, rules
from fairlead.api.values import (
    Identifier,
    ObjectName,
    PositiveSeconds,
    Retry,
    Sha256,
    VersionText,
)

MAX_RELEASE_TASKS = 200
MAX_PACKAGE_BYTES = 900 * 1024
"""The largest package that is held in ConfigMaps; a larger one lies in the object store."""

Image = Annotated[str, Field(min_length=1, max_length=512)]


class ReleaseTask(Model):
    """One task definition in the release."""

    identifier: Identifier
    """What the task is called everywhere."""
    version: VersionText
    """Its version."""
    entry_point: Annotated[
        str,
        Field(
            max_length=512,
            pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*"
            r":[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$",
        ),
    ]
    """Where the code is, as module:name. Runners load nothing that no release lists."""
    scope: Literal["Global", "Release"] = defaulted("Global")
    """Global: any job may name it. Release: only tasks submitted from this release mean it, because
    its identifier is only the name of a class or function."""
    input_schema: Annotated[str, Field(max_length=16384)] | None = None
    """The JSON schema of its input, as text."""
    machine_size: ObjectName | None = None
    """The MachineSize of tasks that name none."""
    retry: Retry | None = None
    """How often it is tried again where the task does not say."""
    timeout_seconds: PositiveSeconds | None = None
    """How long one attempt may take where the task does not say."""
    max_parallel: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """How many may run at the same time in one job; a job may say fewer."""


class Package(Model):
    """Code held in the cluster itself."""

    config_maps: Annotated[list[ObjectName], Field(min_length=1, max_length=8), at_once()]
    """The immutable ConfigMaps that hold the archive, in order."""
    sha256: Sha256
    """The sum of the archive; a runner that finds another refuses it."""
    size: Annotated[int, Field(ge=1, le=MAX_PACKAGE_BYTES)]
    """How many bytes the archive has."""


class Archive(Model):
    """Code held in the object store."""

    key: Annotated[str, Field(min_length=1, max_length=1024)]
    """Where in the store the archive lies."""
    sha256: Sha256
    """The sum of the archive; a runner that finds another refuses it."""
    size: Annotated[int, Field(ge=1)]
    """How many bytes the archive has."""


class ReleaseSpec(Model):
    """What was published. It never changes; publish another Release instead."""

    model_config = rules(
        rule("self == oldSelf", "a Release cannot be changed; publish another one"),
        rule(
            "has(self.image) || has(self.package) || has(self.archive)",
            "a Release needs an image, a package or an archive",
        ),
        rule(
            "!(has(self.package) && has(self.archive))",
            "give package or archive, but not both",
        ),
    )

    image: Image | None = None
    """The image that runs the tasks; else the runner image of the installation."""
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    """When nodes fetch the image; Kubernetes decides if it is not set."""
    package: Package | None = None
    """The code, held in the cluster; else the image contains it."""
    archive: Archive | None = None
    """The code, held in the object store."""
    tasks: Annotated[
        list[ReleaseTask],
        Field(min_length=1, max_length=MAX_RELEASE_TASKS),
        listed_by("identifier", "version"),
    ]
    """The task definitions in it."""
    stage: Literal["Published", "Development"] = defaulted("Published")
    """Development: published by running a program; the command line removes old ones."""
    source: Annotated[str, Field(max_length=512)] | None = None
    """What it was made from, for people: a path, or a commit."""
    description: Annotated[str, Field(max_length=1024)] | None = None
    """What is new in it, for people."""
    program: Annotated[str, Field(max_length=253)] | None = None
    """The program it was made from; a development release replaces the earlier ones of it."""


class ReleaseStatus(Model):
    """What was found about the release. The operator alone writes it."""

    observed_generation: Annotated[int, Field(ge=0)] | None = None
    """The generation of the spec that this was concluded from."""
    tasks: Annotated[int, Field(ge=0)] | None = None
    """How many task definitions it has."""
    conditions: Annotated[list[Condition], Field(max_length=16), listed_by("type")] | None = None
    """Ready, or why not: a missing ConfigMap, a definition that conflicts with another's."""


class Release(Resource):
    """Published code: where it is, and which tasks are in it."""

    KIND: ClassVar[str] = "Release"
    model_config = rules(
        rule("size(self.metadata.name) <= 63", "the name of a Release has at most 63 characters"),
    )

    kind: Literal["Release"] = "Release"
    spec: ReleaseSpec
    status: ReleaseStatus | None = None
