"""Workflows before they run: instances, keys, joins and circles."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fairlead import (
    DependencyError,
    DuplicateTaskError,
    FutureTask,
    InvalidRequestError,
    TaskDefinitionError,
    TaskInputError,
)
from fairlead.sdk.workflow_runs import in_order, last_sink
from fairlead.workflow import Workflow, chain, parallel, task, workflow


@task
def fetch(city: str, days: int = 1) -> str:
    return f"Weather for {city}"


@task
def compare(one: str, others: list[str]) -> str:
    return one + "".join(others)


def step(key: str) -> Any:
    return fetch(task_id=key, city=key)


def order(wf: Workflow) -> dict[str, set[str]]:
    """Return each step's key and the keys it waits for, in the order of the job."""
    return {one.task_id: {each.task_id for each in after} for one, after in in_order(wf).items()}


class TestInstances:
    def test_a_call_binds_and_runs_nothing(self):
        instance = fetch(task_id="tokyo", city="Tokyo")
        assert (instance.task_id, instance.arguments) == ("tokyo", {"city": "Tokyo"})
        assert instance.run() == "Weather for Tokyo"

    def test_a_key_of_its_own(self):
        first, second = fetch(city="a"), fetch(city="a")
        assert re.fullmatch(r"fetch_[0-9a-f]{8}", first.task_id)
        assert first.task_id != second.task_id

    @pytest.mark.parametrize(
        ("args", "kwargs", "message"),
        [
            (("Tokyo",), {}, r"by name only, not by position: fetch\(city=\.\.\., days=\.\.\.\)"),
            ((), {}, r"fetch\.city is missing"),
            ((), {"city": "a", "town": "b"}, r"fetch has no parameter 'town'"),
            ((), {"cty": "a"}, r"did you mean 'city'"),
        ],
    )
    def test_wrong_arguments_are_a_type_error_at_the_call(
        self, args: Any, kwargs: Any, message: str
    ):
        with pytest.raises(TypeError, match=message):
            fetch(*args, **kwargs)

    def test_wrong_values_fail_at_the_call(self):
        with pytest.raises(TaskInputError, match=r"fetch\.city wants a valid string"):
            fetch(city=3)

    @pytest.mark.parametrize("key", ["", 3])
    def test_what_is_no_key_is_refused(self, key: Any):
        with pytest.raises(InvalidRequestError, match="a task_id is a text"):
            fetch(task_id=key, city="a")

    def test_a_parameter_named_task_id_is_refused(self):
        with pytest.raises(TaskDefinitionError, match="cannot be named 'task_id'"):

            @task
            def _wrong(task_id: str) -> None: ...

    def test_a_future_of_another_kind_is_refused(self):
        with workflow("w"), pytest.raises(DependencyError, match="no step of a workflow"):
            fetch(city=FutureTask("x"))

    def test_one_with_dependencies_cannot_run_alone(self):
        with pytest.raises(DependencyError, match="run it in a workflow"):
            compare(one=step("a"), others=[]).run()


