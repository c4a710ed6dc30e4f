"""Strict validation when a task is made: what is taken, and what the error says."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel

from fairlead import ExecutionContext, Task, TaskDefinitionError, TaskInputError
from fairlead.sessions import task as session_task

if TYPE_CHECKING:
    from pathlib import PurePath as OnlyForCheckers


class Colour(enum.Enum):
    RED = "red"


@dataclass
class Size:
    width: int
    height: float = 1.0


class Model(BaseModel):
    name: str


class NotJson:
    pass


def task_with(annotation: Any) -> type[Task]:
    """Return a task class with one field, named value."""

    def execute(self: Any, context: ExecutionContext) -> None: ...

    namespace = {"__annotations__": {"value": annotation}, "execute": execute}
    return type("One", (Task,), namespace)


TAKEN = [
    (int, 3),
    (int, 10**30),
    (float, 1.5),
    (str, "text"),
    (str, "ünïcödé 🙂"),
    (bool, True),
    (None, None),
    (int | None, None),
    (int | str, "3"),
    (list[int], [1, 2]),
    (dict[str, int], {"a": 1}),
    (dict[int, str], {1: "a"}),
    (tuple[int, str], (1, "a")),
    (tuple[int, ...], (1, 2, 3)),
    (set[int], {1, 2}),
    (list[dict[str, list[int]]], [{"a": [1]}]),
    (Literal["a", "b"], "a"),
    (Colour, Colour.RED),
    (dict[Colour, int], {Colour.RED: 1}),
    (datetime, datetime(2024, 2, 15, 12, 30, 1, 250, tzinfo=UTC)),
    (datetime, datetime(2024, 2, 15)),
    (date, date(2024, 2, 15)),
    (timedelta, timedelta(days=1, microseconds=3)),
    (UUID, UUID(int=5)),
    (Path, Path("/data/x.txt")),
    (bytes, b"\x00\xff"),
    (Size, Size(1, 2.5)),
    (list[Size], [Size(1), Size(2)]),
    (Size | None, Size(3)),
    (Model, Model(name="m")),
    (Any, [1, "a", None, {"b": [True]}]),
    (list, [1, "a"]),
    (dict, {"a": 1}),
]


@pytest.mark.parametrize(("annotation", "value"), TAKEN, ids=repr)
def test_what_fits_survives_json(annotation: Any, value: Any):
    cls = task_with(annotation)
    codec = cls.__fairlead__.codec
    data, placeholders = codec.encode({"value": value})
    assert cls(value).value == value
    assert placeholders == ()
    assert codec.decode(data) == {"value": value}
    assert type(codec.decode(data)["value"]) is type(value)


@pytest.mark.parametrize(
    ("annotation", "value", "message"),
    [
        (int, "3", r"One\.value wants a valid integer \(value: int\), but got str '3'"),
        (int, 3.0, r"wants a valid integer .* but got float 3\.0"),
        (int, True, r"wants a valid integer .* but got bool True"),
        (int, None, r"wants a valid integer .* but got None"),
        (str, 3, r"wants a valid string .* but got int 3"),
        (bool, 1, r"wants a valid boolean .* but got int 1"),
        (float, "1.5", r"wants a valid number .* but got str '1\.5'"),
        (float, float("nan"), r"wants a finite number"),
        (float, float("inf"), r"wants a finite number"),
        (list[int], [1, "x", 2], r"One\.value\[1\] wants .* \(value: list\[int\]\)"),
        (list[int], (1, 2), r"wants a valid list .* but got tuple"),
        (dict[str, int], {"a": "x"}, r"One\.value\.a wants a valid integer"),
        (dict[str, int], {"not a name": "x"}, r"One\.value\['not a name'\] wants"),
        (int | None, "x", r"wants a valid integer \(value: int \| None\), but got str 'x'"),
        (Size, Size("wide"), r"One\.value\.width wants a valid integer"),  # type: ignore[arg-type]
        (Size, {"width": 1}, r"One\.value wants an instance of Size .* but got dict"),
        (list[Size], [Size(1), Size("x")], r"One\.value\[1\]\.width wants"),  # type: ignore[arg-type]
        (Colour, "red", r"wants an instance of Colour"),
        (datetime, "2024-02-15", r"wants a valid datetime"),
        (Literal["a", "b"], "c", r"wants 'a' or 'b'"),
    ],
)
def test_what_does_not_fit_is_named(annotation: Any, value: Any, message: str):
    with pytest.raises(TaskInputError, match=message) as caught:
        task_with(annotation)(value)
    assert "\n" not in str(caught.value)


def test_a_long_value_is_shortened_in_the_message():
    with pytest.raises(TaskInputError) as caught:
        task_with(int)("x" * 10_000)
    assert len(str(caught.value)) < 200


def test_a_value_whose_repr_fails_is_still_named():
    class Rude:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    with pytest.raises(TaskInputError, match="but got Rude"):
        task_with(int)(Rude())


def test_several_errors_are_counted():
    with pytest.raises(TaskInputError, match=r"One\.value\[0\] .*\(and 2 more\)"):
        task_with(list[int])(["a", "b", "c"])


class Square(Task):
    number: int
    label: str = ""

    def execute(self, context: ExecutionContext) -> int:
        return self.number**2


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((), {}, r"Square\.number is missing"),
        ((1,), {"lable": "x"}, r"Square has no field 'lable'; did you mean 'label'\?"),
        ((1,), {"zzz": 1}, r"Square has no field 'zzz'; its fields are number, label"),
        ((1, "a", 2), {}, r"Square takes 2 fields by position \(number, label\), but got 3"),
        ((1,), {"number": 2}, r"Square\.number was given twice"),
    ],
)
def test_wrong_arguments_are_named(args: Any, kwargs: Any, message: str):
    with pytest.raises(TaskInputError, match=message) as caught:
        Square(*args, **kwargs)
    assert isinstance(caught.value, TypeError)


def test_a_type_error_of_the_users_own_is_theirs():
    class Picky(Task):
        number: int

        def __post_init__(self) -> None:
            raise TypeError("mine")

        def execute(self, context: ExecutionContext) -> None: ...

    with pytest.raises(TypeError, match=r"^mine$"):
        Picky(1)


def test_an_int_in_a_float_field_becomes_a_float():
    value = task_with(float)(3).value  # type: ignore[attr-defined]
    assert (value, type(value)) == (3.0, float)


def test_none_by_default_is_admitted_whatever_the_annotation_says():
    class Loose(Task):
        number: int = None  # type: ignore[assignment]

        def execute(self, context: ExecutionContext) -> None: ...

    assert Loose().number is None
    assert Loose(3).number == 3


def test_a_type_that_is_no_json_is_refused_by_name():
    with pytest.raises(TaskDefinitionError, match=r"One\.value: NotJson cannot be kept as JSON"):
        task_with(NotJson)(NotJson())


class TestUnresolvedFields:
    """They would turn validation off, so the first use of the definition tells them."""

    @pytest.mark.parametrize("annotation", ["itn", "list[itn]", "dict[str, 'itn'] | None"])
    def test_an_unknown_name_in_a_class(self, annotation: str):
        message = r"^One\.value: the name 'itn' is unknown at run time; import it outside TYPE_CH"
        with pytest.raises(TaskDefinitionError, match=message):
            task_with(annotation)(1)

    def test_a_type_that_only_checkers_import(self):
        @session_task
        def move(step: int, path: OnlyForCheckers) -> None: ...

        with pytest.raises(TaskDefinitionError, match=r"^move\.path: the name 'OnlyForCheckers'"):
            move(1, "a")  # type: ignore[arg-type]

    def test_a_text_that_is_no_type(self):
        message = r"One\.value: the annotation 'date\.nothing' is no type .*AttributeError"
        with pytest.raises(TaskDefinitionError, match=message):
            task_with("date.nothing")(1)

    def test_what_follows_the_type_in_annotated_is_no_annotation(self):
        assert task_with(Annotated[int, "no type"])(1).value == 1  # type: ignore[attr-defined]
        with pytest.raises(TaskDefinitionError, match="'itn' is unknown"):
            task_with(Annotated["itn", "no type"])(1)  # noqa: F821

    def test_a_result_may_stay_unknown(self):
        @session_task
        def give(step: int) -> OnlyForCheckers:
            return step  # type: ignore[return-value]

        assert give(3) == 3  # type: ignore[comparison-overlap]

    def test_a_class_further_down_is_found(self):
        assert Early(Late(3)).late == Late(3)
        with pytest.raises(TaskInputError, match=r"Early\.late wants"):
            Early({"size": 3})  # type: ignore[arg-type]

    def test_a_field_may_have_the_name_of_its_type(self):
        class Named(Task):
            list: list[int] = 0  # type: ignore[assignment, valid-type]
            size: int = 1

            def execute(self, context: ExecutionContext) -> None: ...

        with pytest.raises(TaskInputError, match=r"Named\.list\[0\] wants"):
            Named(list=["a"], size=2)  # type: ignore[list-item]


class Early(Task):
    late: Late

    def execute(self, context: ExecutionContext) -> None: ...


@dataclass
class Late:
    size: int


class TestLocalClasses:
    """Annotations are texts here; what they name in a function is found all the same."""

    def test_in_a_class(self, attempt: Any):
        @dataclass
        class Config:
            size: int

        class Uses(Task):
            configs: list[Config]

            def execute(self, context: ExecutionContext) -> Config:
                return self.configs[0]

        assert attempt(Uses([Config(3)])).result == b'{"size":3}'
        assert Uses.__fairlead__.results.decode(b'{"size":3}') == Config(3)
        with pytest.raises(TaskInputError, match=r"Uses\.configs\[0\]\.size wants"):
            Uses([Config("big")])  # type: ignore[arg-type]

    def test_in_a_function(self):
        @dataclass
        class Config:
            size: int

        @session_task
        def grow(config: Config, by: int = 1) -> Config:
            return Config(config.size + by)

        assert grow(Config(3)) == Config(4)
        with pytest.raises(TaskInputError, match=r"grow\.config wants an instance of Config"):
            grow({"size": 3})  # type: ignore[arg-type]

    def test_further_down_in_the_function(self):
        class Uses(Task):
            config: Config

            def execute(self, context: ExecutionContext) -> None: ...

        @session_task
        def size_of(config: Config) -> int:
            return config.size

        @dataclass
        class Config:
            size: int

        assert Uses(Config(3)).config == Config(3)
        assert size_of(Config(4)) == 4
        with pytest.raises(TaskInputError, match=r"Uses\.config wants"):
            Uses({"size": 3})  # type: ignore[arg-type]

    def test_around_a_class_that_holds_the_task(self):
        @dataclass
        class Config:
            size: int

        class Flow:
            class Uses(Task):
                config: Config

                def execute(self, context: ExecutionContext) -> None: ...

        assert Flow.Uses(Config(3)).config == Config(3)
        with pytest.raises(TaskInputError, match=r"Uses\.config wants"):
            Flow.Uses({"size": 3})  # type: ignore[arg-type]

    def test_a_name_that_a_nested_class_lacks_is_told(self):
        @dataclass
        class Config:
            size: Nowhere  # type: ignore[name-defined]  # noqa: F821

        with pytest.raises(TaskDefinitionError, match=r"One\.value: .*'Nowhere' is not defined"):
            task_with(Config)(Config(3))


class TestWhatTypesDoNotCatch:
    """A field that takes anything is checked when it is encoded, before anything is stored."""

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            ({"a": [1, float("nan")]}, r"One\.value\.a\[1\] is nan, which JSON cannot hold"),
            (float("-inf"), r"One\.value is -inf"),
            ([1, {"x": NotJson()}], r"One\.value\[1\]\.x is NotJson .* cannot be kept as JSON"),
        ],
    )
    def test_it_is_named(self, value: Any, message: str):
        task = task_with(Any)(value)
        with pytest.raises(TaskInputError, match=message):
            type(task).__fairlead__.codec.encode(task.__dict__)

    def test_text_that_looks_like_nan_is_text(self):
        codec = task_with(Any).__fairlead__.codec
        data, _ = codec.encode({"value": ["NaN", "Infinity"]})
        assert codec.decode(data) == {"value": ["NaN", "Infinity"]}

    def test_a_value_changed_after_construction_is_checked_again(self):
        task = Square(3)
        task.number = "three"  # type: ignore[assignment]
        with pytest.raises(TaskInputError, match=r"Square\.number wants a valid integer"):
            Square.__fairlead__.codec.encode(task.__dict__)


class TestDecoding:
    """Input that others wrote, for example on the command line, is checked as strictly."""

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"{x", "Square: the input is not a JSON object: Invalid JSON"),
            (b"[1]", "Square: the input is not a JSON object"),
            (b"{}", r"Square\.number is missing"),
            (b'{"nmber": 3}', r"Square has no field 'nmber'; did you mean|number is missing"),
            (b'{"number": "3"}', r"Square\.number wants a valid integer .* but got str '3'"),
            (b'{"number": 3.5}', r"Square\.number wants"),
            (b'{"number": NaN}', "Square"),
        ],
    )
    def test_what_does_not_fit_is_named(self, data: bytes, message: str):
        with pytest.raises(TaskInputError, match=message):
            Square.__fairlead__.codec.decode(data)

    def test_a_field_that_an_older_version_lacked_has_its_default(self, attempt: Any):
        definition = Square.__fairlead__
        values = definition.codec.decode(b'{"number": 4}')
        assert definition.invoke(values, None) == 16  # type: ignore[arg-type]


def test_a_value_that_contains_itself_is_refused():
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(TaskInputError, match=r"One: .* contains itself, or is nested too deeply"):
        task_with(Any).__fairlead__.codec.encode({"value": circle})


def test_ten_megabytes_of_input():
    text = "x" * 10_000_000
    codec = task_with(str).__fairlead__.codec
    data, _ = codec.encode({"value": text})
    assert codec.decode(data) == {"value": text}
