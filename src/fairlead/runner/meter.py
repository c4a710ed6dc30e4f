"""What the code of one attempt takes, measured by the very process that runs it.

The kernel counts for each process, and for the children that it has waited for.  To ask it takes
some microseconds, whatever the task does.
"""

from __future__ import annotations

import resource
import time

from fairlead.sdk.attempt import AttemptUsage

_KIB = 1024
"""The kernel tells the peak of memory in units of so many bytes."""


class Meter:
    """Measures from when it is made."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._cpu = time.process_time() + cpu_of(resource.getrusage(resource.RUSAGE_CHILDREN))

    def usage(self) -> AttemptUsage:
        """Return what was taken since then.

        Of memory, the most that this process, or the largest child that it has waited for, ever
        had.
        """
        wall = time.monotonic() - self._began
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = time.process_time() + cpu_of(children) - self._cpu
        own = resource.getrusage(resource.RUSAGE_SELF)
        return AttemptUsage(wall, max(cpu, 0.0), max(own.ru_maxrss, children.ru_maxrss) * _KIB)


def usage_of_dead(wall: float, dead: resource.struct_rusage, cpu: float) -> AttemptUsage:
    """Return what a process took that has ended.

    Parameters
    ----------
    wall
        For how long it had run the attempt.
    dead
        What the kernel says about it.
    cpu
        The CPU time of all that ended with it, where that is known; else 0.
    """
    return AttemptUsage(max(wall, 0.0), max(cpu, cpu_of(dead)), dead.ru_maxrss * _KIB)


def cpu_of(usage: resource.struct_rusage) -> float:
    """Return CPU time in seconds, user and system."""
    return usage.ru_utime + usage.ru_stime
