"""``MachineGroup``: machines of one size that a user keeps for runs."""

from __future__ import annotations

import os
from typing import Any

from fairlead.errors import InvalidRequestError, TaskError
from fairlead.sdk.client import open_backend
from fairlead.sdk.options import check_count, check_duration, check_positive_count
from fairlead.sdk.programs import about_to_start_work


class MachineGroup:
    """Machines of one size, to run on; locally, so many worker processes.

    Parameters
    ----------
    size
        The machine size, for example ``"small"``.
    num_machines
        How many machines; for a group of fixed size.
    min_machines, max_machines
        How many at least and at most; for a group that grows and shrinks.
    spot
        Whether machines that may be taken away at any time will do.
    max_idle_time
        Seconds after which an idle machine is given back.
    auto_terminate
        Whether the group ends when its program does.
    backend
        As for :class:`fairlead.Client`.
    """

    def __init__(
        self,
        size: str,
        num_machines: int = 1,
        min_machines: int | None = None,
        max_machines: int | None = None,
        spot: bool = False,
        max_idle_time: float | None = None,
        auto_terminate: bool = True,
        backend: str | None = None,
    ) -> None:
        if not isinstance(size, str) or not size:
            raise InvalidRequestError(f"size must name a machine size, not {size!r}")
        check_positive_count("num_machines", num_machines)
        check_positive_count("max_machines", max_machines)
        if min_machines is not None:
            check_count("min_machines", min_machines)
        check_duration("max_idle_time", max_idle_time)
        self.size = size
        self.minimum = num_machines if min_machines is None else min_machines
        self.maximum = max(num_machines, self.minimum) if max_machines is None else max_machines
        if self.minimum > self.maximum:
            raise InvalidRequestError(
                f"min_machines={self.minimum} is above max_machines={self.maximum}"
            )
        self.spot = spot
        self.max_idle_time = max_idle_time
        self.auto_terminate = auto_terminate
        self.name = f"{size}-{os.urandom(4).hex()}"
        self._backend_name = backend
        self._state = "new"

    def __repr__(self) -> str:
        return f"MachineGroup({self.size!r}, {self.minimum}..{self.maximum}, {self._state})"

    @property
    def started(self) -> bool:
        """Whether the group was started and not terminated."""
        return self._state == "started"

    def _backend(self) -> Any:
        return open_backend(self._backend_name)

    def start(self) -> MachineGroup:
        """Start the machines; return the group."""
        about_to_start_work()
        if self._state == "terminated":
            raise TaskError(f"{self!r} was terminated; make a new group")
        if self._state == "new":
            self._backend().start_machines(self.name, self.size, self.minimum, self.maximum)
            self._state = "started"
            if self.auto_terminate:
                import atexit

                atexit.register(self.terminate)
        return self

    def terminate(self) -> None:
        """Give the machines back; what still runs on them is finished first."""
        if self._state == "started":
            self._state = "terminated"
            self._backend().terminate_machines(self.name)

    def __enter__(self) -> MachineGroup:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.terminate()
