"""The kinds of values that fields of several resources hold, with their bounds.

Every text and list has an upper bound: without one the API server cannot tell what its
validation rules cost, and refuses them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from fairlead.api.constants import MAX_INLINE
from fairlead.api.model import Model, at_once, checked, defaulted, rule, rules

MAX_SECONDS = 366 * 24 * 3600
MAX_RETRIES = 10_000

TaskKey = Annotated[
    str, Field(min_length=1, max_length=63, pattern=r"^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$")
]
"""What a task is called within its job, in the alphabet of label values."""

ObjectName = Annotated[
    str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")
]
"""The name of another object."""

Uid = Annotated[str, Field(min_length=1, max_length=64)]

Identifier = Annotated[
    str,
    Field(min_length=1, max_length=256),
    checked(rule("bytes(self).size() <= 256", "an identifier has at most 256 bytes in UTF-8")),
]

VersionText = Annotated[str, Field(max_length=24, pattern=r"^v(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$")]

FairleadId = Annotated[str, Field(pattern=r"^[0-9a-z]{25}$", max_length=25)]
"""An id as the SDK and the command line show it."""

JsonText = Annotated[str, Field(max_length=MAX_INLINE)]
"""A JSON value as text.  As structured data 1.0 would become 1 and large integers lose digits."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", max_length=64)]

Seconds = Annotated[int, Field(ge=0, le=MAX_SECONDS)]
PositiveSeconds = Annotated[int, Field(ge=1, le=MAX_SECONDS)]

FailurePolicy = Literal["Fail", "Ignore"]

_DECIMAL = r"([0-9]+(\.[0-9]*)?|\.[0-9]+)"
QUANTITY = rf"^[+-]?{_DECIMAL}([KMGTPE]i|[numkMGTPE]|[eE][+-]?{_DECIMAL})?$"

Quantity = Annotated[
    int | str,
    WithJsonSchema(
        {
            "anyOf": [{"type": "integer"}, {"type": "string"}],
            "pattern": QUANTITY,
            "maxLength": 32,
            "x-kubernetes-int-or-string": True,
        }
    ),
]
"""An amount of a resource, for example ``500m``, ``2`` or ``1Gi``."""

Labels = Annotated[dict[str, Annotated[str, Field(max_length=253)]], Field(max_length=64)]


class StoredValue(Model):
    """A value that is too large for the object and lies in the object store."""

    key: Annotated[str, Field(min_length=1, max_length=1024)]
    """Where in the store it lies."""
    sha256: Sha256
    """The sum of its bytes, which the reader checks."""
    size: Annotated[int, Field(ge=0)]
    """How many bytes it has."""


class ResultReference(Model):
    """A place in a value that stands for the result of another task.

    With ``count``, several places of one list in a row: they take the results of the tasks
    whose keys follow, so that the sum of 10,000 squares needs one entry.
    """

    path: Annotated[str, Field(max_length=512, pattern=r"^(/.*)?$")]
    """The place as a JSON pointer, for example ``/parts/0``; empty for the whole value."""
    task: TaskKey
    """The key of the task whose result it is."""
    word: Annotated[str, Field(max_length=63)] | None = None
    """The readable part of that task's name, by which it is found without a search; the key if it
    is not set."""
    kind: Literal["Value", "Future"] = "Value"
    """Value (the default): the result stands in its place. Future: the task gets the future."""
    count: Annotated[int, Field(ge=1, le=50_000)] = 1
    """How many places from this one on; path and key must end in a number to count up from."""


References = Annotated[list[ResultReference], Field(max_length=1000), at_once()]


class Retry(Model):
    """How often and when a task is tried again after it failed."""

    model_config = rules(
        rule(
            "!has(self.backoffSeconds) || !has(self.maxBackoffSeconds)"
            " || self.backoffSeconds <= self.maxBackoffSeconds",
            "backoffSeconds may not be above maxBackoffSeconds",
        )
    )

    limit: Annotated[int, Field(ge=0, le=MAX_RETRIES)] = defaulted(0)
    """How many executions after the first one may fail too."""
    backoff_seconds: Seconds = 1
    """The pause before the first retry; it doubles with each further one. 1 if not set."""
    max_backoff_seconds: Seconds = 60
    """The longest pause. 60 if not set."""


JobDependencies = Annotated[list[TaskKey], Field(max_length=64), at_once()]
"""Names of other tasks.  One that comes twice does no harm, so no more is asked of the list: the
API server compares the items of a set by pairs, again on every write of the Job's status."""

Dependency = Annotated[
    str,
    Field(
        min_length=1,
        max_length=63,
        pattern=r"^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?|[0-9]+:[0-9]+)$",
    ),
]
"""The key of a sibling, or ``0:10000``, which stands for the keys 0 to 9999."""

FreeObject = Annotated[
    dict[str, Any],
    WithJsonSchema({"type": "object", "x-kubernetes-preserve-unknown-fields": True}),
]
