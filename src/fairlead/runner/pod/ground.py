"""Where the task's code is: its files, its memory and its processes, as the agent reaches them.

With ``isolation: Shared`` they are the agent's own container's.  With ``isolation: Sidecar``
they are another's, in which the agent can do nothing by itself (:mod:`.sidecar`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from fairlead.runner.early import EarlyZygote
from fairlead.runner.pod.importing import Halt, halt_of
from fairlead.runner.pod.memory import MemoryWatch
from fairlead.runner.pod.rooms import Rooms, unpack_release
from fairlead.runner.pod.settings import PodSettings

if TYPE_CHECKING:
    from fairlead.runner.distrust import ZygoteSource
    from fairlead.sdk.objectstore import ObjectStore


class Memory(Protocol):
    """What one attempt takes, beside what it may take.

    Attributes
    ----------
    limit
        In bytes; None where there is none.
    """

    limit: int | None

    @property
    def peak(self) -> int:
        """The most bytes that were seen taken; 0 where that is not known."""

    def look(self) -> tuple[bool, float]:
        """Return whether it is too much, and in how many seconds to look again."""


class Ground(Protocol):
    """Where the task's code is.

    Attributes
    ----------
    files
        The folder under which tasks leave files, as the task's code knows it.
    early, source
        The zygote that runs already, or else what starts it.
    most_input
        The most bytes that an attempt may be given; None for any number.
    is_up
        Whether it is there already.
    """

    files: str
    early: EarlyZygote | None
    source: ZygoteSource | None
    most_input: int | None

    @property
    def is_up(self) -> bool: ...

    @property
    def gone(self) -> bool:
        """Whether it has ended, and with it whatever ran there."""

    def unpack(self, store: ObjectStore | None) -> None:
        """Put the release's code there; raises ReleaseError if it is not what was published."""

    def halt(self) -> Halt:
        """Return where the import of the release stands."""

    def memory(self) -> Memory:
        """Begin to watch the memory that an attempt takes."""

    def left_files(self, job: str, task: str) -> Iterator[tuple[str, Path]]:
        """Yield the files that a task has left: path below its folder, and where to read it.

        It can be read there until the next one is asked for.
        """

    def clean(self) -> None:
        """Remove everything that a task has left."""


class OwnGround:
    """The agent's own container."""

    most_input: int | None = None
    source: ZygoteSource | None = None
    gone = False
    is_up = True

    def __init__(self, settings: PodSettings, early: EarlyZygote | None = None) -> None:
        self.early = early
        self._settings = settings
        self._rooms = Rooms(settings)
        self.files = str(self._rooms.files)

    def unpack(self, store: ObjectStore | None) -> None:
        """Put the release's code where the zygote finds it."""
        unpack_release(self._settings, self._rooms, store)

    def halt(self) -> Halt:
        """Return where the import of the release stands."""
        return halt_of(self._rooms.work, self._rooms.package)

    def memory(self) -> Memory:
        """Begin to watch this container's memory."""
        return MemoryWatch(self._settings.memory)

    def left_files(self, job: str, task: str) -> Iterator[tuple[str, Path]]:
        """Yield the files that a task has left."""
        return self._rooms.left_files(job, task)

    def clean(self) -> None:
        """Remove everything that a task has left."""
        self._rooms.clean()
