"""The kinds of values that the chart's options hold, with what its schema says of them.

Patterns are read by helm, whose regular expressions know no look-around.  An empty text
stands for "not set", as is the custom with charts.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

from fairlead.api.machine import MachineSize
from fairlead.api.schema import structural

Schema = dict[str, Any]


class Section(BaseModel):
    """A part of the chart's values; the string below a field says what it is for."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
    )


LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
NAME = rf"{LABEL}(\.{LABEL})*"
QUANTITY = r"[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi)?"
CIDR = r"([0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*/[0-9]{1,3})"

Name = Annotated[str, Field(min_length=1, max_length=253, pattern=f"^{NAME}$")]
OptionalName = Annotated[str, Field(max_length=253, pattern=f"^({NAME})?$")]
Namespace = Annotated[str, Field(min_length=1, max_length=63, pattern=f"^{LABEL}$")]
Port = Annotated[int, Field(ge=1, le=65535)]
Cidr = Annotated[str, Field(pattern=f"^{CIDR}$")]
Amounts = Annotated[
    dict[str, str],
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {"type": ["integer", "string"], "pattern": f"^{QUANTITY}$"},
        }
    ),
]
"""Amounts of resources by name; helm's command line makes numbers of whole processors."""
Duration = Annotated[str, Field(pattern=r"^([0-9]+(ms|s|m|h))+$")]
OptionalDuration = Annotated[str, Field(pattern=r"^([0-9]+(ms|s|m|h))*$")]

Namespaces = Annotated[list[Namespace], Field(json_schema_extra={"uniqueItems": True})]
Names = Annotated[list[Name], Field(json_schema_extra={"uniqueItems": True})]

Texts = dict[str, str]
"""A map of the user's own: labels, annotations."""

Free = dict[str, Any]
"""An object of Kubernetes' own that is passed on as it is."""


def _closed(schema: Any) -> Any:
    """Return a schema of a definition without what only the API server reads, closed to others."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: _closed(value)
        for key, value in schema.items()
        if key != "default" and not key.startswith("x-kubernetes-")
    }
    if "properties" in schema and isinstance(schema["properties"], dict):
        kept["properties"] = {key: _closed(item) for key, item in schema["properties"].items()}
        kept.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        kept = {**kept, "type": ["integer", "string"]}
        kept.pop("anyOf", None)
    return kept


def size_schema() -> Schema:
    """Return the schema of a machine size's spec, as its definition has it."""
    made: Schema = _closed(deepcopy(structural(MachineSize)["properties"]["spec"]))
    return made


def toleration_schema() -> Schema:
    """Return the schema of one toleration."""
    made: Schema = size_schema()["properties"]["tolerations"]["items"]
    return made


def by_namespace(least: int, most: int) -> WithJsonSchema:
    """Return the schema of whole numbers by the names of namespaces."""
    return WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"pattern": f"^{LABEL}$"},
            "additionalProperties": {"type": "integer", "minimum": least, "maximum": most},
        }
    )


Tolerations = Annotated[list[Free], WithJsonSchema({"type": "array", "items": toleration_schema()})]
Sizes = Annotated[
    dict[str, Free],
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"pattern": f"^{NAME}$", "maxLength": 63},
            "additionalProperties": size_schema(),
        }
    ),
]
