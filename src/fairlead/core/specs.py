"""Whether tasks submitted together can be taken: unique keys, known dependencies, no cycle.

All of it is found out before anything changes, so that a bad submission leaves no trace.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from fairlead.core.node import Key, NodeSpec
from fairlead.errors import DependencyError, DuplicateTaskError

SHOWN = 5
"""How many tasks an error names; the rest is counted."""


def check_specs(
    specs: Sequence[NodeSpec], taken: Collection[Key], may_depend_on: Callable[[Key], bool]
) -> None:
    """Refuse tasks that cannot be added together.

    Parameters
    ----------
    specs
        The tasks of one submission.
    taken
        Keys that the job has already; a view of a dict, so that looking is cheap.
    may_depend_on
        Whether a task that was there before may be depended on.

    Raises
    ------
    DuplicateTaskError
        If a key comes twice or is taken.
    DependencyError
        If a dependency is unknown, or some depend on each other in a circle.
    """
    places = {spec.key: place for place, spec in enumerate(specs)}
    if len(places) != len(specs) or not places.keys().isdisjoint(taken):
        _refuse_duplicates(specs, taken)
    ordered = True
    for place, spec in enumerate(specs):
        for dependency in spec.depends_on:
            found = places.get(dependency, -1)
            if found < 0:
                if not may_depend_on(dependency):
                    raise DependencyError(
                        f"task {spec.key!r} depends on {dependency!r}, which is no task submitted"
                        " together with it; depend on tasks of the same submission only"
                    )
            elif found >= place:
                ordered = False
    # Where everything depends on earlier tasks only, there can be no circle.
    if not ordered:
        _refuse_cycles(specs, places)


def _refuse_duplicates(specs: Sequence[NodeSpec], taken: Collection[Key]) -> None:
    seen: set[Key] = set()
    for spec in specs:
        if spec.key in seen or spec.key in taken:
            raise DuplicateTaskError(f"task {spec.key!r} is there already; a key names one task")
        seen.add(spec.key)


def _refuse_cycles(specs: Sequence[NodeSpec], places: dict[Key, int]) -> None:
    """Take away tasks without open dependencies until none is left (Kahn)."""
    dependents: list[list[int]] = [[] for _ in specs]
    still_open = [0] * len(specs)
    for place, spec in enumerate(specs):
        for dependency in spec.depends_on:
            if dependency in places:
                dependents[places[dependency]].append(place)
                still_open[place] += 1
    free = [place for place, number in enumerate(still_open) if not number]
    for place in free:  # grows while it is walked
        for dependent in dependents[place]:
            still_open[dependent] -= 1
            if not still_open[dependent]:
                free.append(dependent)
    if len(free) < len(specs):
        stuck = {spec.key: spec for spec, number in zip(specs, still_open, strict=True) if number}
        raise DependencyError(
            f"tasks depend on each other in a circle: {_circle(stuck)}; take one of these"
            " dependencies away"
        )


def _circle(stuck: dict[Key, NodeSpec]) -> str:
    """Follow dependencies among the tasks left over until one comes twice."""
    path: dict[Key, None] = {}
    key = next(iter(stuck))
    while key not in path:
        path[key] = None
        key = next(found for found in stuck[key].depends_on if found in stuck)
    keys = list(path)
    circle = [*keys[keys.index(key) :], key]
    if len(circle) > SHOWN + 1:
        left_out = len(circle) - SHOWN - 1
        return " -> ".join([*map(repr, circle[:SHOWN]), f"({left_out} more)", repr(key)])
    return " -> ".join(map(repr, circle))
