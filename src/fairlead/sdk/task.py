"""``Task``: the base of task classes.  Subclassing it makes a dataclass and a definition."""

from __future__ import annotations

import copy
import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, dataclass_transform

from fairlead.core.versions import DEFAULT_VERSION
from fairlead.errors import TaskArgumentError, TaskDefinitionError
from fairlead.sdk import input_errors
from fairlead.sdk.annotations import (
    bound_parameters,
    class_annotations,
    is_class_variable,
    resolve,
    substitute,
)
from fairlead.sdk.codec import Values
from fairlead.sdk.definitions import TaskDefinition, identity, registry
from fairlead.sdk.fields import Field
from fairlead.sdk.origin import Origin, origin_of

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
        _refuse_taken_names(cls, origin)
        _copy_mutable_defaults(cls)
        _make_dataclass(cls, origin)
        shape = _Shape(cls, origin)
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


class _Shape:
    """How instances of one task class are made and taken apart.

    Attributes
    ----------
    fields
        The init fields, in order.
    plain
        Whether an instance is its fields and nothing else, so that it can be rebuilt
        without calling any of the user's code.
    """

    __slots__ = ("cls", "fields", "init", "init_is_generated", "parameters", "plain")

    def __init__(self, cls: type[Task], origin: Origin) -> None:
        self.cls = cls
        declared = dataclasses.fields(cls)  # type: ignore[arg-type]
        for name, field in cls.__dataclass_fields__.items():  # type: ignore[attr-defined]
            if field._field_type.name == "_FIELD_INITVAR":
                raise TaskDefinitionError(
                    f"{origin.place}: field {name} is an InitVar, which is not kept; make it a"
                    f" plain field"
                )
        self.parameters = [field for field in declared if field.init]
        self.fields = tuple(_field(field) for field in self.parameters)
        self.init: Callable[..., None] = cls.__init__
        self.init_is_generated = getattr(cls.__init__, "__fairlead_own__", True)
        has_post_init = hasattr(cls, "__post_init__")
        self.plain = (
            self.init_is_generated and not has_post_init and len(self.fields) == len(declared)
        )

    def values(self, task: Task) -> Values:
        """Return the field values of an instance, and nothing else that is set on it."""
        own = task.__dict__
        if len(own) == len(self.fields):
            return own
        try:
            return {field.name: own[field.name] for field in self.fields}
        except KeyError as error:
            raise TaskArgumentError(
                input_errors.missing_fields(self.cls.__name__, [str(error.args[0])])
            ) from None

    def rebuild(self, values: Values) -> Task:
        """Return a new instance with decoded values."""
        task = object.__new__(self.cls)
        if self.plain and len(values) == len(self.fields):
            task.__dict__ = values
        elif self.init_is_generated:
            self.init(task, **values)
        else:
            task.__dict__.update(self._defaults(), **values)
        return task

    def _defaults(self) -> Values:
        made = {}
        for field in self.parameters:
            if field.default is not dataclasses.MISSING:
                made[field.name] = field.default
            elif field.default_factory is not dataclasses.MISSING:
                made[field.name] = field.default_factory()
        return made


def _field(field: dataclasses.Field[Any]) -> Field:
    has_factory = field.default_factory is not dataclasses.MISSING
    return Field(
        name=field.name,
        required=field.default is dataclasses.MISSING and not has_factory,
        none_by_default=field.default is None,
    )


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
            defaults[field.name] = not _field(field).required
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


def _define(cls: type[Task], shape: _Shape, origin: Origin) -> TaskDefinition:
    execute: Any = inspect.unwrap(cls.execute)
    _check_execute(execute, origin)

    def invoke(values: Values, context: ExecutionContext) -> Any:
        return shape.rebuild(values).execute(context)

    def types() -> tuple[dict[str, Any], Any]:
        result = execute.__annotations__.get("return", Any)
        namespace = getattr(execute, "__globals__", {})
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


def _check_instances(cls: type[Task], shape: _Shape, definition: TaskDefinition) -> None:
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


def _explain_arguments(shape: _Shape, args: tuple[Any, ...], kwargs: Values) -> None:
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
