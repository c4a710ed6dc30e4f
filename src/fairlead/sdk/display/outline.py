"""What a picture shows of a tree: single tasks, groups of alike ones, and no more than fits.

An outline is grown from the top.  It starts with the top level and opens one item
after another, those on the way to a failed task first and then the shallowest,
while there is room; so its size is bounded by construction, whatever the tree.

Siblings of one identifier are shown one by one while they are few and small.
Otherwise they collapse into a group whose children are the children of all its
members together: a quadtree of 21,845 tiles is eight lines.  Out of every group come
the failed tasks (and the tasks above a failed one), then a few that run.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from fairlead.core.states import TaskState
from fairlead.sdk.backend import TaskView
from fairlead.sdk.display.layers import layers
from fairlead.sdk.display.tree import FEW_ALIKE, TaskTree, by_identifier, failures

MANY_LINES = 30
"""Alike siblings collapse if shown one by one they would take more lines than this."""

MANY_LEVELS = 6
"""Groups nested deeper than this in groups of the same identifier become one item."""

FEW_RUNNING = 3
"""So many running tasks are shown beside a group."""

LONG_WAY_DOWN = 12
"""A way straight down through different identifiers becomes one item if it is longer."""

FEW_OF_MANY = 12
"""Of different siblings that are far too many, only so many are shown beside the failed."""

COMFORTABLE = 30
"""Groups beside failed tasks are opened only while there are fewer items than this."""

LEAST_ROOM = 4
"""With less room than this for an item's children, the item stays closed."""


class Kind(Enum):
    """What an item stands for."""

    TASK = "one task"
    ALIKE = "siblings of one identifier"
    CHAIN = "siblings of one identifier, each of which waits for the one before"
    STEPS = "siblings of one identifier, some of which wait for others"
    NESTED = "a task, its only subtask, that one's only subtask and so on"
    LEVELS = "alike siblings, their alike subtasks and so on"
    REST = "siblings for which there was no room"


@dataclass(slots=True, eq=False)
class Item:
    """One line of text, or one box, and what is shown below it.

    Attributes
    ----------
    members
        The tasks it stands for.
    tail
        Those of the members whose subtasks come below it.
    steps
        Of a group: how many members run one after the other, or how many levels deep
        they are nested.
    dependencies
        Ids of the tasks that members wait for, without those of the same group.
    waits
        The items beside this one that it waits for.
    layer
        One more than that of the latest of ``waits``; 0 without any.
    opened
        Whether ``children`` is everything below; otherwise there may be more.
    beside_failure
        Whether it is what remained of a group after failed tasks were taken out.
    """

    kind: Kind
    members: list[TaskView]
    tail: list[TaskView]
    steps: int = 1
    dependencies: list[str] = field(default_factory=list)
    waits: list[Item] = field(default_factory=list)
    layer: int = 0
    depth: int = 0
    opened: bool = False
    beside_failure: bool = False
    children: list[Item] = field(default_factory=list)

    @property
    def task(self) -> TaskView:
        """The only task, or the first."""
        return self.members[0]

    @property
    def identifier(self) -> str | None:
        """The identifier that all members have, or None for a mixture."""
        return None if self.kind is Kind.REST else self.members[0].identifier

    @property
    def manner(self) -> str:
        """How a group's members hang together: ``in a chain``, ``in 12 steps``, or nothing."""
        return {
            Kind.CHAIN: "in a chain",
            Kind.STEPS: f"in {self.steps:,} steps",
            Kind.NESTED: "nested",
            Kind.LEVELS: f"in {self.steps:,} levels",
        }.get(self.kind, "in turns" if self.in_turns else "")

    @property
    def in_turns(self) -> bool:
        """Whether members wait for members of another group, and those for members of this."""
        return any(self in other.waits for other in self.waits)


@dataclass(slots=True)
class Outline:
    """The items of the top level, and failed tasks that lie too deep to be among the items."""

    items: list[Item]
    deeper: list[TaskView] = field(default_factory=list)


def full_outline(tree: TaskTree) -> Outline:
    """Return an outline of every task, without groups or bounds."""
    top = _singles(tree.roots, 0)
    opened = list(top)
    for item in opened:  # the list grows while it is read
        item.opened = True
        item.children = _singles(tree.children(item.task), item.depth + 1)
        opened.extend(item.children)
    return Outline(top)


