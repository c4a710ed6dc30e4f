"""Turns annotations, which may be text, into types; what cannot be resolved is ``Any``.

Annotations are resolved when a definition is first used, so that they may name
classes written further down.
"""

from __future__ import annotations

import inspect
import re
import sys
import types
import typing
from collections.abc import Mapping
from types import FrameType
from typing import Any, ClassVar, ForwardRef, Generic, TypeVar, get_args, get_origin

Namespace = Mapping[str, Any]

LOCAL_NAMES = "__fairlead_local_names__"
"""The attribute of a class in a function that keeps what its annotations name there."""

_NAME = re.compile(r"[^\W\d]\w*")


def resolve(annotation: Any, namespace: Namespace, own: Namespace | None = None) -> Any:
    """Return the type an annotation stands for, or ``Any`` where a name is unknown.

    Parameters
    ----------
    annotation
        A type, or its text.
    namespace
        The globals of the module that wrote it.
    own
        Names that are looked up where those lack one, for example the attributes of a
        class.  They come second, so that ``date: date = None`` finds the type.
    """
    if annotation is None:
        return None
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        try:
            annotation = eval(annotation, {**(own or {}), **namespace})
        except Exception:  # any name may be missing, any expression may be wrong
            return Any
    return _resolve_inside(annotation, namespace, own)


def _resolve_inside(annotation: Any, namespace: Namespace, own: Namespace | None) -> Any:
    """Resolve texts inside an annotation, such as the one in ``list["Part"]``."""
    arguments = get_args(annotation)
    if not any(isinstance(argument, str | ForwardRef) for argument in arguments):
        return annotation
    if get_origin(annotation) is typing.Literal:
        return annotation
    resolved = tuple(
        resolve(argument, namespace, own) if isinstance(argument, str | ForwardRef) else argument
        for argument in arguments
    )
    return _rebuilt(annotation, resolved)


def _rebuilt(annotation: Any, arguments: tuple[Any, ...]) -> Any:
    if isinstance(annotation, types.UnionType):
        return typing.Union[arguments]  # noqa: UP007  the arguments are known only now
    if get_origin(annotation) is typing.Annotated:
        return annotation
    if hasattr(annotation, "copy_with"):
        return annotation.copy_with(arguments)
    return get_origin(annotation)[arguments]


def caller_names(*annotations: Any) -> dict[str, Any]:
    """Return what the names in annotation texts mean in the function that wrote them.

    For definitions inside functions: their local classes are in no module.  The frame
    looked at is the nearest one outside Fairlead.
    """
    names = {name for text in annotations if isinstance(text, str) for name in _NAME.findall(text)}
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith("fairlead."):
        frame = frame.f_back
    found = frame.f_locals if frame is not None else {}
    return {name: found[name] for name in names if name in found}


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

    The parameters of generic bases are replaced: in ``class Ints(Box[int])`` a field of
    ``Box`` annotated ``T`` is an ``int``.
    """
    resolved: dict[str, Any] = {}
    bound = bound_parameters(cls)
    for base in reversed(cls.__mro__):
        module = sys.modules.get(base.__module__)
        local = base.__dict__.get(LOCAL_NAMES, {})
        namespace = {**(vars(module) if module else {}), **local}
        for name, annotation in inspect.get_annotations(base).items():
            own = {**vars(base), base.__name__: base}
            resolved[name] = substitute(resolve(annotation, namespace, own), bound)
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