class TestJoins:
    def test_a_chain(self):
        with workflow("w") as wf:
            step("a") >> step("b") >> step("c")
        assert order(wf) == {"a": set(), "b": {"a"}, "c": {"b"}}

    def test_an_argument_is_a_dependency(self):
        with workflow("w") as wf:
            compare(task_id="all", one=step("a"), others=[step("b"), "text", step("c")])
        assert order(wf) == {"a": set(), "b": set(), "c": set(), "all": {"a", "b", "c"}}

    def test_groups(self):
        with workflow("w") as wf:
            fetches = parallel(*[step(key) for key in "ab"])
            batches = chain(*[step(key) for key in "cde"])
            fetches >> batches >> [step("f"), step("g")]
        assert order(wf) == {
            "a": set(), "b": set(), "c": {"a", "b"}, "d": {"c"}, "e": {"d"}, "f": {"e"}, "g": {"e"},
        }  # fmt: skip

    def test_a_list_may_come_first(self):
        with workflow("w") as wf:
            [step("a"), step("b")] >> step("c")
        assert order(wf)["c"] == {"a", "b"}

    def test_groups_inside_groups(self):
        with workflow("w") as wf:
            parallel(chain(step("a"), step("b")), step("c")) >> chain(step("d"))
        assert order(wf) == {"a": set(), "b": {"a"}, "c": set(), "d": {"b", "c"}}

    def test_a_fan_in_is_one_task(self):
        with workflow("w") as wf:
            joined = step("d")
            step("a") >> joined
            step("b") >> joined
        assert order(wf)["d"] == {"a", "b"}

    def test_instances_and_joins_from_before_the_block(self):
        early = step("a") >> step("b")
        argument = compare(task_id="all", one=step("c"), others=[])
        with workflow("w") as wf:
            early >> argument
        assert order(wf) == {"a": set(), "b": {"a"}, "c": set(), "all": {"b", "c"}}

    def test_joins_after_the_block(self):
        with workflow("w") as wf:
            first, second = step("a"), step("b")
        second >> first
        assert order(wf) == {"b": set(), "a": {"b"}}

    def test_one_instance_in_two_workflows(self):
        shared = step("a")
        with workflow("one") as one:
            shared >> step("b")
        with workflow("two") as two:
            shared >> step("c")
        assert (set(order(one)), set(order(two))) == ({"a", "b"}, {"a", "c"})

    def test_blocks_inside_blocks(self):
        with workflow("outer") as outer:
            with workflow("inner") as inner:
                step("a")
            step("b")
        assert (list(order(inner)), list(order(outer))) == (["a"], ["b"])

    def test_the_sink_built_last(self):
        with workflow("w") as wf:
            first, second, third = step("a"), step("b"), step("c")
            third >> first
        assert last_sink(in_order(wf)) is second

    def test_ten_thousand_steps(self):
        with workflow("w") as wf:
            chain(*[step(str(number)) for number in range(10_000)])
        assert len(order(wf)) == 10_000

    @pytest.mark.parametrize("wrong", [3, fetch, "text"], ids=repr)
    def test_what_cannot_be_joined_is_refused(self, wrong: Any):
        with pytest.raises(InvalidRequestError, match=r"no step of a workflow|call it first"):
            step("a") >> wrong

    @pytest.mark.parametrize("join", [chain, parallel])
    def test_nothing_to_join(self, join: Any):
        with pytest.raises(InvalidRequestError, match="needs at least one task"):
            join()


class TestMistakes:
    def test_a_key_twice_in_the_block(self):
        with workflow("w"):
            step("a")
            with pytest.raises(DuplicateTaskError, match="two tasks 'a'"):
                step("a")

    def test_a_key_twice_built_before_the_block(self):
        first, second = step("a"), step("a")
        with workflow("w"), pytest.raises(DuplicateTaskError, match="two tasks 'a'"):
            first >> second

    def test_a_key_twice_one_built_before_the_block(self):
        before = step("a")
        with workflow("w"), pytest.raises(DuplicateTaskError, match="two tasks 'a'"):
            step("a") >> before

    def test_a_key_twice_without_any_block(self):
        with pytest.raises(DuplicateTaskError, match="two tasks 'a'"):
            step("a") >> step("a")

    def test_the_same_key_in_another_workflow_is_legal(self):
        for name in ("one", "two"):
            with workflow(name) as wf:
                step("a")
            assert list(order(wf)) == ["a"]

    @pytest.mark.parametrize("keys", ["a", "ab", "abc"])
    def test_a_circle_is_named(self, keys: str):
        with workflow("w") as wf:
            steps = [step(key) for key in keys]
            chain(*steps, steps[0])
        circle = r"circle: \w( -> \w)+"
        with pytest.raises(DependencyError, match=circle) as caught:
            wf.execute()
        assert set(keys) <= set(str(caught.value).rpartition(":")[2])

    def test_an_empty_workflow(self):
        with workflow("w") as wf:
            pass
        with pytest.raises(InvalidRequestError, match="w has no tasks"):
            wf.execute()
        with pytest.raises(InvalidRequestError, match="has not been executed yet"):
            _ = wf.results

    @pytest.mark.parametrize("name", ["", "  ", 3, "a\nb", "x" * 300])
    def test_a_name_that_is_none(self, name: Any):
        with pytest.raises(InvalidRequestError, match="a job's name"):
            workflow(name)
