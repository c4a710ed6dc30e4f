"""What subclassing Task makes of a class, and what it refuses."""

from __future__ import annotations

import dataclasses
from dataclasses import field
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from fairlead import ExecutionContext, Task, TaskDefinitionError, TaskInputError
from fairlead.sdk.attempt import AttemptOutcome
from fairlead.sdk.backend import TaskOptions

T = TypeVar("T")


class Greet(Task):
    greeting: str
    times: int = 1
    extra: dict[str, str] = {}

    def execute(self, context: ExecutionContext) -> str:
        return self.greeting * self.times


class Base(Task):
    number: int

    def execute(self, context: ExecutionContext) -> int:
        return self.number


class Derived(Base):
    label: str = "none"


class Box(Task, Generic[T]):
    item: T

    def execute(self, context: ExecutionContext) -> T:
        return self.item


class IntBox(Box[int]):
    pass


def test_fields_are_given_by_position_or_name():
    task = Greet("Hello", 3, {"key": "value"})
    assert (task.greeting, task.times, task.extra) == ("Hello", 3, {"key": "value"})
    assert Greet(greeting="Hello", times=3).times == 3


def test_a_task_is_a_dataclass_compared_by_identity():
    assert dataclasses.is_dataclass(Greet)
    assert Greet("a") != Greet("a")
    assert len({Greet("a"), Greet("a")}) == 2
    assert repr(Greet("a")).endswith("Greet(greeting='a', times=1, extra={})")


def test_mutable_defaults_are_copied():
    first, second = Greet("a"), Greet("b")
    first.extra["x"] = "y"
    assert second.extra == {}


def test_values_are_copied_from_the_caller():
    class Total(Task):
        numbers: list[int]

        def execute(self, context: ExecutionContext) -> int:
            return sum(self.numbers)

    numbers = [1, 2]
    task = Total(numbers)
    numbers.append("three")
    assert task.numbers == [1, 2]


def test_a_subclass_has_the_fields_of_its_base():
    task = Derived(3, "three")
    assert (task.number, task.label) == (3, "three")
    with pytest.raises(TaskInputError, match=r"Derived\.number"):
        Derived("three")  # type: ignore[arg-type]


def test_a_generic_field_takes_what_its_parameter_is_bound_to():
    assert IntBox(3).item == 3
    assert Box[int](3).item == 3
    with pytest.raises(TaskInputError, match=r"IntBox\.item wants a valid integer"):
        IntBox("three")  # type: ignore[arg-type]


def test_task_has_no_public_attribute_but_two():
    assert [name for name in dir(Task) if not name.startswith("_")] == ["execute", "identifier"]


@pytest.mark.parametrize(
    "name", ["id", "state", "name", "fields", "context", "options", "codec", "submit", "run"]
)
def test_no_other_name_is_taken(name: str):
    cls = type("Free", (Task,), {"__annotations__": {name: int}, "execute": Greet.execute})
    assert getattr(cls(3), name) == 3


@pytest.mark.parametrize("name", ["execute", "identifier"])
def test_a_field_cannot_hide_a_method(name: str):
    with pytest.raises(TaskDefinitionError, match=f"a field cannot be named '{name}'"):
        type("Hiding", (Task,), {"__annotations__": {name: int}})


def test_a_required_field_after_an_optional_one_names_both():
    with pytest.raises(TaskDefinitionError, match=r"field 'second' .* comes after 'first'"):

        class _Wrong(Task):
            first: int = 1
            second: int

            def execute(self, context: ExecutionContext) -> None: ...


def test_a_required_field_after_an_inherited_default_names_both():
    with pytest.raises(TaskDefinitionError, match=r"field 'last' .* comes after 'label'"):

        class _Wrong(Derived):
            last: int


def test_execute_must_take_the_context():
    with pytest.raises(TaskDefinitionError, match=r"execute must take exactly \(self, context\)"):

        class _Wrong(Task):
            def execute(self) -> None: ...  # type: ignore[override]


