"""The tasks that could start now, in the order in which they became known.

They stand in lanes, one for each group (and bound on parallel tasks), because a group
that no runner takes at the moment must not be in the way of the others, nor be looked
at task by task.  A heap over the heads of the lanes finds the earliest task overall.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.core.node import Node, NodeSpec

UNLISTED = 1 << 62
"""Stands for the head of a lane that is not in the heap; later than any position."""


class Limit:
    """How many tasks of one name run, and which lanes wait for one of them to end."""

    __slots__ = ("blocked", "running")

    def __init__(self) -> None:
        self.running = 0
        self.blocked: list[Lane] = []


class Lane:
    """The ready tasks that the same runners may take and the same bound applies to."""

    __slots__ = (
        "asked",
        "blocked",
        "group",
        "head",
        "late",
        "limit",
        "max_parallel",
        "number",
        "ready",
        "tasks",
        "wanted",
    )

    def __init__(self, group: Hashable, limit: Limit, max_parallel: int | None, number: int):
        self.group = group
        self.limit = limit
        self.max_parallel = max_parallel
        self.number = number
        # New tasks nearly always come in order; only what comes back late (a retry, a
        # dependent) needs sorting in.  Either may hold tasks that left: they are dropped
        # when they come to the front.
        self.tasks: deque[Node] = deque()
        self.late: list[tuple[int, Node]] = []
        self.ready = 0
        self.head = UNLISTED
        self.blocked = False
        self.asked = 0
        self.wanted = True

    def __lt__(self, other: Lane) -> bool:
        return self.number < other.number

    def first(self) -> Node | None:
        """Return the earliest ready task, or None."""
        tasks, late = self.tasks, self.late
        while tasks and not tasks[0].waiting:
            tasks.popleft()
        while late and not late[0][1].waiting:
            heappop(late)
        if late and (not tasks or late[0][0] < tasks[0].position):
            return late[0][1]
        return tasks[0] if tasks else None

    def startable(self) -> int:
        """Return how many tasks may start before one of the same name ends."""
        if self.max_parallel is None:
            return self.ready
        return min(self.ready, max(self.max_parallel - self.limit.running, 0))

    def oldest(self) -> float:
        """Return since when a task stands here; costs as much as many came late."""
        self.first()
        times = [node.waiting_since for _, node in self.late if node.waiting]
        # These came in the order of time.
        times += [self.tasks[0].waiting_since] if self.tasks else []
        return min(times)


class ReadyQueue:
    """All lanes of a job."""

    __slots__ = ("_asking", "_heap", "_lanes", "_limits", "count")

    def __init__(self) -> None:
        self.count = 0
        self._lanes: dict[Hashable, Lane] = {}
        self._limits: dict[str, Limit] = {}
        self._heap: list[tuple[int, Lane]] = []
        self._asking = 0

    def lane_for(self, spec: NodeSpec) -> Lane:
        """Return the lane in which this task will stand whenever it is ready."""
        place = (spec.group, spec.limit_name, spec.policy.max_parallel)
        lane = self._lanes.get(place)
        if lane is None:
            limit = self._limits.setdefault(spec.limit_name, Limit())
            lane = Lane(spec.group, limit, spec.policy.max_parallel, len(self._lanes))
            self._lanes[place] = lane
        return lane

    def groups(self) -> Iterator[Hashable]:
        """Yield each group that has a ready task, once."""
        return iter({lane.group: None for lane in self._lanes.values() if lane.ready})

    def waiting(self) -> Iterator[tuple[Hashable, int, float]]:
        """Yield group, number and oldest of the tasks that only a runner keeps from starting."""
        for lane in self._lanes.values():
            number = lane.startable()
            if number:
                yield lane.group, number, lane.oldest()

    def push(self, node: Node) -> None:
        """Let a task stand in its lane."""
        lane = node.lane
        position = node.position
        tasks = lane.tasks
        if not tasks or tasks[-1].position < position:
            tasks.append(node)
        else:
            heappush(lane.late, (position, node))
        node.waiting = True
        lane.ready += 1
        self.count += 1
        if position < lane.head and not lane.blocked:
            self._list(lane, position)

    def remove(self, node: Node) -> None:
        """Take a task that is not to start out of its lane."""
        node.waiting = False
        node.lane.ready -= 1
        self.count -= 1

    def move(self, node: Node, group: Hashable) -> None:
        """Let a task stand in the lane of another group from now on.

        Costs as much as its old lane is long, for a lane forgets what left it only later.
        """
        waiting, lane = node.waiting, node.lane
        if waiting:
            self.remove(node)
        lane.tasks = deque(one for one in lane.tasks if one is not node)
        lane.late = [entry for entry in lane.late if entry[1] is not node]
        heapify(lane.late)
        node.spec = replace(node.spec, group=group)
        node.lane = self.lane_for(node.spec)
        if waiting:
            self.push(node)

    def freed(self, limit: Limit) -> None:
        """Let the lanes move on that waited for a task of this name to end."""
        for lane in limit.blocked:
            lane.blocked = False
            self._list_head(lane)
        limit.blocked.clear()

    def take(
        self,
        most: int,
        accepts: Callable[[Hashable], bool] | None,
        grants: Callable[[Node], bool] | None = None,
    ) -> list[Node]:
        """Take out up to ``most`` tasks that may start, in order, and count them as running.

        A lane whose first task is not granted is left alone for the rest of the call.
        """
        taken: list[Node] = []
        unwanted: list[Lane] = []
        heap = self._heap
        self._asking += 1
        while heap and len(taken) < most:
            head, lane = heappop(heap)
            if head != lane.head:
                continue  # the lane was listed again since, further in front
            lane.head = UNLISTED
            wanted = accepts is None or self._wanted(lane, accepts)
            if not wanted or not self._drain(lane, most, taken, grants):
                unwanted.append(lane)
        for lane in unwanted:
            self._list_head(lane)
        return taken

    def _wanted(self, lane: Lane, accepts: Callable[[Hashable], bool]) -> bool:
        """Ask about a lane's group, but only once in each call of ``take``."""
        if lane.asked != self._asking:
            lane.asked = self._asking
            lane.wanted = accepts(lane.group)
        return lane.wanted

    def _drain(
        self, lane: Lane, most: int, taken: list[Node], grants: Callable[[Node], bool] | None
    ) -> bool:
        """Take from one lane until another one's head is earlier; False if one is not granted."""
        heap = self._heap
        until = heap[0][0] if heap else UNLISTED
        limit = lane.limit
        most_running = UNLISTED if lane.max_parallel is None else lane.max_parallel
        while len(taken) < most:
            node = lane.first()
            if node is None:
                return True
            if node.position > until:
                break
            if limit.running >= most_running:
                lane.blocked = True
                limit.blocked.append(lane)
                return True
            if grants is not None and not grants(node):
                return False
            limit.running += 1
            # It is dropped from the lane when it next comes to the front.
            node.waiting = False
            lane.ready -= 1
            self.count -= 1
            taken.append(node)
        self._list_head(lane)
        return True

    def _list_head(self, lane: Lane) -> None:
        node = lane.first()
        if node is not None:
            self._list(lane, node.position)

    def _list(self, lane: Lane, position: int) -> None:
        lane.head = position
        heappush(self._heap, (position, lane))
