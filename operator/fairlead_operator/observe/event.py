"""What an observer tells: one change of one object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, Protocol

from fairlead_operator.kube.kinds import Kind

Change = Literal["ADDED", "MODIFIED", "DELETED"]


class Event(NamedTuple):
    """One change of one object.

    Attributes
    ----------
    type
        What happened. After a list ``ADDED`` and ``MODIFIED`` mean that the object is there:
        what happened before was not seen.
    object
        The object as it is, or was last. Of one that vanished unseen only its name,
        namespace, uid and the labels in :data:`fairlead_operator.observe.known.KEPT_LABELS`
        are left.
    """

    kind: Kind
    type: Change
    object: dict[str, Any]


Emit = Callable[[Event], None]
"""Takes one event. It is called from the loop, and only parses and enqueues."""

Synced = Callable[[], None]
"""Called once, when the events of all objects that there were at the start are out."""


class Observer(Protocol):
    """A source of events about some kinds."""

    async def run(self, emit: Emit, synced: Synced) -> None:
        """Emit events until cancelled; raise only for what cannot be helped."""
