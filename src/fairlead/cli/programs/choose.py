"""Which of a program's tasks is meant, where several are defined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import CodeType, FunctionType
from typing import Any

from fairlead.cli.programs.target import Target
from fairlead.errors import InvalidRequestError, NotFoundError
from fairlead.sdk.definitions import TaskDefinition


def choose(target: Target, definitions: Sequence[TaskDefinition]) -> TaskDefinition:
    """Return the task that is meant: the one named, else the only one, else the root.

    The root is the one task that no other task of the program uses.

    Parameters
    ----------
    target
        The file and perhaps a name.
    definitions
        The tasks that the file defines; at least one.

    Raises
    ------
    NotFoundError
        No task has the name.
    InvalidRequestError
        No name was given, and several tasks or none could be the root.
    """
    if target.name is not None:
        return _named(target, definitions)
    roots = list(_roots(definitions)) if len(definitions) > 1 else definitions
    if len(roots) == 1:
        return roots[0]
    names = ", ".join(definition.name for definition in roots or definitions)
    example = (roots or definitions)[0].name
    raise InvalidRequestError(
        f"{target.file} has several tasks that could be meant: {names}; say which, such as"
        f" `fairlead run {target.file}:{example}`, or run the program itself with"
        f" `python {target.file}`"
    )


def _named(target: Target, definitions: Iterable[TaskDefinition]) -> TaskDefinition:
    for definition in definitions:
        if target.name in (definition.name, definition.identifier):
            return definition
    names = ", ".join(definition.name for definition in definitions)
    raise NotFoundError(f"{target.file} has no task {target.name!r}; it has: {names}")


def _roots(definitions: Sequence[TaskDefinition]) -> Iterator[TaskDefinition]:
    uses = {definition.name: _names_used(definition) for definition in definitions}
    for definition in definitions:
        others = (used for name, used in uses.items() if name != definition.name)
        if not any(definition.name in used for used in others):
            yield definition


def _names_used(definition: TaskDefinition) -> set[str]:
    """Return the global names that a task's code uses, itself or by the program's helpers."""
    waiting = _functions(definition.target)
    seen: set[FunctionType] = set()
    names: set[str] = set()
    while waiting:
        function = waiting.pop()
        if function in seen:
            continue
        seen.add(function)
        used = set(_names_in(function.__code__))
        names |= used
        waiting += [
            helper
            for name in used
            if isinstance(helper := function.__globals__.get(name), FunctionType)
            and helper.__globals__ is function.__globals__
        ]
    return names


def _functions(target: Any) -> list[FunctionType]:
    if isinstance(target, FunctionType):
        return [target]
    return [member for member in vars(target).values() if isinstance(member, FunctionType)]


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
