"""Which step of a graph each node is in: one more than the latest of what it waits for."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from typing import TypeVar

Node = TypeVar("Node", str, int)


def layers(waits_for: Mapping[Node, Collection[Node]]) -> dict[Node, int]:
    """Return the layer of each node, counted from 0.

    Parameters
    ----------
    waits_for
        For every node the nodes it waits for, all of them keys of the mapping.  Groups
        of tasks can wait for each other both ways; such a circle is opened at its
        first node in the mapping's order.

    Returns
    -------
    dict
        The length of the longest way to each node.  Takes time in proportion to the
        number of edges.
    """
    open_edges = {node: len(before) for node, before in waits_for.items()}
    followers: dict[Node, list[Node]] = {}
    for node, before in waits_for.items():
        for earlier in before:
            followers.setdefault(earlier, []).append(node)
    found: dict[Node, int] = {}
    reached: dict[Node, int] = {}
    ready = deque(node for node, count in open_edges.items() if count == 0)
    leftover = iter(waits_for)
    while len(found) < len(waits_for):
        if not ready:
            ready.append(next(node for node in leftover if node not in found))
        node = ready.popleft()
        found[node] = layer = reached.get(node, 0)
        for follower in followers.get(node, ()):
            if follower in found:
                continue
            reached[follower] = max(reached.get(follower, 0), layer + 1)
            open_edges[follower] -= 1
            if open_edges[follower] == 0:
                ready.append(follower)
    return found