def test_an_init_only_field_is_refused():
    with pytest.raises(TaskDefinitionError, match="field seed is an InitVar"):

        class _Wrong(Task):
            seed: dataclasses.InitVar[int]

            def execute(self, context: ExecutionContext) -> None: ...


def test_class_variables_are_no_fields():
    class Counted(Task):
        limit: ClassVar[int] = 3
        number: int

        def execute(self, context: ExecutionContext) -> None: ...

    assert Counted(1).number == 1
    assert [one.name for one in Counted.__fairlead__.fields] == ["number"]


def test_fields_without_init_and_post_init_are_computed_again(attempt: Any):
    class Doubled(Task):
        number: int
        double: int = field(init=False)

        def __post_init__(self) -> None:
            self.double = 2 * self.number

        def execute(self, context: ExecutionContext) -> int:
            return self.double

    assert Doubled(3).double == 6
    outcome: AttemptOutcome = attempt(Doubled(3))
    assert outcome.result == b"6"


def test_an_own_init_is_kept(attempt: Any):
    class Halved(Task):
        number: int
        unit: str = "m"

        def __init__(self, double: int) -> None:
            self.number = double // 2
            self.unit = "km"

        def execute(self, context: ExecutionContext) -> list[Any]:
            return [self.number, self.unit]

    assert attempt(Halved(8)).result == b'[4,"km"]'


def test_a_keyword_only_field(attempt: Any):
    class Named(Task):
        number: int = field(kw_only=True)

        def execute(self, context: ExecutionContext) -> int:
            return self.number

    assert attempt(Named(number=3)).result == b"3"


def test_an_abstract_base_makes_no_definition():
    class Abstract(Task):
        number: int

    assert not hasattr(Abstract, "__fairlead__")
    with pytest.raises(NotImplementedError, match="Abstract has no execute"):
        Abstract(1).execute(None)  # type: ignore[arg-type]


def test_the_default_options():
    assert Greet.__fairlead__.options == TaskOptions()


class TestIdentity:
    def test_by_default_it_is_the_class_name_bound_to_the_file(self):
        definition = Greet.__fairlead__
        assert (definition.identifier, definition.version) == ("Greet", "v0.0")
        assert definition.source == definition.origin.file
        assert Greet.identifier() == ("Greet", "v0.0")

    @pytest.mark.parametrize("kind", [staticmethod, classmethod])
    def test_a_static_or_class_method_chooses_it(self, kind: Any):
        def identifier(*_: Any) -> tuple[str, str]:
            return "example.com/flow/MyTask", "v1.3"

        cls = type("Chosen", (Task,), {"identifier": kind(identifier), "execute": Greet.execute})
        definition = cls.__fairlead__
        assert (definition.identifier, definition.version) == ("example.com/flow/MyTask", "v1.3")
        assert definition.source is None

    def test_a_subclass_does_not_share_its_base_s_identity(self):
        class Parent(Task):
            @staticmethod
            def identifier() -> tuple[str, str]:
                return "example.com/Parent", "v1.0"

            def execute(self, context: ExecutionContext) -> None: ...

        class Child(Parent):
            pass

        assert Child.__fairlead__.identifier == "Child"

    @pytest.mark.parametrize(
        ("returned", "message"),
        [
            (("name", "1.0"), "is not a version"),
            (("name", "v01.0"), "is not a version"),
            (("name", "v1"), "is not a version"),
            (("", "v1.0"), "must be a text"),
            (("x" * 257, "v1.0"), "257 bytes"),
            ("name", "must return an identifier and a version"),
            (("name", "v1.0", "more"), "must return an identifier and a version"),
        ],
    )
    def test_what_is_no_identity_is_refused(self, returned: Any, message: str):
        with pytest.raises(TaskDefinitionError, match=message):
            type(
                "Wrong",
                (Task,),
                {"identifier": staticmethod(lambda: returned), "execute": Greet.execute},
            )

    def test_an_instance_method_is_refused(self):
        with pytest.raises(TaskDefinitionError, match="called without an instance"):
            type("Wrong", (Task,), {"identifier": lambda self: None, "execute": Greet.execute})
