"""Turns a task's input into JSON and back, strictly.

A codec belongs to one definition.  Its validators are built when it is first used,
because that imports pydantic; building takes under a millisecond, using them a few
hundred nanoseconds.  An input is a plain dict from field name to value.

References (futures) inside values are written as null, and their places are returned
as placeholders.  The fast path knows nothing of them: a reference makes strict
validation or the serializer fail, and only then are the values searched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from fairlead.errors import TaskInputError
from fairlead.sdk import input_errors
from fairlead.sdk.backend import Ref
from fairlead.sdk.futures import FutureTask
from fairlead.sdk.references import Placeholder, path_text
from fairlead.sdk.schema import InputSchema, admits_future, may_keep_futures
from fairlead.sdk.values import (
    contains_reference,
    find_first,
    is_not_a_number,
    place,
    without_references,
)

if TYPE_CHECKING:
    from fairlead.sdk.attempt import Upstream

Values = dict[str, Any]
NO_PLACEHOLDERS: tuple[Placeholder, ...] = ()


class Codec:
    """Checks, encodes and decodes the input of one task definition.

    Parameters
    ----------
    task
        The task's name, for errors.
    build
        Makes the schema; called once, when it is first needed.
    """

    __slots__ = ("_build", "_from_json", "_to_json", "_types", "_validate", "task")

    def __init__(self, task: str, build: Callable[[], InputSchema]) -> None:
        self.task = task
        self._build = build
        self._types: Mapping[str, Any] | None = None
        # Until the schema is built, these build it first; then it is called directly.
        self._validate: Callable[..., Values] = self._build_and_validate
        self._to_json: Callable[..., bytes] = self._build_and_write
        self._from_json: Callable[..., Values] = self._build_and_read

    def _ready(self) -> None:
        self._types, self._validate, self._to_json, self._from_json = self._build()

    def _build_and_validate(self, values: Values) -> Values:
        self._ready()
        return self._validate(values)

    def _build_and_write(self, values: Values, **options: Any) -> bytes:
        self._ready()
        return self._to_json(values, **options)

    def _build_and_read(self, data: bytes, context: Any = None) -> Values:
        self._ready()
        return self._from_json(data, context=context)

    @property
    def types(self) -> Mapping[str, Any]:
        """The resolved type of every field, in order."""
        if self._types is None:
            self._ready()
        return self._types or {}

    # --- checking -------------------------------------------------------------------

    def check(self, values: Values) -> Values:
        """Return the values if they fit the fields' types, futures being fit for any.

        The result is a copy, with ints in float fields made floats, except where the
        values hold futures: then it is the values themselves.

        Raises
        ------
        TaskInputError
            Naming the first field that does not fit.
        """
        try:
            return self._validate(values)
        except Exception as error:
            self._raise_unless_excused(values, error)
            return values

    def _raise_unless_excused(self, values: Values, error: Exception) -> None:
        from pydantic_core import ValidationError

        if isinstance(error, TaskInputError) or not isinstance(error, ValidationError):
            raise error
        found: Any = error.errors(include_url=False, include_context=False)
        remaining = input_errors.relevant(found)
        if remaining:
            raise input_errors.complaint(self.task, remaining, self.types, values) from None

    def none_refused(self, values: Values, placeholders: Sequence[Placeholder]) -> str | None:
        """Return the place of the first of these futures whose type does not admit None.

        The place is written as in Python, ``parts[0]``; None where all admit it.
        """
        for placeholder in placeholders:
            if placeholder.kind == "value" and not self._admits_none(values, placeholder):
                return path_text(placeholder.path)
        return None

    def _admits_none(self, values: Values, placeholder: Placeholder) -> bool:
        # Every future becomes None; only what is wrong at this one's place counts.
        plain, _ = without_references(values)
        try:
            self._validate(plain)
        except Exception as error:
            from pydantic_core import ValidationError

            if not isinstance(error, ValidationError):
                raise
            return not any(
                found["input"] is None
                and input_errors.data_path(plain, found["loc"]) == placeholder.path
                for found in error.errors(include_url=False, include_context=False)
            )
        return True

    # --- writing --------------------------------------------------------------------

    def encode(self, values: Values) -> tuple[bytes, tuple[Placeholder, ...]]:
        """Return the input as JSON, and the places of the futures in it.

        Raises
        ------
        TaskInputError
            If a value does not fit its field, or cannot be kept as JSON.
        """
        try:
            data = self._to_json(self._validate(values), fallback=_refuse)
        except Exception:
            return self._encode_with_care(values)
        if b"NaN" in data or b"Infinity" in data:
            self._refuse_not_a_number(values)
        return data, NO_PLACEHOLDERS

    def _encode_with_care(self, values: Values) -> tuple[bytes, tuple[Placeholder, ...]]:
        checked = self.check(values)
        try:
            plain, found = without_references(checked)
        except TaskInputError as error:
            raise TaskInputError(f"{self.task}: {error}") from None
        try:
            data = self._to_json(plain, warnings=False, fallback=_refuse)
        except Exception as error:
            self._raise_unserialisable(plain, error)
        if b"NaN" in data or b"Infinity" in data:
            self._refuse_not_a_number(plain)
        types = self.types
        keeping = {name for name, annotation in types.items() if may_keep_futures(annotation)}
        return data, tuple(
            Placeholder(
                path,
                target,
                "future"
                if path[0] in keeping and admits_future(types[str(path[0])], path[1:])
                else "value",
            )
            for path, target in found
        )

    def _refuse_not_a_number(self, values: Values) -> None:
        found = find_first(values, is_not_a_number)
        if found is not None:
            raise TaskInputError(
                f"{self.task}.{path_text(found[0])} is {found[1]}, which JSON cannot hold;"
                f" use a finite number, or None"
            )

    def _raise_unserialisable(self, values: Values, error: Exception) -> NoReturn:
        found = find_first(values, is_unserialisable)
        if found is None:
            raise TaskInputError(f"{self.task}: {error}") from error
        raise TaskInputError(
            f"{self.task}.{path_text(found[0])} is {input_errors.shown(found[1])}, which"
            f" cannot be kept as JSON; use plain values, dataclasses, pydantic models or"
            f" protobuf messages"
        )

    # --- reading --------------------------------------------------------------------

    def decode(
        self,
        data: bytes,
        refs: Sequence[Ref] = (),
        upstream: Mapping[str, Upstream] | None = None,
    ) -> Values:
        """Return the values of an encoded input, with results in the place of futures.

        Raises
        ------
        TaskInputError
            If the input, or a result, does not fit its field.
        """
        if refs:
            return self._decode_with_results(data, refs, upstream or {})
        try:
            return self._from_json(data)
        except Exception as error:
            self._raise_undecodable(data, error, (), {})

    def _decode_with_results(
        self, data: bytes, refs: Sequence[Ref], upstream: Mapping[str, Upstream]
    ) -> Values:
        from pydantic_core import from_json, to_json

        tree = from_json(data)
        futures: dict[str, FutureTask[Any]] = {}
        for ref in refs:
            id = str(ref.task)
            end = upstream[id]
            if ref.kind == "future":
                futures[id] = FutureTask(id, known=end)
                tree = place(tree, ref.path, id)
            else:
                result = None if end.result is None else from_json(end.result)
                tree = place(tree, ref.path, result)
        combined = to_json(tree)
        try:
            return self._from_json(combined, context=futures)
        except Exception as error:
            self._raise_undecodable(combined, error, refs, upstream)

    def _raise_undecodable(
        self,
        data: bytes,
        error: Exception,
        refs: Sequence[Ref],
        upstream: Mapping[str, Upstream],
    ) -> NoReturn:
        from pydantic_core import ValidationError, from_json

        if not isinstance(error, ValidationError):
            raise error
        errors: Any = error.errors(include_url=False, include_context=False)
        tree = None if errors[0]["type"] == "json_invalid" else from_json(data)
        message = str(input_errors.complaint(self.task, errors, self.types, tree))
        source = self._result_at(input_errors.data_path(tree, errors[0]["loc"]), refs)
        if source is None:
            raise input_errors.complaint(self.task, errors, self.types, tree) from None
        end = upstream[str(source.task)]
        if end.result is None:
            raise TaskInputError(
                f"{self.task}.{path_text(source.path)} needs the result of task {end.task_id},"
                f" which has none (it is {end.state}); annotate the field so that it admits None"
            ) from None
        raise TaskInputError(f"{message} from task {end.task_id}") from None

    @staticmethod
    def _result_at(path: tuple[str | int, ...], refs: Sequence[Ref]) -> Ref | None:
        """Return the reference at, above or below the place of an error."""
        for ref in refs:
            shorter = min(len(ref.path), len(path))
            if ref.path[:shorter] == path[:shorter] and len(path) >= len(ref.path):
                return ref
        return None


def _refuse(value: Any) -> NoReturn:
    """Stop the serializer at a value that it does not know."""
    raise TypeError(f"{type(value).__name__} cannot be kept as JSON")


def is_unserialisable(value: Any) -> bool:
    """Return whether a value, apart from what it contains, cannot be written as JSON."""
    from pydantic_core import to_json

    if isinstance(value, dict | list | tuple) or contains_reference(value):
        return False
    try:
        to_json(value)
    except Exception:  # whatever a serializer of the user's may raise
        return True
    return False
