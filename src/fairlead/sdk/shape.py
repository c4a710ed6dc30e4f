"""How instances of a task class are made, taken apart and rebuilt."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from fairlead.errors import TaskArgumentError, TaskDefinitionError
from fairlead.sdk import input_errors
from fairlead.sdk.codec import Values
from fairlead.sdk.fields import Field
from fairlead.sdk.origin import Origin


class Shape:
    """How instances of one task class are made and taken apart.

    Attributes
    ----------
    fields
        The init fields, in order.
    plain
        Whether an instance is its fields and nothing else, so that it can be rebuilt
        without calling any of the user's code.
    """

    __slots__ = ("cls", "fields", "init", "init_is_generated", "parameters", "plain")

    def __init__(self, cls: type[Any], origin: Origin) -> None:
        self.cls = cls
        declared = dataclasses.fields(cls)
        for name, field in cls.__dataclass_fields__.items():
            if field._field_type.name == "_FIELD_INITVAR":
                raise TaskDefinitionError(
                    f"{origin.place}: field {name} is an InitVar, which is not kept; make it a"
                    f" plain field"
                )
        self.parameters = [field for field in declared if field.init]
        self.fields = tuple(field_of(field) for field in self.parameters)
        self.init: Callable[..., None] = cls.__init__
        self.init_is_generated = getattr(cls.__init__, "__fairlead_own__", True)
        has_post_init = hasattr(cls, "__post_init__")
        self.plain = (
            self.init_is_generated and not has_post_init and len(self.fields) == len(declared)
        )

    def values(self, task: Any) -> Values:
        """Return the field values of an instance, and nothing else that is set on it."""
        own: Values = task.__dict__
        if len(own) == len(self.fields):
            return own
        try:
            return {field.name: own[field.name] for field in self.fields}
        except KeyError as error:
            raise TaskArgumentError(
                input_errors.missing_fields(self.cls.__name__, [str(error.args[0])])
            ) from None

    def rebuild(self, values: Values) -> Any:
        """Return a new instance with decoded values."""
        task = object.__new__(self.cls)
        if self.plain and len(values) == len(self.fields):
            task.__dict__ = values
        elif self.init_is_generated:
            self.init(task, **values)
        else:
            task.__dict__.update(self._defaults(), **values)
        return task

    def _defaults(self) -> Values:
        made = {}
        for field in self.parameters:
            if field.default is not dataclasses.MISSING:
                made[field.name] = field.default
            elif field.default_factory is not dataclasses.MISSING:
                made[field.name] = field.default_factory()
        return made


def field_of(field: dataclasses.Field[Any]) -> Field:
    """Return what a dataclass field is to a task definition."""
    has_factory = field.default_factory is not dataclasses.MISSING
    return Field(
        name=field.name,
        required=field.default is dataclasses.MISSING and not has_factory,
        none_by_default=field.default is None,
    )