def outline(tree: TaskTree, *, limit: int, most_failures: int) -> Outline:
    """Return an outline that fits.

    Parameters
    ----------
    tree
        The job's tasks.
    limit
        The most items there may be, ``deeper`` failures included.
    most_failures
        So many failed tasks are shown each for itself.
    """
    failed = failures(tree.tasks)[:most_failures]
    grown = _Grower(tree, failed).grow(limit)
    if len(grown.deeper) > 0:
        grown = _Grower(tree, failed).grow(limit - len(failed))
    return grown


class _Grower:
    """Opens items one by one until the room is used."""

    def __init__(self, tree: TaskTree, failed: Sequence[TaskView]) -> None:
        self._tree = tree
        self._is_big = len(tree.tasks) > COMFORTABLE
        self._failed = failed
        self._failed_ids = {task.id for task in failed}
        self._rank: dict[str, int] = {}
        for rank, task in enumerate(failed):
            self._hold(task, rank)

    def _hold(self, task: TaskView, rank: int) -> None:
        """Keep a failed task, and everything above it, out of groups."""
        self._rank.setdefault(task.id, rank)
        for above in self._tree.ancestors(task):
            if above.id in self._rank:
                return
            self._rank[above.id] = rank

    def grow(self, limit: int) -> Outline:
        top = self._arrange(self._tree.roots, merged=False, depth=0)
        top = _linked(_folded(top, limit, self._rank))
        shown = list(top)
        heap: list[tuple[int, int, int]] = []
        self._push(heap, shown, 0)
        while heap:
            item = shown[heapq.heappop(heap)[2]]
            if item.beside_failure and len(shown) > COMFORTABLE:
                continue
            children = self._opened(item, limit - len(shown))
            if children is None:
                continue
            item.opened, item.children = True, children
            first_new = len(shown)
            shown.extend(children)
            self._push(heap, shown, first_new)
        singles = {item.task.id for item in shown if item.kind is Kind.TASK}
        return Outline(top, [task for task in self._failed if task.id not in singles])

    def _push(self, heap: list[tuple[int, int, int]], shown: list[Item], start: int) -> None:
        for position in range(start, len(shown)):
            item = shown[position]
            if item.kind is not Kind.REST:
                heapq.heappush(heap, (self._urgency(item), item.depth, position))

    def _urgency(self, item: Item) -> int:
        """Return 0 for what leads to a failure, 2 for what stands beside one, else 1."""
        if item.beside_failure:
            return 2
        return 0 if len(item.tail) == 1 and item.tail[0].id in self._rank else 1

    def _opened(self, item: Item, room: int) -> list[Item] | None:
        """Return the items below one, or None where there is no room for them."""
        tasks = self._tree.children_of_all(item.tail)
        if not tasks:
            return []
        if room < 1:
            return None
        children = self._arrange(tasks, merged=len(item.tail) > 1, depth=item.depth + 1)
        if len(children) > room and room < LEAST_ROOM:
            return None
        return _linked(_folded(children, room, self._rank))

    def _arrange(self, tasks: Sequence[TaskView], *, merged: bool, depth: int) -> list[Item]:
        """Turn siblings (``merged``: the children of several parents) into items."""
        items: list[Item] = []
        for block in by_identifier(tasks):
            if len(block) > 1 and (merged or self._is_large(block)):
                items.extend(self._collapsed(block, merged))
            else:
                items.extend(map(self._single, block))
        for item in items:
            item.depth = depth
        return items

    def _is_large(self, block: list[TaskView]) -> bool:
        if len(block) > FEW_ALIKE:
            return True
        beside_failure = any(task.id in self._rank for task in block)
        lines = sum(map(self._tree.lines, block))
        return lines > (FEW_ALIKE if beside_failure and self._is_big else MANY_LINES)

    def _collapsed(self, block: list[TaskView], merged: bool) -> list[Item]:
        """Return the failed of a block, a few that run, and the others as a group."""
        held = sorted(
            (task for task in block if task.id in self._rank),
            key=lambda task: self._rank[task.id],
        )
        rest = [task for task in block if task.id not in self._rank]
        running = [] if merged else _a_few_running(rest)
        out = {task.id for task in running}
        rest = [task for task in rest if task.id not in out]
        items = [self._single(task) for task in (*held, *running)]
        if len(rest) == 1:
            items.append(self._single(rest[0]))
        elif rest:
            items.append(self._group(block, rest))
        items[-1].beside_failure = bool(held and rest)
        return items

    def _group(self, block: list[TaskView], rest: list[TaskView]) -> Item:
        inside = {task.id for task in block}
        waits_for = {
            task.id: {id_ for id_ in task.depends_on if id_ in inside and id_ != task.id}
            for task in block
        }
        steps = 1 + max(layers(waits_for).values()) if any(waits_for.values()) else 1
        if steps > 1:
            kind = Kind.CHAIN if steps == len(block) else Kind.STEPS
            return Item(kind, rest, rest, steps, _outside(rest, inside))
        levels = self._levels(rest)
        if len(levels) > MANY_LEVELS:
            members = [task for level in levels for task in level]
            return Item(Kind.LEVELS, members, levels[-1], len(levels), _outside(rest, inside))
        return Item(Kind.ALIKE, rest, rest, 1, _outside(rest, inside))

    def _levels(self, top: list[TaskView]) -> list[list[TaskView]]:
        """Return a group, its members' children, theirs, while all have one identifier."""
        identifier, levels = top[0].identifier, [top]
        while below := self._tree.children_of_all(levels[-1]):
            if any(task.identifier != identifier or task.id in self._rank for task in below):
                break
            levels.append(below)
        return levels

    def _single(self, task: TaskView) -> Item:
        """Return a task as an item, together with a long way straight down from it."""
        run = [task]
        alike = 1
        while (child := self._only_child(run[-1])) is not None:
            if alike == len(run) and child.identifier == task.identifier:
                alike += 1
            run.append(child)
        length = alike if alike > FEW_ALIKE else len(run) if len(run) > LONG_WAY_DOWN else 1
        if length == 1:
            return _single(task, 0)
        run = run[:length]
        return Item(Kind.NESTED, run, [run[-1]], length, list(task.depends_on))

    def _only_child(self, task: TaskView) -> TaskView | None:
        """Return a task's child if it has one alone, and that has not failed."""
        children = self._tree.children(task)
        alone = len(children) == 1 and children[0].id not in self._failed_ids
        return children[0] if alone else None


