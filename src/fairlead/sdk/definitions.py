"""``TaskDefinition``: what a task class or a task function is, to everyone but its author.

Classes and functions of both styles make the same definition; a runner needs nothing
else to run a task of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Optional

from fairlead.core import versions
from fairlead.errors import InvalidRequestError, TaskDefinitionError
from fairlead.sdk.annotations import UnresolvedError
from fairlead.sdk.backend import DEFAULT_OPTIONS, TaskOptions
from fairlead.sdk.codec import Codec, Values
from fairlead.sdk.fields import Field
from fairlead.sdk.origin import Origin
from fairlead.sdk.registry import DefinitionSet, Registry, registry
from fairlead.sdk.results import ResultCodec
from fairlead.sdk.schema import input_schema, json_schema, result_schema

if TYPE_CHECKING:
    from fairlead.sdk.context import ExecutionContext

__all__ = ["DefinitionSet", "Registry", "TaskDefinition", "identity", "registry"]

Types = Callable[[], tuple[Mapping[str, Any], Any]]
"""Returns the resolved types of the fields, by name, and of the result."""


class TaskDefinition:
    """One task class or function, ready to be submitted and run.

    Attributes
    ----------
    identifier, version
        What tasks of this definition are recorded under.
    source
        The file that a default identifier is bound to; None where the author chose the
        identifier, which then holds everywhere.
    kind
        Whether it is a class or a function.
    target
        That class or function.
    code
        The function that runs: the class's ``execute``, or the function itself.
    fields
        The fields of the input, in order.
    options
        How tasks of this definition run where a submission says nothing else.
    codec, results
        They write and read inputs and results.
    invoke
        Runs the code on decoded values with a context; what it returns may be awaitable.
    values_of
        For a class: returns the field values of an instance.
    is_async
        Whether the code is a coroutine function.
    importable, why_not_importable
        Whether another process can import the definition, else why not.
    """

    __slots__ = (
        "__weakref__", "_types", "code", "codec", "fields", "identifier", "importable", "invoke",
        "is_async", "kind", "name", "options", "origin", "results", "source", "target",
        "values_of", "version", "why_not_importable",
    )  # fmt: skip

    def __init__(
        self,
        *,
        kind: Literal["class", "function"],
        target: Any,
        code: Callable[..., Any],
        identity: tuple[str, str, bool],
        origin: Origin,
        fields: tuple[Field, ...],
        types: Types,
        invoke: Callable[[Values, ExecutionContext], Any],
        values_of: Callable[[Any], Values] | None = None,
        options: TaskOptions = DEFAULT_OPTIONS,
    ) -> None:
        self.identifier, self.version, explicit = identity
        self.source = None if explicit else origin.source
        self.kind = kind
        self.target = target
        self.code = code
        self.name: str = target.__name__
        self.origin = origin
        self.fields = fields
        self.options = options
        self.invoke = invoke
        self.values_of = values_of
        self.is_async = inspect.iscoroutinefunction(code)
        self.why_not_importable = origin.why_not_importable
        self.importable = self.why_not_importable is None
        self._types = types
        self.codec = Codec(self.name, self._input_schema)
        self.results = ResultCodec(self.name, self._result_schema)

    def _input_schema(self) -> Any:
        return input_schema(self.name, self._admitted(), self._required())

    def input_json_schema(self) -> dict[str, Any] | None:
        """Return the JSON schema of the input; None where a field's type has none.

        Raises
        ------
        TaskDefinitionError
            If a field's annotation stands for no type; it is named.
        """
        return json_schema(self._admitted(), self._required())

    def _admitted(self) -> dict[str, Any]:
        types, _ = self._types()
        for field in self.fields:
            if isinstance(types[field.name], UnresolvedError):
                raise TaskDefinitionError(f"{self.name}.{field.name}: {types[field.name]}")
        return {field.name: _admitted(field, types[field.name]) for field in self.fields}

    def _required(self) -> frozenset[str]:
        return frozenset(field.name for field in self.fields if field.required)

    def _result_schema(self) -> Any:
        _, result = self._types()
        return result_schema(result)

    @property
    def place(self) -> str:
        """Where it was written, in words."""
        return self.origin.place

    def __repr__(self) -> str:
        return f"<TaskDefinition {self.identifier} {self.version} from {self.place}>"


def _admitted(field: Field, annotation: Any) -> Any:
    """Return a field's type, together with None where that is its default."""
    return Optional[annotation] if field.none_by_default else annotation  # noqa: UP045


def identity(name: str, chosen: Any, place: str) -> tuple[str, str, bool]:
    """Return a definition's identifier, version, and whether its author chose them.

    Parameters
    ----------
    name
        The default identifier.
    chosen
        What the author's ``identifier()`` returned, or None.
    place
        Where it was written, for errors.

    Raises
    ------
    TaskDefinitionError
        If the identifier or version is none.
    """
    if chosen is None:
        return name, versions.DEFAULT_VERSION, False
    if not (isinstance(chosen, tuple) and len(chosen) == 2):
        raise TaskDefinitionError(
            f"{place}: identifier() must return an identifier and a version, such as"
            f' ("example.com/flow/{name}", "v1.0"), not {chosen!r}'
        )
    try:
        versions.parse(chosen[1])
        return versions.check_identifier(chosen[0]), chosen[1], True
    except InvalidRequestError as error:
        raise TaskDefinitionError(f"{place}: {error}") from None
