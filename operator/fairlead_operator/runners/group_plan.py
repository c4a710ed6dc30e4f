"""What is to be done about one MachineGroup: runners to make and to end, and its status.

1. A terminated group ends the runners that do nothing, and lets the others finish.
2. It makes runners up to its minimum, once it is known which Release they load: the one it
   names, else that of its latest task.
3. It ends runners above the minimum that have been idle for as long as it says.
4. After its last task by as long as it says, it terminates itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fairlead_operator.runners.classify import Ending, Stuck
from fairlead_operator.runners.groups import Group
from fairlead_operator.runners.lanes import Runner, Use
from fairlead_operator.runners.refusal import Refusal

FIRST_PAUSE = 5.0
LONGEST_PAUSE = 300.0
"""Seconds before a runner is made in place of one that did not start."""


@dataclass(slots=True)
class GroupMemory:
    """What is remembered of a group between two plans, and is guessed after a restart.

    Attributes
    ----------
    release
        The Release of its latest task.
    busy
        When it was last seen at work.
    ordinal
        The highest number that a runner of it was named with.
    failures
        How many of its runners in a row did not start.
    pause
        Until when none is made therefore.
    refused
        Why the API server would not have the latest one.
    """

    release: str | None = None
    busy: float = 0.0
    ordinal: int = 0
    failures: int = 0
    pause: float = 0.0
    refused: Stuck | None = None

    def note(self, runners: Sequence[Runner], now: float) -> None:
        """Take note of what its runners do."""
        working = [one for one in runners if one.use is Use.ASSIGNED]
        if working:
            self.busy = now
            self.release = max(working, key=lambda one: one.since).release
        elif self.release is None and runners:
            self.release = max(runners, key=lambda one: one.since).release
        if any(one.up for one in runners):
            self.failures = 0

    def next_ordinal(self, group: Group, now: float) -> int:
        """Return a number that no runner of the group has had, also before a restart."""
        self.ordinal = max(self.ordinal + 1, int(now - group.created))
        return self.ordinal

    def failed(self, now: float, refused: Stuck | None = None) -> None:
        """Take note that a runner did not start, or was not even made."""
        self.failures += 1
        self.refused = refused
        self.pause = now + min(FIRST_PAUSE * 2.0 ** (self.failures - 1), LONGEST_PAUSE)


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """What is to be done.

    Attributes
    ----------
    make
        How many runners to make.
    end
        The names of the pods to delete.
    terminate
        Whether the group is to be marked as terminated.
    state, running, idle
        What its status should say.
    trouble
        What keeps it from being ready: a reason and a message; None if nothing does.
    again
        When to look again although nothing has happened; None for never.
    """

    make: int = 0
    end: tuple[str, ...] = ()
    terminate: bool = False
    state: str = "Running"
    running: int = 0
    idle: int = 0
    trouble: tuple[str, str] | None = None
    again: float | None = None


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """What a plan is made from.

    Attributes
    ----------
    runners
        Those that count, of whatever release.
    release
        The name of the Release that new ones would load; None while that is not known.
    refusal
        Why no runner can be made at all, or None.
    room
        How many more its size and its namespace allow.
    stuck
        What its runners that have no task are stuck at.
    """

    group: Group
    runners: Sequence[Runner]
    release: str | None
    refusal: Refusal | None = None
    room: float = float("inf")
    stuck: Sequence[Stuck | Ending] = field(default=())


def plan_group(facts: GroupFacts, memory: GroupMemory, now: float) -> GroupPlan:
    """Return what is to be done about a group."""
    group = facts.group
    alive = [one for one in facts.runners if one.use is not Use.ENDING]
    idle = [one for one in alive if one.use is Use.IDLE]
    if group.terminated or group.deleted:
        ends = tuple(one.key[1] for one in alive if one.use is not Use.ASSIGNED)
        left = len(facts.runners)
        state = "Terminating" if left else "Terminated"
        return GroupPlan(end=ends, state=state, running=left, idle=len(idle))
    over = _terminates_at(group, memory, alive)
    if over is not None and now >= over:
        return GroupPlan(terminate=True, state="Terminating", running=len(alive), idle=len(idle))
    ends, idle_again = _surplus(facts, alive, idle, now)
    make = _missing(facts, alive, memory, now)
    pause = memory.pause if memory.pause > now else None
    return GroupPlan(
        make=make,
        end=ends,
        state=_state(group, alive),
        running=len(alive),
        idle=len(idle),
        trouble=_trouble(facts, alive),
        again=min((at for at in (over, idle_again, pause) if at is not None), default=None),
    )


def _terminates_at(group: Group, memory: GroupMemory, alive: Sequence[Runner]) -> float | None:
    if group.terminate_after is None or any(one.use is Use.ASSIGNED for one in alive):
        return None
    return max(memory.busy, group.created) + group.terminate_after


def _missing(facts: GroupFacts, alive: Sequence[Runner], memory: GroupMemory, now: float) -> int:
    """Return how many runners are to be made to have the minimum of the right release."""
    if facts.release is None or facts.refusal is not None or now < memory.pause:
        return 0
    right = sum(one.release == facts.release for one in alive)
    free = min(facts.group.maximum - len(facts.runners), facts.room)
    return int(max(0, min(facts.group.minimum - right, free)))


def _surplus(
    facts: GroupFacts, alive: Sequence[Runner], idle: Sequence[Runner], now: float
) -> tuple[tuple[str, ...], float | None]:
    """Return the idle runners that have waited long enough, and when the next one has.

    Those of another release than new tasks need count for nothing, so they go first.
    """
    right = sum(one.release == facts.release for one in alive)
    may_go = max(0, right - facts.group.minimum)
    ends: list[str] = []
    again: float | None = None
    for one in sorted(idle, key=lambda one: (one.release == facts.release, one.since, one.key)):
        if one.release == facts.release:
            if not may_go:
                break
            may_go -= 1
        due = one.since + facts.group.idle_seconds
        if due <= now:
            ends.append(one.key[1])
        else:
            again = due if again is None else min(again, due)
    return tuple(ends), again


def _state(group: Group, alive: Sequence[Runner]) -> str:
    up = sum(one.up for one in alive)
    return "Running" if up >= min(group.minimum, 1) else "Starting"


def _trouble(facts: GroupFacts, alive: Sequence[Runner]) -> tuple[str, str] | None:
    if facts.group.faults:
        return "InvalidMachineGroup", "; ".join(facts.group.faults)
    if facts.refusal is not None:
        return facts.refusal.reason, facts.refusal.message
    if facts.stuck:
        return facts.stuck[0].reason, facts.stuck[0].explained
    if facts.group.minimum and facts.release is None:
        return (
            "WaitingForRelease",
            "Which code the runners load is known once a task is sent to the group, or where the"
            " group names a Release.",
        )
    if len(alive) < facts.group.minimum and facts.room <= 0:
        what = f"of machine size {facts.group.size}, or that the namespace may have"
        return "WaitingForRunner", f"All runners {what}, are taken."
    return None