def _single(task: TaskView, depth: int) -> Item:
    return Item(Kind.TASK, [task], [task], 1, list(task.depends_on), depth=depth)


def _singles(tasks: Iterable[TaskView], depth: int) -> list[Item]:
    return _linked([_single(task, depth) for task in tasks])


def _a_few_running(tasks: list[TaskView]) -> list[TaskView]:
    """Return the first tasks that run, unless all do and pointing some out says nothing."""
    running = [task for task in tasks if task.state is TaskState.RUNNING]
    return [] if len(running) == len(tasks) else running[:FEW_RUNNING]


def _outside(tasks: Iterable[TaskView], inside: set[str]) -> list[str]:
    found = dict.fromkeys(id_ for task in tasks for id_ in task.depends_on)
    return [id_ for id_ in found if id_ not in inside]


def _folded(items: list[Item], room: int, rank: dict[str, int]) -> list[Item]:
    """Put what is too much into one item at the end; what leads to a failure stays."""
    if len(items) <= room:
        return items
    urgent = sorted(
        range(len(items)),
        key=lambda position: (rank.get(items[position].tail[0].id, len(rank)), position),
    )
    if len(items) > 4 * room:
        room = min(room, 1 + FEW_OF_MANY + sum(item.tail[0].id in rank for item in items))
    kept = set(urgent[: room - 1])
    rest = [item for position, item in enumerate(items) if position not in kept]
    members = [task for item in rest for task in item.members]
    tail = [task for item in rest for task in item.tail]
    inside = {task.id for task in members}
    folded = Item(Kind.REST, members, tail, 1, _outside(members, inside), depth=items[0].depth)
    return [*(item for position, item in enumerate(items) if position in kept), folded]


def _linked(items: list[Item]) -> list[Item]:
    """Note which of some siblings wait for which, and put them in an order that shows it.

    The order of creation is kept where nothing waits for a later one.
    """
    place = {task.id: position for position, item in enumerate(items) for task in item.members}
    waits_for = {
        position: sorted(
            {
                place[id_]
                for id_ in item.dependencies
                if place.get(id_, position) != position and not _same_block(items[place[id_]], item)
            }
        )
        for position, item in enumerate(items)
    }
    layer_of = layers(waits_for)
    for position, item in enumerate(items):
        item.layer = layer_of[position]
        item.waits = [items[earlier] for earlier in waits_for[position]]
    if any(earlier > position for position, before in waits_for.items() for earlier in before):
        return sorted(items, key=lambda item: item.layer)
    return items


def _same_block(one: Item, other: Item) -> bool:
    """Whether one item is a group and the other a task that was taken out of it."""
    alone = one.kind is Kind.TASK and other.kind is Kind.TASK
    return not alone and one.identifier is not None and one.identifier == other.identifier
