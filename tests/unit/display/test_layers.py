from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fairlead.sdk.display.layers import layers


def test_the_layer_is_the_longest_way() -> None:
    assert layers({"a": [], "b": ["a"], "c": ["a", "b"], "d": []}) == {
        "a": 0,
        "b": 1,
        "c": 2,
        "d": 0,
    }


def test_a_chain_may_be_long_and_out_of_order() -> None:
    chain = {n: [n - 1] if n else [] for n in reversed(range(20_000))}
    assert layers(chain)[19_999] == 19_999


def test_a_circle_is_opened_at_its_first_node() -> None:
    assert layers({"a": ["b"], "b": ["a"], "c": ["b"]}) == {"a": 0, "b": 1, "c": 2}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_every_edge_leads_to_a_later_layer_unless_it_closes_a_circle(
    edges: list[tuple[int, int]],
) -> None:
    forward = [(min(edge), max(edge)) for edge in edges if edge[0] != edge[1]]
    waits_for = {node: {first for first, last in forward if last == node} for node in range(10)}
    found = layers(waits_for)
    assert all(found[first] < found[last] for first, last in forward)
    assert all(
        found[node] == 1 + max((found[first] for first in before), default=-1)
        for node, before in waits_for.items()
    )


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=20))
def test_circles_of_any_kind_end(edges: list[tuple[int, int]]) -> None:
    waits_for = {node: {a for a, b in edges if b == node and a != b} for node in range(6)}
    assert set(layers(waits_for)) == set(range(6))
