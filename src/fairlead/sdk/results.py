"""Turns a task's result into JSON and back.

A result is written by the return annotation where it fits it, else as plain JSON: a
wrong annotation costs precision (tuples become lists), never the result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fairlead.errors import TaskInputError, TaskResultError
from fairlead.sdk import input_errors
from fairlead.sdk.codec import NO_PLACEHOLDERS, is_unserialisable
from fairlead.sdk.references import Placeholder, path_text
from fairlead.sdk.schema import ResultSchema
from fairlead.sdk.values import find_first, is_not_a_number, without_references

NULL = b"null"

Encoded = tuple[bytes, tuple[Placeholder, ...]]


class ResultCodec:
    """Encodes and decodes the result of one task definition.

    Parameters
    ----------
    task
        The task's name, for errors.
    build
        Makes the schema of the return annotation; called once, when first needed.  It
        returns None where there is no annotation to go by.
    """

    __slots__ = ("_build", "_built", "_plain", "_schema", "task")

    def __init__(self, task: str, build: Callable[[], ResultSchema | None]) -> None:
        self.task = task
        self._build = build
        self._built = False
        self._schema: ResultSchema | None = None
        self._plain: Callable[..., bytes]

    def _ready(self) -> None:
        from pydantic_core import to_json

        self._plain = to_json
        self._schema = self._build()
        self._built = True

    @property
    def is_annotated(self) -> bool:
        """Whether there is an annotation that results are read by."""
        if not self._built:
            self._ready()
        return self._schema is not None

    def encode(self, value: Any) -> Encoded:
        """Return the result as JSON, and the places of the futures in it.

        Raises
        ------
        TaskResultError
            If it cannot be written as JSON; its type and place are named.
        """
        if value is None:
            return NULL, NO_PLACEHOLDERS
        if not self._built:
            self._ready()
        if self._schema is not None:
            try:
                checked = self._schema.validate(value)
                data = self._schema.to_json(checked, warnings=False)
            except Exception:  # it does not fit, or it holds a future
                return self._encode_plainly(value)
        else:
            return self._encode_plainly(value)
        if b"NaN" in data or b"Infinity" in data:
            self._refuse_not_a_number(value)
        return data, NO_PLACEHOLDERS

    def _encode_plainly(self, value: Any) -> Encoded:
        try:
            data = self._plain(value, inf_nan_mode="constants", bytes_mode="base64")
        except Exception:  # it holds a future, or something that is no JSON
            return self._encode_with_care(value)
        if b"NaN" in data or b"Infinity" in data:
            self._refuse_not_a_number(value)
        return data, NO_PLACEHOLDERS

    def _encode_with_care(self, value: Any) -> Encoded:
        try:
            plain, found = without_references(value)
        except TaskInputError as error:
            raise TaskResultError(
                f"{self.task} returned a value that is no JSON: {error}"
            ) from None
        try:
            data = self._plain(plain, inf_nan_mode="constants", bytes_mode="base64")
        except Exception as error:
            raise self._unserialisable(plain, error) from None
        self._refuse_not_a_number(plain)
        return data, tuple(Placeholder(path, target, "value") for path, target in found)

    def _refuse_not_a_number(self, value: Any) -> None:
        found = find_first(value, is_not_a_number)
        if found is not None:
            raise TaskResultError(
                f"{self.task} returned {found[1]}{_at(found[0])}, which JSON cannot hold;"
                f" return a finite number, or None"
            )

    def _unserialisable(self, value: Any, error: Exception) -> TaskResultError:
        found = find_first(value, is_unserialisable)
        if found is None:
            return TaskResultError(f"{self.task} returned a value that is no JSON: {error}")
        kind = type(found[1])
        return TaskResultError(
            f"{self.task} returned {input_errors.shown(found[1])}{_at(found[0])}: a"
            f" {kind.__module__}.{kind.__qualname__} cannot be kept as JSON; return plain"
            f" values, dataclasses, pydantic models, or annotate the protobuf message"
        )

    def decode(self, data: bytes | None) -> Any:
        """Return the value of an encoded result; None stands for "no result"."""
        if data is None or data == NULL:
            return None
        if not self._built:
            self._ready()
        if self._schema is not None:
            try:
                return self._schema.from_json(data)
            except ValueError:  # it was written plainly, because it did not fit
                pass
        return plain_value(data)


def plain_value(data: bytes | None) -> Any:
    """Return the value of a result as plain JSON; None stands for "no result"."""
    if data is None:
        return None
    from pydantic_core import from_json

    return from_json(data)


def _at(path: tuple[str | int, ...]) -> str:
    return f" at result{path_text(('', *path))}" if path else ""
