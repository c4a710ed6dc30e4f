"""The set of open files through which one worker talks to the driver."""

from __future__ import annotations

from typing import NamedTuple


class Seat(NamedTuple):
    """The worker's ends, as descriptors, in the order in which they are passed on.

    ``stdout_seen`` and ``stderr_seen`` are the driver's ends of the output pipes: the
    worker only looks whether the driver has read everything.
    """

    tasks: int
    talk: int
    stdout: int
    stderr: int
    stdout_seen: int
    stderr_seen: int
