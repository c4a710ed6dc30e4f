"""Which definitions this process knows, and which of them may run a task.

A definition written again at the same place (a notebook cell run twice, a module that
is reloaded, or imported both as a program and by name) takes the place of the earlier
one; tasks of that earlier one are refused if its code was another.  Two that differ
under one identifier and version are a conflict, which is raised where one of them would
be submitted or run, not where it is defined: a program may well import both and give a
runner only one.
"""

from __future__ import annotations

import contextlib
import gc
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from fairlead.core import versions
from fairlead.errors import ConflictingDefinitionError

if TYPE_CHECKING:
    from fairlead.sdk.definitions import TaskDefinition

Known = Callable[[], "TaskDefinition | None"]
"""Returns a definition, or None once it is gone; definitions in functions are held weakly."""

Name = tuple[str, str | None]
"""An identifier and the source it is bound to."""


class Registry:
    """Definitions by identifier, source and version."""

    def __init__(self) -> None:
        self._known: dict[Name, dict[str, list[Known]]] = {}
        self._found: dict[tuple[str, str, str | None], TaskDefinition] = {}

    def register(self, definition: TaskDefinition) -> None:
        """Add a definition, instead of an earlier one from the same place."""
        if definition.origin.is_local and definition.source is not None:
            definition.source = self._free_source(definition)
        self._put(definition, _held(definition))

    def add(self, definition: TaskDefinition) -> None:
        """Add a definition that is known elsewhere too, unless it conflicts.

        Raises
        ------
        ConflictingDefinitionError
            If another one has its identifier and version.
        """
        self.check(definition)
        self._put(definition, lambda: definition)
        self.check(definition)

    def _put(self, definition: TaskDefinition, held: Known) -> None:
        name = definition.identifier, definition.source
        known = self._known.setdefault(name, {}).setdefault(definition.version, [])
        known[:] = [one for one in known if _differs(one(), definition)]
        known.append(held)
        self._found.clear()

    def _free_source(self, definition: TaskDefinition) -> str:
        """Return a source of its own for a definition in a function.

        Each call of that function makes another definition, and they may differ in what
        they close over; they are kept apart while they live.
        """
        base = f"{definition.origin.source}#{definition.origin.qualname}"
        number, source = 1, base
        while any(self._alive(definition.identifier, source)):
            number += 1
            source = f"{base}#{number}"
        return source

    def _alive(self, identifier: str, source: str | None) -> Iterator[TaskDefinition]:
        for known in self._known.get((identifier, source), {}).values():
            yield from _living(known)

    def __iter__(self) -> Iterator[TaskDefinition]:
        for by_version in list(self._known.values()):
            for known in list(by_version.values()):
                yield from _living(known)

    def find(self, identifier: str, version: str, source: str | None) -> TaskDefinition | None:
        """Return the definition that is to run such a task, or None.

        It has the same identifier and source, the same major version and at least the
        same minor version; the highest of those.  Where two conflict there is none.
        """
        asked = identifier, version, source
        found = self._found.get(asked)
        if found is not None:
            return found
        by_version = self._known.get((identifier, source), {})
        candidates = [known for known in by_version if any(_living(by_version[known]))]
        best = versions.best(version, candidates)
        if best is None or len(_different(by_version[best])) > 1:
            return None
        definition = _different(by_version[best])[0]
        if not definition.origin.is_local:
            self._found[asked] = definition
        return definition

    def find_chosen(
        self, identifier: str, source: str | None, chosen: tuple[str, str]
    ) -> TaskDefinition | None:
        """Return the one definition of that version and qualified name, or None."""
        version, qualname = chosen
        known = self._known.get((identifier, source), {}).get(version, [])
        return next((one for one in _living(known) if one.origin.qualname == qualname), None)

    def check(self, definition: TaskDefinition) -> None:
        """Raise if another definition has this one's identifier and version.

        Raises
        ------
        ConflictingDefinitionError
            Naming both places.
        """
        by_version = self._known.get((definition.identifier, definition.source), {})
        known = by_version.get(definition.version, [])
        if len(known) == 1:
            newest = known[0]()
            if newest is not None and _replaces(newest, definition):
                raise defined_again(definition, newest)
        if len(known) > 1:
            for other in _different(known):
                if other is not definition and _differs(other, definition):
                    raise conflict(other, definition)

    def why_not(self, identifier: str, version: str, source: str | None) -> str:
        """Return in words why :meth:`find` finds nothing, and what would do."""
        by_version = self._known.get((identifier, source), {})
        for known in by_version.values():
            different = _different(known)
            if len(different) > 1:
                return str(conflict(different[0], different[1]))
        here = sorted({one.version for one in self._alive(identifier, source)}, key=versions.parse)
        needs = f"{identifier} {version} needs {versions.wanted(version)}"
        if here:
            return f"{needs}; here: {', '.join(here)}"
        if source is not None:
            return f"{needs} as defined in {source}, which this process has not imported"
        return f"{needs}; none is known here: import the module that defines it"


