"""The values as a list of options: path, default, meaning; for values.yaml and the reference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic.fields import FieldInfo

from chart.fields import Section
from chart.values import Values


class Option(NamedTuple):
    """One value, or a section of them.

    Attributes
    ----------
    path
        Its keys from the top.
    default
        What holds if it is not set.
    section
        The class of its own values, if it is a section.
    """

    path: tuple[str, ...]
    meaning: str
    default: Any
    section: type[Section] | None

    @property
    def name(self) -> str:
        """Its path as helm's command line says it."""
        return ".".join(self.path)


def options(values: Section | None = None, above: tuple[str, ...] = ()) -> Iterator[Option]:
    """Yield all values, each section before what is in it."""
    values = Values() if values is None else values
    for name, field in type(values).model_fields.items():
        value = getattr(values, name)
        path = (*above, field.alias or name)
        if isinstance(value, Section):
            yield Option(path, _meaning(field), None, type(value))
            yield from options(value, path)
        else:
            yield Option(path, _meaning(field), value, None)


def _meaning(field: FieldInfo) -> str:
    return " ".join((field.description or "").split())
