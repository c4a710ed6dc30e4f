"""``Task``: the base of task classes.  Subclassing it makes a dataclass and a definition."""

from __future__ import annotations

import copy
import dataclasses
import functools
import inspect
from typing import TYPE_CHECKING, Any, dataclass_transform

from fairlead.core.versions import DEFAULT_VERSION
from fairlead.errors import TaskDefinitionError
from fairlead.sdk import input_errors
from fairlead.sdk.annotations import (
    LOCAL_NAMES,
    bound_parameters,
    caller_names,
    class_annotations,
    closed_over,
    is_class_variable,
    resolve,
    substitute,
)
from fairlead.sdk.codec import Values
from fairlead.sdk.definitions import TaskDefinition, identity, registry
from fairlead.sdk.origin import Origin, origin_of
from fairlead.sdk.shape import Shape, field_of

if TYPE_CHECKING:
    from fairlead.sdk.context import ExecutionContext


@dataclass_transform(eq_default=False, field_specifiers=(dataclasses.field,))
class Task:
    """A task class: its fields are the input, :meth:`execute` is the work.

    Every subclass is a dataclass (compared by identity).  Field values are checked
    strictly when an instance is made.

    Examples
    --------
    >>> class Square(Task):
    ...     number: int
    ...     def execute(self, context: ExecutionContext) -> int:
    ...         return self.number**2
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        origin = origin_of(cls, getattr(cls.execute, "__code__", None))
        if origin.is_local:
            _keep_local_names(cls)
        _refuse_taken_names(cls, origin)
        _copy_mutable_defaults(cls)
        _make_dataclass(cls, origin)
        shape = Shape(cls, origin)
        if cls.execute is not Task.execute:
            definition = _define(cls, shape, origin)
            type.__setattr__(cls, "__fairlead__", definition)
            _check_instances(cls, shape, definition)
            registry.register(definition)

    def execute(self, context: ExecutionContext) -> Any:
        """Do the task's work; may be ``async``.

        Parameters
        ----------
        context
            What the task may ask of its surroundings, and submit its subtasks to.

        Returns
        -------
        Any
            The result: anything that can be kept as JSON, or the future of a subtask.
        """
        raise NotImplementedError(f"{type(self).__name__} has no execute method")

    @classmethod
    def identifier(cls) -> tuple[str, str]:
        """Return the identifier and version that tasks of this class are recorded under.

        Override it, as a static or class method, to choose them.
        """
        return cls.__name__, DEFAULT_VERSION


def _keep_local_names(cls: type[Task]) -> None:
    """Keep what annotations name in the function around the class: it ends before they matter."""
    returned = getattr(cls.execute, "__annotations__", {}).get("return")
    written = inspect.get_annotations(cls).values()
    names = caller_names(cls.__module__, cls.__qualname__, returned, *written)
    type.__setattr__(cls, LOCAL_NAMES, {**closed_over(cls.execute), **names})


def _refuse_taken_names(cls: type[Task], origin: Origin) -> None:
    own = inspect.get_annotations(cls)
    for name in ("execute", "identifier"):
        if name in own and not is_class_variable(own[name]):
            raise TaskDefinitionError(
                f"{origin.place}: a field cannot be named {name!r}, which every task has as a"
                f" method; choose another name"
            )


def _copy_mutable_defaults(cls: type[Task]) -> None:
    """Give every instance its own copy of a default that could be changed."""
    for name in inspect.get_annotations(cls):
        default = cls.__dict__.get(name)
        if default is not None and type(default).__hash__ is None:
            factory = functools.partial(copy.deepcopy, default)
            setattr(cls, name, dataclasses.field(default_factory=factory))


def _make_dataclass(cls: type[Task], origin: Origin) -> None:
    written = cls.__dict__.get("__init__")
    try:
        dataclasses.dataclass(eq=False)(cls)
    except TypeError as error:
        raise TaskDefinitionError(f"{origin.place}: {_field_order(cls) or error}") from None
    except ValueError as error:
        raise TaskDefinitionError(f"{origin.place}: {error}") from None
    if written is not None:
        written.__fairlead_own__ = False


def _field_order(cls: type[Task]) -> str | None:
    """Name the field without a default that comes after one with, if that is the trouble."""
    with_default: str | None = None
    defaults: dict[str, bool] = {}
    for base in reversed(cls.__mro__[1:]):
        for field in getattr(base, "__dataclass_fields__", {}).values():
            defaults[field.name] = not field_of(field).required
    for name, annotation in inspect.get_annotations(cls).items():
        if not is_class_variable(annotation):
            defaults[name] = name in cls.__dict__
    for name, has_default in defaults.items():
        if has_default:
            with_default = with_default or name
        elif with_default is not None:
            return (
                f"field {name!r} has no default but comes after {with_default!r}, which has one;"
                f" give {name!r} a default too, or move it before {with_default!r}"
            )
    return None


def _define(cls: type[Task], shape: Shape, origin: Origin) -> TaskDefinition:
    execute: Any = inspect.unwrap(cls.execute)
    _check_execute(execute, origin)

    def invoke(values: Values, context: ExecutionContext) -> Any:
        return shape.rebuild(values).execute(context)

    def types() -> tuple[dict[str, Any], Any]:
        result = execute.__annotations__.get("return", Any)
        local = getattr(cls, LOCAL_NAMES, {})
        namespace = {**getattr(execute, "__globals__", {}), **local}
        resolved = substitute(resolve(result, namespace), bound_parameters(cls))
        return class_annotations(cls), resolved

    return TaskDefinition(
        kind="class",
        target=cls,
        code=execute,
        identity=identity(cls.__name__, _chosen_identity(cls, origin), origin.place),
        origin=origin,
        fields=shape.fields,
        types=types,
        invoke=invoke,
        values_of=shape.values,
    )


def _check_execute(execute: Any, origin: Origin) -> None:
    try:
        inspect.signature(execute).bind(None, None)
    except TypeError:
        raise TaskDefinitionError(
            f"{origin.place}: execute must take exactly (self, context); input belongs into fields"
        ) from None
    except ValueError:  # no signature to look at; it is called as it is
        return


def _chosen_identity(cls: type[Task], origin: Origin) -> Any:
    """Return what the author's ``identifier()`` says, None where it is the default.

    A subclass that merely inherits the method does not share its base's identity.
    """
    own = cls.__dict__.get("identifier")
    if own is not None and not isinstance(own, staticmethod | classmethod):
        raise TaskDefinitionError(
            f"{origin.place}: identifier must be a static or class method, because it is called"
            f" without an instance"
        )
    chosen = cls.identifier()
    if own is not None:
        return chosen
    inherited = [base.identifier() for base in cls.__mro__[1:] if issubclass(base, Task)]
    return None if chosen in inherited or chosen == Task.identifier.__func__(cls) else chosen  # type: ignore[attr-defined]


def _check_instances(cls: type[Task], shape: Shape, definition: TaskDefinition) -> None:
    """Make instances of the class check their values when they are made."""
    init, plain, check = shape.init, shape.plain, definition.codec.check

    def __init__(self: Task, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        try:
            init(self, *args, **kwargs)
        except TypeError:
            _explain_arguments(shape, args, kwargs)
            raise
        if self.__class__ is not cls:
            return  # a subclass's __init__ called this one, and checks when it is done
        if plain:
            self.__dict__ = check(self.__dict__)
        else:
            self.__dict__.update(check(shape.values(self)))

    functools.update_wrapper(__init__, init)
    type.__setattr__(cls, "__init__", __init__)


def _explain_arguments(shape: Shape, args: tuple[Any, ...], kwargs: Values) -> None:
    """Raise the error that says which argument is wrong, if one is."""
    if not shape.init_is_generated:
        return
    positional = [field.name for field in shape.parameters if not field.kw_only]
    names = [field.name for field in shape.fields]
    required = [field.name for field in shape.fields if field.required]
    error = input_errors.argument_errors(
        shape.cls.__name__, positional, names, required, len(args), kwargs
    )
    if error is not None:
        raise error from None
