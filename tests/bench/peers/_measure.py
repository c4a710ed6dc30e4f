"""What every peer program shares: one way to warm up, to measure and to report.

A peer hands :func:`main` one context manager for each kind of workload it knows.
Entering it starts whatever the peer needs (server, cluster, pool) and yields
``work``; ``work(n)`` runs ``n`` tasks and returns a function that counts, outside
the measured time, how many of them really ran.

Only the standard library is imported here, and for the kind ``one`` as little of it
as possible, because there the whole program is measured from outside.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

Work = Callable[[int], Callable[[], int]]
Kinds = Mapping[str, Callable[[], AbstractContextManager[Work]]]

WARM_UP = 10
"""Tasks run before the measured ones, so that start-up is not billed to them."""

PR_SET_CHILD_SUBREAPER = 36
"""Linux's option by which orphaned descendants stay in our process tree."""


def adopt_orphans() -> None:
    """Keep daemons that detach themselves in this process's tree, where they are counted."""
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def tree_cpu() -> float:
    """Return the user and system seconds of this process and all its descendants.

    A reaped process is in its parent's own account; a living one is read from
    ``/proc``, whose resolution is one clock tick (10 ms), so runs should take
    much longer than that.
    """
    own = os.times()
    total = time.process_time() + own.children_user + own.children_system
    stats = _all_stats()
    tick = os.sysconf("SC_CLK_TCK")
    waiting = [os.getpid()]
    while waiting:
        parent = waiting.pop()
        for pid, (its_parent, ticks) in stats.items():
            if its_parent == parent:
                total += ticks / tick
                waiting.append(pid)
    return total


def _all_stats() -> dict[int, tuple[int, int]]:
    """Map every pid to its parent and to the ticks it and its reaped children used."""
    stats = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                text = file.read()
        except OSError:  # it ended meanwhile; its parent has its account
            continue
        # The command's name, in parentheses, may hold blanks: count from behind it.
        fields = text[text.rindex(")") + 2 :].split()
        stats[int(name)] = (int(fields[1]), sum(map(int, fields[11:15])))
    return stats


def main(
    peer: str, version: str, mode: Mapping[str, str], kinds: Kinds, warm_up: Mapping[str, int] = {}
) -> None:
    """Run the workloads the command line asks for, printing one JSON line for each.

    The command line is ``KIND N [KIND N ...]``; ``one 1`` runs a single task without
    warm-up, to be measured from outside with the start and the end of the program.
    ``mode`` says in words, for each kind, how the peer runs; ``warm_up`` overrides
    :data:`WARM_UP` where tasks are slow.
    """
    wanted = list(zip(sys.argv[1::2], map(int, sys.argv[2::2]), strict=True))
    for kind, tasks in wanted:
        if kind == "one":
            wall, cpu = _run_one(kinds["fan"])
        else:
            adopt_orphans()
            wall, cpu = _run_measured(kinds[kind], tasks, warm_up.get(kind, WARM_UP))
        _report(
            peer=peer,
            kind=kind,
            tasks=tasks,
            wall_s=wall,
            cpu_s=cpu,
            version=version,
            mode=mode["fan" if kind == "one" else kind],
        )


def _report(**fields: object) -> None:
    import json  # late: a one-task run is not billed for it before its task has ended

    print("\n" + json.dumps(fields), flush=True)


def _run_one(start: Callable[[], AbstractContextManager[Work]]) -> tuple[None, None]:
    with start() as work:
        _check(work(1), 1)
    return None, None


def _run_measured(
    start: Callable[[], AbstractContextManager[Work]], tasks: int, warm_up: int
) -> tuple[float, float]:
    with start() as work:
        _check(work(warm_up), warm_up)
        cpu, wall = tree_cpu(), time.perf_counter()
        count = work(tasks)
        wall, cpu = time.perf_counter() - wall, tree_cpu() - cpu
        _check(count, tasks)
    return wall, cpu


def _check(count: Callable[[], int], expected: int) -> None:
    """Refuse a measurement in which not every task ran."""
    found = count()
    if found != expected:
        raise SystemExit(f"only {found} of {expected} tasks ran: the measurement means nothing")
