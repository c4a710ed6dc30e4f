"""Turns a function into a task definition: its parameters are the fields of the input."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from fairlead.core import versions
from fairlead.errors import InvalidRequestError, TaskDefinitionError
from fairlead.sdk.annotations import (
    caller_names,
    closed_over,
    last_name,
    resolve,
    resolve_field,
    type_parameters,
)
from fairlead.sdk.backend import TaskOptions
from fairlead.sdk.codec import Values
from fairlead.sdk.control import TaskControl
from fairlead.sdk.definitions import TaskDefinition, identity, registry
from fairlead.sdk.fields import Field
from fairlead.sdk.input_errors import argument_errors
from fairlead.sdk.origin import Origin, origin_of

if TYPE_CHECKING:
    from fairlead.sdk.context import ExecutionContext

Injected = Literal["control", "context"]

_INJECTED: Mapping[str, Injected] = {"TaskControl": "control", "ExecutionContext": "context"}


class Parameters:
    """The parameters of a task function: what a caller gives, and what is injected."""

    __slots__ = (
        "_local", "fields", "function", "injected", "names", "positional", "required", "task",
    )  # fmt: skip

    def __init__(self, function: Callable[..., Any], origin: Origin) -> None:
        self.function = function
        self.task: str = function.__name__
        self._local = self._names_around() if origin.is_local else {}
        self.injected: dict[str, Injected] = {}
        fields = []
        self.positional: list[str] = []
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                raise TaskDefinitionError(
                    f"{origin.place}: a task's parameters must have names, so it cannot take"
                    f" {parameter}"
                )
            kind = _injected(parameter, self._namespace())
            if kind is not None:
                self.injected[parameter.name] = kind
                continue
            fields.append(_field(parameter))
            if parameter.kind is not parameter.KEYWORD_ONLY:
                self.positional.append(parameter.name)
        self.fields = tuple(fields)
        self.names = [field.name for field in fields]
        self.required = [field.name for field in fields if field.required]

    def _namespace(self) -> dict[str, Any]:
        """Return the names that the function sees: globals, and what it closes over."""
        function = self.function
        return {
            **function.__globals__,
            **self._local,
            **closed_over(function),
            **type_parameters(function),
        }

    def _names_around(self) -> dict[str, Any]:
        """Return what the annotations name in the functions around this one, as it is now."""
        function = self.function
        written = function.__annotations__.values()
        return caller_names(function.__module__, function.__qualname__, *written)

    def types(self) -> tuple[dict[str, Any], Any]:
        """Return the resolved types of the fields, and of the result."""
        namespace = self._namespace()
        if "<locals>" in self.function.__qualname__:
            namespace = {**self._names_around(), **namespace}
        types = {field.name: resolve_field(field.annotation, namespace) for field in self.fields}
        return types, resolve(self.function.__annotations__.get("return", Any), namespace)

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Values:
        """Return a call's arguments by name.

        Raises
        ------
        TaskArgumentError
            If the function does not take them; a TypeError.
        """
        error = argument_errors(
            self.task, self.positional, self.names, self.required, len(args), kwargs
        )
        if error is not None:
            raise error
        return {**dict(zip(self.positional, args, strict=False)), **kwargs}

    def invoke(self, values: Values, context: ExecutionContext) -> Any:
        """Call the function with decoded values and what is injected."""
        for name, kind in self.injected.items():
            if kind == "context":
                values[name] = context
            else:
                values[name] = TaskControl(context, context._definition.identifier)
        return self.function(**values)

    def invoke_by_position(self, values: Values, context: ExecutionContext) -> Any:
        """Call a function that takes some parameters by position only."""
        signature = inspect.signature(self.function)
        bound = signature.bind_partial()
        for name, kind in self.injected.items():
            is_context = kind == "context"
            control = TaskControl(context, context._definition.identifier)
            values[name] = context if is_context else control
        bound.arguments.update(
            {name: values[name] for name in signature.parameters if name in values}
        )
        return self.function(*bound.args, **bound.kwargs)


def _field(parameter: inspect.Parameter) -> Field:
    annotation = Any if parameter.annotation is parameter.empty else parameter.annotation
    return Field(
        parameter.name,
        required=parameter.default is parameter.empty,
        none_by_default=parameter.default is None,
        positional_only=parameter.kind is parameter.POSITIONAL_ONLY,
        annotation=annotation,
    )


def _injected(parameter: inspect.Parameter, namespace: Mapping[str, Any]) -> Injected | None:
    """Return what is to be injected for a parameter, if anything.

    The annotation is compared by name where it cannot be resolved: the name may be
    imported for type checkers only.
    """
    annotation = parameter.annotation
    if isinstance(annotation, str):
        resolved = resolve(annotation, namespace)
        annotation = annotation if resolved is Any else resolved
    if isinstance(annotation, type) and not annotation.__module__.startswith("fairlead."):
        return None
    return _INJECTED.get(last_name(annotation))


def define_function(
    function: Callable[..., Any],
    name: str | None,
    version: str,
    options: TaskOptions,
) -> tuple[TaskDefinition, Parameters]:
    """Return the definition of a task function, registered, and its parameters.

    Raises
    ------
    TaskDefinitionError
        If the function cannot be a task.
    """
    if not inspect.isfunction(function):
        raise TaskDefinitionError(
            f"@task decorates a function, not {type(function).__name__} {function!r}"
        )
    origin = origin_of(function, function.__code__)
    parameters = Parameters(function, origin)
    by_position = any(field.positional_only for field in parameters.fields)
    definition = TaskDefinition(
        kind="function",
        target=function,
        code=function,
        identity=_identity(function, name, version, origin),
        origin=origin,
        fields=parameters.fields,
        types=parameters.types,
        invoke=parameters.invoke_by_position if by_position else parameters.invoke,
        options=options,
    )
    registry.register(definition)
    return definition, parameters


def _identity(
    function: Callable[..., Any], name: str | None, version: str, origin: Origin
) -> tuple[str, str, bool]:
    if name is not None:
        return identity(function.__name__, (name, version), origin.place)
    try:
        versions.parse(version)
    except InvalidRequestError as error:
        raise TaskDefinitionError(f"{origin.place}: {error}") from None
    return function.__name__, version, False
