"""Wrong values for every place of a schema, made from the schema itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]

TEXTS = (
    "x",
    "other",
    "s3://bucket",
    "/folder",
    "1",
    "1Gi",
    "1s",
    "192.0.2.0/24",
    "sha256:" + "7" * 64,
)
"""Texts one of which every pattern of the chart takes."""

ODD_TEXTS = ("", " ", "two words", "-x-", "Ünfit", "../up", "::/129", "1.2.3.256/8", "-1", "0Gi")
"""Texts some of which most patterns refuse."""

OTHER_TYPES: Mapping[str, Any] = {
    "string": 7,
    "integer": "many",
    "boolean": "yes",
    "object": "text",
    "array": "text",
}
"""A value of another type than the one that a schema wants."""

UNKNOWN = "Surely_Unknown!"
"""A name that no section knows, and no pattern of names takes."""


@dataclass(frozen=True)
class Wrong:
    """One wrong value.

    Attributes
    ----------
    path
        Where it is set.
    place
        The path that helm's message has to name.
    name
        The entry of that place that the message has to name, if it is about one.
    """

    path: Path
    value: Any
    place: str
    name: str = ""

    def __str__(self) -> str:
        return f"{pointer(self.path)} = {self.value!r:.40}"

    def is_told(self, message: str) -> bool:
        """Whether a message of helm's is about this, among others."""
        line = rf"^ *- at '{re.escape(self.place)}': (.*)$"
        told = re.findall(line, message, re.MULTILINE)
        return any(f"'{self.name}'" in words for words in told) if self.name else bool(told)


def pointer(path: Path) -> str:
    """Return a path as helm's messages write it."""
    return "".join(f"/{name}" for name in path)


def wrongs(schema: Schema, path: Path = ()) -> Iterator[Wrong]:
    """Yield wrong values for a place, and for all places below it."""
    here = pointer(path)
    for value in _values(schema):
        yield Wrong(path, value, here)
    if schema.get("additionalProperties") is False:
        for name in (UNKNOWN, *_unfit_names(schema)):
            yield Wrong((*path, name), 1, here, name)
    for name in schema.get("required", ()):
        yield Wrong((*path, name), None, here, name)
    for name, below in _entries(schema):
        yield from wrongs(below, (*path, name))


def _entries(schema: Schema) -> Iterator[tuple[str | int, Schema]]:
    """Yield the entries that a schema has, one for those of any name."""
    yield from schema.get("properties", {}).items()
    for pattern, below in schema.get("patternProperties", {}).items():
        yield next(name for name in TEXTS if re.search(pattern, name)), below
    if isinstance(of_map := schema.get("additionalProperties"), Mapping):
        yield "other", of_map
    if "items" in schema:
        yield 0, schema["items"]


def _types(schema: Schema) -> Sequence[str]:
    found = schema.get("type", ())
    return [found] if isinstance(found, str) else found


def _values(schema: Schema) -> Iterator[Any]:
    """Yield values that the keywords of one schema refuse."""
    types = _types(schema)
    if "string" in types and "integer" in types:
        yield ["list"]
    elif types:
        yield OTHER_TYPES[types[0]]
    if "enum" in schema:
        yield "sideways"
    if "integer" in types:
        yield 1.5
    if "minimum" in schema:
        yield schema["minimum"] - 1
    if "maximum" in schema:
        yield schema["maximum"] + 1
    if "string" in types:
        yield from _texts(schema)
    if schema.get("uniqueItems"):
        yield [_sample(schema["items"])] * 2
    if "minItems" in schema:
        yield [_sample(schema["items"])] * (schema["minItems"] - 1)
    if "maxItems" in schema:
        yield [_sample(schema["items"])] * (schema["maxItems"] + 1)
    if "maxProperties" in schema:
        names = range(schema["maxProperties"] + 1)
        yield {f"n{number}": _sample(schema["additionalProperties"]) for number in names}


def _texts(schema: Schema) -> Iterator[str]:
    if schema.get("minLength"):
        yield ""
    if "maxLength" in schema:
        yield _sample(schema)[:1] + "x" * schema["maxLength"]
    if "pattern" in schema:
        unfit = [text for text in ODD_TEXTS if not re.search(schema["pattern"], text)]
        assert unfit, f"no odd text is refused by {schema['pattern']}"
        yield from unfit


def _unfit_names(schema: Schema) -> Iterator[str]:
    """Yield names of entries that a map refuses."""
    for pattern in schema.get("patternProperties", ()):
        yield from (name for name in ("two words", "-x-") if not re.search(pattern, name))


def _sample(schema: Any) -> Any:
    """Return a value that a schema takes."""
    if not isinstance(schema, Mapping):
        return "x"
    if "enum" in schema:
        return schema["enum"][0]
    types = _types(schema)
    if "string" in types:
        return next(text for text in TEXTS if re.search(schema.get("pattern", ""), text))
    samples = {"integer": schema.get("minimum", 1), "boolean": True, "array": [], "object": {}}
    return samples[types[0]]


def batches(cases: Sequence[Wrong]) -> Iterator[list[Wrong]]:
    """Yield cases together that do not touch each other: helm names all that is wrong."""
    left = list(cases)
    while left:
        chosen: list[Wrong] = []
        taken: set[Path] = set()
        closed: set[Path] = set()
        rest: list[Wrong] = []
        for case in left:
            above = {case.path[:length] for length in range(len(case.path) + 1)}
            if case.path in taken or above & closed:
                rest.append(case)
                continue
            chosen.append(case)
            closed.add(case.path)
            taken |= above
        yield chosen
        left = rest


def together(cases: Sequence[Wrong]) -> dict[str, Any]:
    """Return values with all of some wrong values in them."""
    made: dict[str, Any] = {}
    for case in cases:
        place: Any = made
        for name, below in zip(case.path, case.path[1:], strict=False):
            place = _enter(place, name, [] if isinstance(below, int) else {})
        _enter(place, case.path[-1], case.value)
    return made


def _enter(place: Any, name: str | int, value: Any) -> Any:
    if isinstance(place, list):
        if not place:
            place.append(value)
        return place[0]
    return place.setdefault(name, value)
