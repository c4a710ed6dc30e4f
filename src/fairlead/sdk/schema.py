"""Builds the strict validators and serializers of a task's fields and result.

The only place, besides :mod:`fairlead.sdk.codec`, that touches pydantic; both import
it when they are first called.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, NotRequired, Union, get_args, get_origin

from fairlead.errors import TaskDefinitionError
from fairlead.sdk import protobuf
from fairlead.sdk.annotations import class_annotations, type_text
from fairlead.sdk.futures import FutureTask
from fairlead.sdk.references import Reference

# NaN is written as itself, not as null, so that the codec can see and refuse it.
_SERIALIZER = {"ser_json_inf_nan": "constants", "ser_json_bytes": "base64"}


class InputSchema(NamedTuple):
    """What one definition's input is checked, written and read with."""

    types: Mapping[str, Any]
    validate: Callable[..., dict[str, Any]]
    to_json: Callable[..., bytes]
    from_json: Callable[..., dict[str, Any]]


class ResultSchema(NamedTuple):
    """What one definition's result is checked, written and read with."""

    validate: Callable[..., Any]
    to_json: Callable[..., bytes]
    from_json: Callable[..., Any]


def input_schema(task: str, fields: Mapping[str, Any], required: frozenset[str]) -> InputSchema:
    """Build the schema of an input with these fields.

    Raises
    ------
    TaskDefinitionError
        If a field's type cannot be written as JSON; it is named.
    """
    from pydantic_core import SchemaSerializer

    protobuf.enable()
    adapter = _adapter(task, fields, required)
    serializer = SchemaSerializer(adapter.core_schema, _SERIALIZER)  # type: ignore[arg-type]
    return InputSchema(
        fields,
        adapter.validator.validate_python,
        serializer.to_json,
        adapter.validator.validate_json,
    )


def json_schema(fields: Mapping[str, Any], required: frozenset[str]) -> dict[str, Any] | None:
    """Return the JSON schema of an input with these fields, or None where there is none."""
    from pydantic import PydanticUserError

    protobuf.enable()
    try:
        schema: dict[str, Any] = _complete_adapter(fields, required).json_schema()
    except (PydanticUserError, NameError):
        return None
    return schema


def _adapter(task: str, fields: Mapping[str, Any], required: frozenset[str]) -> Any:
    from pydantic import PydanticUserError

    try:
        return _complete_adapter(fields, required)
    except (PydanticUserError, NameError) as error:
        for name, annotation in fields.items():
            try:
                _complete_adapter({name: annotation}, required)
            except NameError as unknown:
                raise TaskDefinitionError(f"{task}.{name}: {unknown}") from None
            except PydanticUserError:
                raise TaskDefinitionError(
                    f"{task}.{name}: {type_text(annotation)} cannot be kept as JSON; use plain"
                    f" values, dataclasses, pydantic models or protobuf messages"
                ) from None
        raise TaskDefinitionError(f"{task}: {error}") from None


def _complete_adapter(fields: Mapping[str, Any], required: frozenset[str]) -> Any:
    from pydantic import TypeAdapter

    adapter = TypeAdapter(_typed_dict(fields, required))
    adapter.rebuild(raise_errors=True)  # names the class that a nested annotation lacks
    return adapter


def _config() -> Any:
    from pydantic import ConfigDict

    return ConfigDict(
        strict=True,
        extra="forbid",
        allow_inf_nan=False,
        revalidate_instances="always",  # a nested dataclass checked nothing when it was made
        val_json_bytes="base64",
    )


def _typed_dict(fields: Mapping[str, Any], required: frozenset[str]) -> Any:
    import typing_extensions

    typed_dict: Any = typing_extensions.TypedDict  # the fields are known only now
    entries = {
        name: annotation if name in required else NotRequired[annotation]
        for name, annotation in fields.items()
    }
    made = typed_dict("Input", entries)
    made.__pydantic_config__ = _config()
    return made


def result_schema(annotation: Any) -> ResultSchema | None:
    """Build the schema of a result, or None where plain JSON is all there is to say."""
    if get_origin(annotation) is FutureTask:
        annotation = get_args(annotation)[0]
    if annotation in (None, Any, type(None), FutureTask):
        return None
    from pydantic import PydanticUserError, TypeAdapter
    from pydantic_core import SchemaSerializer

    protobuf.enable()
    try:
        item = TypeAdapter[Any](annotation)
        serializer = SchemaSerializer(item.core_schema, _SERIALIZER)  # type: ignore[arg-type]
        try:
            validator = TypeAdapter[Any](annotation, config=_config()).validator
        except PydanticUserError:
            # Types with a configuration of their own take none, but a list of them does.
            return _inside_list(annotation, serializer.to_json)
    except PydanticUserError:
        return None  # no schema can be made of it: plain JSON it is
    return ResultSchema(validator.validate_python, serializer.to_json, validator.validate_json)


def _inside_list(annotation: Any, to_json: Callable[..., bytes]) -> ResultSchema:
    from pydantic import TypeAdapter

    validator = TypeAdapter[Any](list[annotation], config=_config()).validator

    def validate(value: Any) -> Any:
        return validator.validate_python([value])[0]

    def from_json(data: bytes) -> Any:
        return validator.validate_json(b"[" + data + b"]")[0]

    return ResultSchema(validate, to_json, from_json)


def may_keep_futures(annotation: Any) -> bool:
    """Return whether any place inside a type could be annotated as a future.

    A quick look that spares :func:`admits_future` for each of many futures.
    """
    origin = get_origin(annotation) or annotation
    if isinstance(origin, type) and issubclass(origin, Reference):
        return True
    return dataclasses.is_dataclass(origin) or any(map(may_keep_futures, get_args(annotation)))


def admits_future(annotation: Any, path: Sequence[str | int]) -> bool:
    """Return whether the place at ``path`` inside a type is annotated as a future."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    origin = get_origin(annotation) or annotation
    if origin in (Union, types.UnionType):
        return any(admits_future(choice, path) for choice in get_args(annotation))
    if not path:
        return isinstance(origin, type) and issubclass(origin, Reference)
    return admits_future(_type_inside(annotation, origin, path[0]), path[1:])


def _type_inside(annotation: Any, origin: Any, step: str | int) -> Any:
    arguments = get_args(annotation)
    if dataclasses.is_dataclass(origin) and isinstance(origin, type):
        return class_annotations(origin).get(str(step), Any)
    if origin is tuple and isinstance(step, int) and Ellipsis not in arguments:
        return arguments[step] if step < len(arguments) else Any
    if origin is tuple:
        return arguments[0]
    return arguments[-1] if arguments else Any
