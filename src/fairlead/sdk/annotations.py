"""Turns annotations, which may be text, into types.

Annotations are resolved when a definition is first used, so that they may name
classes written further down.  What cannot be resolved is told for a field, whose values
it would leave unchecked; for a result it is ``Any``.
"""

from __future__ import annotations

import builtins
import inspect
import re
import sys
import types
import typing
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, ClassVar, ForwardRef, Generic, TypeVar, get_args, get_origin

Namespace = Mapping[str, Any]

LOCAL_NAMES = "__fairlead_local_names__"
"""The attribute of a class in a function that keeps what its annotations name there."""

_NAME = re.compile(r"[^\W\d]\w*")


class UnresolvedError(Exception):
    """An annotation that stands for no type here; says why, and what would help."""

    def __init__(self, text: str, cause: Exception) -> None:
        if isinstance(cause, NameError):
            problem = (
                f"the name {cause.name!r} is unknown at run time; import it outside"
                f" TYPE_CHECKING, or correct it"
            )
        else:
            problem = (
                f"the annotation {text!r} is no type at run time"
                f" ({type(cause).__name__}: {cause}); correct it"
            )
        super().__init__(problem)


def resolve(annotation: Any, namespace: Namespace, own: Namespace | None = None) -> Any:
    """Return the type an annotation stands for, or ``Any`` where it is unresolved."""
    try:
        return resolve_strictly(annotation, namespace, own)
    except UnresolvedError:
        return Any


def resolve_field(annotation: Any, namespace: Namespace, own: Namespace | None = None) -> Any:
    """Return the type of a field, or why there is none: an :class:`UnresolvedError`, not raised."""
    try:
        return resolve_strictly(annotation, namespace, own)
    except UnresolvedError as problem:
        return problem.with_traceback(None)


def resolve_strictly(annotation: Any, namespace: Namespace, own: Namespace | None = None) -> Any:
    """Return the type an annotation stands for.

    Parameters
    ----------
    annotation
        A type, or its text.
    namespace
        The globals of the module that wrote it.
    own
        Names that are looked up where those lack one, for example the attributes of a
        class.  They come second, so that ``date: date = None`` finds the type.

    Raises
    ------
    UnresolvedError
        If a name is unknown, or the text is no type.
    """
    if annotation is None:
        return None
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        text = annotation
        try:
            annotation = eval(text, _names(namespace, own or {}))
        except Exception as error:  # any name may be missing, any expression may be wrong
            raise UnresolvedError(text, error) from None
    return _resolve_inside(annotation, namespace, own)


def _names(namespace: Namespace, own: Namespace) -> dict[str, Any]:
    """Return what names mean; ``list: list = []`` is about the builtin, not the default."""
    own_types = {name: value for name, value in own.items() if isinstance(value, type)}
    return {**own, **vars(builtins), **own_types, **namespace}


def _resolve_inside(annotation: Any, namespace: Namespace, own: Namespace | None) -> Any:
    """Resolve texts inside an annotation, such as the one in ``list["Part"]``."""
    arguments = get_args(annotation)
    if not arguments or get_origin(annotation) is typing.Literal:
        return annotation
    if get_origin(annotation) is typing.Annotated:  # what follows the type is no annotation
        inner = resolve_strictly(arguments[0], namespace, own)
        return annotation if inner == arguments[0] else typing.Annotated[(inner, *arguments[1:])]
    resolved = tuple(
        resolve_strictly(argument, namespace, own)
        if isinstance(argument, str | ForwardRef)
        else _resolve_inside(argument, namespace, own)
        for argument in arguments
    )
    return annotation if resolved == arguments else _rebuilt(annotation, resolved)


def _rebuilt(annotation: Any, arguments: tuple[Any, ...]) -> Any:
    if isinstance(annotation, types.UnionType):
        return typing.Union[arguments]  # noqa: UP007  the arguments are known only now
    if get_origin(annotation) is typing.Annotated:
        return annotation
    if hasattr(annotation, "copy_with"):
        return annotation.copy_with(arguments)
    return get_origin(annotation)[arguments]


