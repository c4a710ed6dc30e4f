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
KEY = rf"({NAME}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?"
"""The name of a label, an annotation or a resource."""


def _cidr() -> str:
    """Return the pattern of a block of addresses, of either kind."""
    byte = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
    old = rf"({byte}\.){{3}}{byte}/(3[0-2]|[12]?[0-9])"
    part = "[0-9a-fA-F]{1,4}"
    # Two colons stand for as many parts as are not written, once.
    shortened = [f"({part}:){{1,{7 - after}}}(:{part}){{{1},{after}}}" for after in range(1, 7)]
    forms = [f"({part}:){{7}}{part}", f"({part}:){{1,7}}:", *shortened, f":((:{part}){{1,7}}|:)"]
    new = f"({'|'.join(forms)})/(12[0-8]|1[01][0-9]|[1-9]?[0-9])"
    return f"({old}|{new})"


CIDR = _cidr()

Name = Annotated[str, Field(min_length=1, max_length=253, pattern=f"^{NAME}$")]
OptionalName = Annotated[str, Field(max_length=253, pattern=f"^({NAME})?$")]
Namespace = Annotated[str, Field(min_length=1, max_length=63, pattern=f"^{LABEL}$")]
OptionalNamespace = Annotated[str, Field(max_length=63, pattern=f"^({LABEL})?$")]
Port = Annotated[int, Field(ge=1, le=65535)]
Cidr = Annotated[str, Field(pattern=f"^{CIDR}$")]


def _map(names: str, value: Schema) -> WithJsonSchema:
    """Return the schema of a map.

    Names are told by patterns of entries: where helm refuses one by ``propertyNames``, its
    message has another path.
    """
    entries = {f"^{names}$": value}
    return WithJsonSchema(
        {"type": "object", "patternProperties": entries, "additionalProperties": False}
    )


Amounts = Annotated[
    dict[str, str],
    _map(KEY, {"type": ["integer", "string"], "minimum": 0, "pattern": f"^{QUANTITY}$"}),
]
"""Amounts of resources by name; helm's command line makes numbers of whole processors."""
Duration = Annotated[str, Field(pattern=r"^([0-9]+(ms|s|m|h))+$")]
OptionalDuration = Annotated[str, Field(pattern=r"^([0-9]+(ms|s|m|h))*$")]

Namespaces = Annotated[list[Namespace], Field(json_schema_extra={"uniqueItems": True})]
Names = Annotated[list[Name], Field(json_schema_extra={"uniqueItems": True})]


Labels = Annotated[
    dict[str, str],
    _map(KEY, {"type": "string", "pattern": "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$"}),
]
Annotations = Annotated[dict[str, str], _map(KEY, {"type": "string"})]

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
    return _map(LABEL, {"type": "integer", "minimum": least, "maximum": most})


Tolerations = Annotated[list[Free], WithJsonSchema({"type": "array", "items": toleration_schema()})]
Sizes = Annotated[dict[str, Free], _map(NAME, size_schema())]