registry = Registry()
"""Every definition of this process."""


class DefinitionSet:
    """The definitions one runner may run: chosen ones, or all that the process knows."""

    def __init__(self, known: Registry) -> None:
        self._known = known

    @classmethod
    def of(cls, definitions: Iterable[TaskDefinition] | None) -> DefinitionSet:
        """Return the set of these definitions; None stands for all, also those to come.

        Raises
        ------
        ConflictingDefinitionError
            If two of them differ under one identifier and version.
        """
        if definitions is None:
            return cls(registry)
        chosen = Registry()
        for definition in definitions:
            chosen.add(definition)
        return cls(chosen)

    def find(self, identifier: str, version: str, source: str | None) -> TaskDefinition | None:
        """Return the definition that is to run such a task; see :meth:`Registry.find`."""
        return self._known.find(identifier, version, source)

    def why_not(self, identifier: str, version: str, source: str | None) -> str:
        """Return in words why nothing here can run such a task."""
        return self._known.why_not(identifier, version, source)

    def __iter__(self) -> Iterator[TaskDefinition]:
        return iter(self._known)


def conflict(one: TaskDefinition, other: TaskDefinition) -> ConflictingDefinitionError:
    """Return the error that two definitions are."""
    return ConflictingDefinitionError(
        f"two different definitions of {one.identifier} {one.version}: {one.place}, and"
        f" {other.place}; give one of them another identifier or version"
    )


def defined_again(earlier: TaskDefinition, newest: TaskDefinition) -> ConflictingDefinitionError:
    """Return the error that it is to use a definition which another has taken the place of."""
    return ConflictingDefinitionError(
        f"{earlier.identifier} {earlier.version} was defined again: {newest.place}, which is not"
        f" {earlier.place}; use the newer one, or give one of them another identifier or version"
    )


def _held(definition: TaskDefinition) -> Known:
    if definition.origin.is_local:
        return weakref.ref(definition)
    return lambda: definition


def _living(known: Sequence[Known]) -> list[TaskDefinition]:
    return [definition for one in known if (definition := one()) is not None]


def _different(known: Sequence[Known]) -> list[TaskDefinition]:
    """Return the living definitions; garbage does not count as a conflict."""
    if len(_living(known)) > 1:
        gc.collect()
    return _living(known)


def _differs(known: TaskDefinition | None, definition: TaskDefinition) -> bool:
    """Return whether a known definition lives and was written at another place."""
    return known is not None and (known.origin.file, known.origin.qualname) != (
        definition.origin.file,
        definition.origin.qualname,
    )


def _replaces(newest: TaskDefinition, definition: TaskDefinition) -> bool:
    """Return whether a definition from the same place runs other code than this one."""
    return (
        newest is not definition
        and not _differs(newest, definition)
        and _code(newest) != _code(definition)
    )


def _code(definition: TaskDefinition) -> tuple[object, list[int]]:
    """Return a definition's code, and which objects it uses of a function around it."""
    function = definition.code
    used = []
    for cell in getattr(function, "__closure__", None) or ():
        with contextlib.suppress(ValueError):  # nothing has been assigned to it yet
            used.append(id(cell.cell_contents))
    return getattr(function, "__code__", function), used