def caller_names(module: str, qualname: str, *annotations: Any) -> dict[str, Any]:
    """Return what the names in annotation texts mean in the functions that surround them.

    For definitions inside functions: their local classes are in no module.  Looked at
    are the nearest frame outside Fairlead, which need not be the author's, and those
    that run the functions around the definition.

    Parameters
    ----------
    module, qualname
        The definition's.
    annotations
        Texts; others need no looking up.
    """
    names = {name for text in annotations if isinstance(text, str) for name in _NAME.findall(text)}
    found: dict[str, Any] = {}
    frame: FrameType | None = sys._getframe(1)
    nearest = True
    while names and frame is not None:
        where = frame.f_globals.get("__name__", "")
        if not where.startswith("fairlead."):
            if nearest or (where == module and _surrounds(frame, qualname)):
                here = frame.f_locals
                found |= {name: here[name] for name in names - found.keys() if name in here}
            nearest = False
        frame = frame.f_back
    return found


def _surrounds(frame: FrameType, qualname: str) -> bool:
    return qualname.startswith(f"{frame.f_code.co_qualname}.")


def closed_over(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the names that a function closes over, as far as they have a value yet."""
    found = {}
    names = getattr(getattr(function, "__code__", None), "co_freevars", ())
    for name, cell in zip(names, getattr(function, "__closure__", None) or (), strict=False):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # it is assigned further down
            continue
    return found


def type_parameters(defined: Any) -> dict[str, Any]:
    """Return the type parameters that a class or function declares itself, by name."""
    return {one.__name__: one for one in getattr(defined, "__type_params__", ())}


def last_name(annotation: Any) -> str:
    """Return the last name in an annotation: ``TaskControl`` for ``"sessions.TaskControl"``."""
    if isinstance(annotation, str):
        names = re.findall(r"\w+", annotation)
        return names[-1] if names else ""
    return getattr(annotation, "__name__", "")


def is_class_variable(annotation: Any) -> bool:
    """Return whether an annotation says that this is no field but a class variable."""
    if isinstance(annotation, str):
        return bool(re.match(r"(\w+\.)?ClassVar\b", annotation))
    return annotation is ClassVar or get_origin(annotation) is ClassVar


def class_annotations(cls: type) -> dict[str, Any]:
    """Return the resolved annotation of every field of a class and of its bases.

    In the place of one that cannot be resolved stands an :class:`UnresolvedError`.

    The parameters of generic bases are replaced: in ``class Ints(Box[int])`` a field of
    ``Box`` annotated ``T`` is an ``int``.
    """
    resolved: dict[str, Any] = {}
    bound = bound_parameters(cls)
    for base in reversed(cls.__mro__):
        module = sys.modules.get(base.__module__)
        local = base.__dict__.get(LOCAL_NAMES, {})
        namespace = {**(vars(module) if module else {}), **local, **type_parameters(base)}
        annotations = inspect.get_annotations(base)
        if "<locals>" in base.__qualname__:
            later = caller_names(base.__module__, base.__qualname__, *annotations.values())
            namespace = {**later, **namespace}
        for name, annotation in annotations.items():
            own = {**vars(base), base.__name__: base}
            resolved[name] = substitute(resolve_field(annotation, namespace, own), bound)
    return resolved


def bound_parameters(cls: type) -> dict[Any, Any]:
    bound: dict[Any, Any] = {}
    for base in cls.__mro__:
        for alias in base.__dict__.get("__orig_bases__", ()):
            origin = get_origin(alias)
            if origin is None or origin is Generic:
                continue
            parameters = getattr(origin, "__parameters__", ())
            for parameter, argument in zip(parameters, get_args(alias), strict=False):
                bound.setdefault(parameter, substitute(argument, bound))
    return bound


def substitute(annotation: Any, bound: Mapping[Any, Any]) -> Any:
    """Return the annotation with its type variables replaced by what they are bound to."""
    if not bound:
        return annotation
    if isinstance(annotation, TypeVar):
        return bound.get(annotation, annotation)
    arguments = get_args(annotation)
    replaced = tuple(substitute(argument, bound) for argument in arguments)
    return annotation if replaced == arguments else _rebuilt(annotation, replaced)


def type_text(annotation: Any) -> str:
    """Return a type as a reader would write it."""
    if annotation is Any:
        return "Any"
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__name__
    return re.sub(r"\b(typing\.|[\w.]+\.)(?=\w)", "", str(annotation))
