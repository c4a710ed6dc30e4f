"""The base of all models here, and how a field says what Kubernetes must know of it.

A field's name is snake_case in Python and camelCase in YAML.  The string below a field is
its description in the CustomResourceDefinition.  Reading ignores unknown fields, as
clients of Kubernetes do, so that an older program can read what a newer one wrote.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Extra = dict[str, Any]

SERVER_DEFAULT = "x-server-default"
"""Marks a default that the API server writes into the object, not only our readers."""


def _alias(name: str) -> str:
    """Return the camelCase of a name; the acronyms UID, URL and JSON stay in capitals."""
    words = to_camel(name)
    for plain, capital in (("Uid", "UID"), ("Url", "URL"), ("Json", "JSON")):
        if words.endswith(plain):
            words = words.removesuffix(plain) + capital
    return words


class Model(BaseModel):
    """A part of a custom resource."""

    model_config = ConfigDict(
        alias_generator=_alias, populate_by_name=True, extra="ignore", allow_inf_nan=False
    )

    def to_dict(self) -> Extra:
        """Return what is written to the API server: camelCase, JSON values, nothing unset."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def rule(expression: str, message: str, **more: Any) -> Extra:
    """Return a validation rule in CEL, as ``x-kubernetes-validations`` has them."""
    return {"rule": expression, "message": message, **more}


def unchanged(*path: str) -> str:
    """Return the CEL expression that holds if a field is now as it was, or absent as it was.

    ``self.?a == oldSelf.?a`` would say the same, but the API server cannot estimate what
    comparing two optional values costs, and refuses it.
    """
    name = ".".join(path)
    here, there = f"self.{name}", f"oldSelf.{name}"
    return f"has({here}) == has({there}) && (!has({here}) || {here} == {there})"


def rules(*some: Extra) -> ConfigDict:
    """Return the model configuration that attaches validation rules to a model."""
    return ConfigDict(json_schema_extra={"x-kubernetes-validations": list(some)})


def checked(*some: Extra) -> Any:
    """Return the field information that attaches validation rules to one field."""
    return Field(json_schema_extra={"x-kubernetes-validations": list(some)})


def listed_by(*keys: str) -> Any:
    """Return the field information of a list whose items are told apart by some fields."""
    extra: Extra = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(keys)}
    return Field(json_schema_extra=extra)


def at_once() -> Any:
    """Return the field information of a list that is only ever replaced as a whole."""
    return Field(json_schema_extra={"x-kubernetes-list-type": "atomic"})


def defaulted(value: Any) -> Any:
    """Return the field information of a default that the API server fills in."""
    return Field(default=value, json_schema_extra={SERVER_DEFAULT: True})
