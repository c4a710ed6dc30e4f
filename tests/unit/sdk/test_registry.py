"""Which definition may run a task, and when two definitions are a conflict."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead import Client, ConflictingDefinitionError, ExecutionContext, Task
from fairlead.sdk.definitions import DefinitionSet, Registry, TaskDefinition, identity
from fairlead.sdk.origin import Origin, origin_of


def definition(
    name: str = "Step",
    version: str = "v1.0",
    *,
    file: str | None = "/flows/a.py",
    qualname: str = "Step",
    explicit: bool = True,
) -> TaskDefinition:
    """Return a definition as if it had been written at that place."""

    def Step() -> None: ...  # noqa: N802

    return TaskDefinition(
        kind="function",
        target=Step,
        code=Step,
        identity=(name, version, explicit),
        origin=Origin(file, "flows", qualname, 3),
        fields=(),
        types=lambda: ({}, None),
        invoke=lambda values, context: None,
    )


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.mark.parametrize(
    ("submitted", "known", "found"),
    [
        ("v1.3", ["v1.3"], "v1.3"),
        ("v1.3", ["v1.5"], "v1.5"),
        ("v1.3", ["v1.2"], None),
        ("v1.3", ["v2.5"], None),
        ("v1.3", ["v1.4", "v1.10", "v1.9", "v2.0"], "v1.10"),
        ("v0.0", ["v0.0", "v0.1"], "v0.1"),
    ],
)
def test_the_highest_compatible_version_runs(
    registry: Registry, submitted: str, known: list[str], found: str | None
):
    for version in known:
        registry.register(definition(version=version))
    best = registry.find("Step", submitted, None)
    assert (best.version if best else None) == found


def test_a_default_identifier_matches_only_its_own_file(registry: Registry):
    mine = definition(explicit=False)
    registry.register(mine)
    assert registry.find("Step", "v1.0", "/flows/a.py") is mine
    assert registry.find("Step", "v1.0", "/flows/b.py") is None
    assert registry.find("Step", "v1.0", None) is None


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("Step", "v3.0", None), "Step v3.0 needs v3.0 or a later v3.x; here: v1.0, v2.0"),
        (("Other", "v1.0", None), "none is known here"),
        (("Step", "v1.0", "/flows/z.py"), "as defined in /flows/z.py, which this process has not"),
    ],
)
def test_why_nothing_is_found(registry: Registry, asked: Any, words: str):
    registry.register(definition(version="v2.0"))
    registry.register(definition(version="v1.0"))
    assert words in registry.why_not(*asked)


def test_two_definitions_of_one_identity_conflict_and_both_places_are_named(registry: Registry):
    one, other = definition(file="/flows/a.py"), definition(file="/flows/b.py")
    registry.register(one)
    registry.register(other)
    with pytest.raises(ConflictingDefinitionError, match=r"/flows/a\.py:3.*/flows/b\.py:3"):
        registry.check(other)
    assert registry.find("Step", "v1.0", None) is None
    assert "two different definitions of Step v1.0" in registry.why_not("Step", "v1.0", None)


def test_a_runner_of_both_is_refused_and_one_of_either_is_not():
    one, other = definition(file="/flows/a.py"), definition(file="/flows/b.py")
    with pytest.raises(ConflictingDefinitionError, match=r"Step v1\.0"):
        DefinitionSet.of([one, other])
    assert DefinitionSet.of([other]).find("Step", "v1.0", None) is other
    assert list(DefinitionSet.of([one, one])) == [one]


@pytest.mark.parametrize(
    "other",
    [
        definition(version="v1.1", file="/flows/b.py"),
        definition(name="Other", file="/flows/b.py"),
        definition(file="/flows/b.py", explicit=False),
    ],
    ids=["another version", "another identifier", "bound to its file"],
)
def test_what_differs_is_no_conflict(registry: Registry, other: TaskDefinition):
    one = definition()
    registry.register(one)
    registry.register(other)
    registry.check(one)
    assert set(registry) == {one, other}


def test_a_definition_written_again_takes_the_place_of_the_first(registry: Registry):
    registry.register(definition())
    again = definition()
    registry.register(again)
    registry.check(again)
    assert registry.find("Step", "v1.0", None) is again
    assert list(registry) == [again]


def test_what_other_code_has_taken_the_place_of_is_refused(registry: Registry):
    first, again = definition(), definition()
    again.code = lambda: "something else"
    registry.register(first)
    registry.register(again)
    registry.check(again)
    with pytest.raises(ConflictingDefinitionError, match=r"Step v1\.0 was defined again"):
        registry.check(first)


def test_a_runner_of_a_definition_and_its_replacement_is_refused():
    first, again = definition(), definition()
    again.code = lambda: "something else"
    with pytest.raises(ConflictingDefinitionError, match=r"Step at /flows/a\.py:3"):
        DefinitionSet.of([first, again])


def test_a_set_of_all_knows_what_is_defined_later():
    everything = DefinitionSet.of(None)

    class Later(Task):
        def execute(self, context: ExecutionContext) -> None: ...

    mine = Later.__fairlead__
    assert everything.find("Later", "v0.0", mine.source) is mine


class TestDefinitionsInFunctions:
    """They are known while they live, and kept apart from each other."""

    def make(self, factor: int) -> type[Task]:
        class Times(Task):
            number: int

            def execute(self, context: ExecutionContext) -> int:
                return self.number * factor

        return Times

    def test_each_call_makes_one_of_its_own(self):
        double, triple = self.make(2).__fairlead__, self.make(3).__fairlead__
        everything = DefinitionSet.of(None)
        for one, result in ((double, 10), (triple, 15)):
            found = everything.find(one.identifier, one.version, one.source)
            assert found is one
            assert found.invoke({"number": 5}, None) == result  # type: ignore[arg-type]

    def test_under_one_chosen_identifier_the_newest_counts_and_the_earlier_is_refused(self):
        def make(factor: int) -> type[Task]:
            class Times(Task):
                @staticmethod
                def identifier() -> tuple[str, str]:
                    return "example.com/times", "v1.0"

                def execute(self, context: ExecutionContext) -> int:
                    return factor

            return Times

        double, triple = make(2), make(3)
        Client().jobs().submit("newest", triple())
        with pytest.raises(ConflictingDefinitionError, match="use the newer one"):
            Client().jobs().submit("earlier", double())

    def test_one_that_is_gone_is_not_found(self):
        times = self.make(2)
        asked = times.__fairlead__.identifier, times.__fairlead__.version
        source = times.__fairlead__.source
        del times
        import gc

        gc.collect()
        assert DefinitionSet.of(None).find(*asked, source) is None

    def test_it_is_not_importable_and_says_so(self):
        times = self.make(2).__fairlead__
        assert not times.importable
        assert "Times is defined inside a function" in str(times.why_not_importable)


@pytest.mark.parametrize(
    ("origin", "importable"),
    [
        (Origin("/flows/a.py", "flows", "Step", 1), True),
        (Origin("/flows/a.py", "flows", "Outer.Step", 1), True),
        (Origin("/flows/a.py", "flows", "make.<locals>.Step", 1), False),
        (Origin(None, "__main__", "Step", 1), False),
        (Origin("/flows/a.ipynb", "__main__", "Step", 1), False),
    ],
)
def test_what_another_process_can_import(origin: Origin, importable: bool):
    assert (origin.why_not_importable is None) is importable


def test_the_place_of_a_class():
    origin = origin_of(Registry)
    assert origin.module == "fairlead.sdk.registry"
    assert origin.place.startswith("Registry at ")


def test_an_identity_by_default():
    assert identity("Step", None, "here") == ("Step", "v0.0", False)
