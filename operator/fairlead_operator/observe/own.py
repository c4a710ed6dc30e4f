"""An observer of several kinds that lists and watches by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from fairlead_operator.kube.client import KubeClient
from fairlead_operator.kube.kinds import Kind
from fairlead_operator.observe.event import Emit, Observer, Synced
from fairlead_operator.observe.freshness import Freshness
from fairlead_operator.observe.listwatch import ListWatch, Pace


@dataclass(frozen=True)
class Wanted:
    """A kind to observe.

    Attributes
    ----------
    labels
        A selector; all objects, if it is empty.
    """

    kind: Kind
    labels: str = ""


class ListWatchObserver:
    """Lists and watches some kinds, in some namespaces or in all.

    Parameters
    ----------
    namespaces
        None for all of them. Kinds that live in no namespace are observed in any case.
    """

    def __init__(
        self,
        client: KubeClient,
        wanted: Sequence[Wanted],
        namespaces: Sequence[str] | None = None,
        *,
        pace: Pace | None = None,
        freshness: Freshness | None = None,
    ) -> None:
        self._parts = [
            ListWatch(client, item.kind, place, labels=item.labels, pace=pace, freshness=freshness)
            for item in wanted
            for place in places(item.kind, namespaces)
        ]

    async def run(self, emit: Emit, synced: Synced) -> None:
        """Emit the events of all kinds until cancelled; see :class:`ListWatch`."""
        await run_all(self._parts, emit, synced)


async def run_all(observers: Sequence[Observer], emit: Emit, synced: Synced) -> None:
    """Run several observers as one: all is told when each has told all."""
    outstanding = len(observers)

    def one_synced() -> None:
        nonlocal outstanding
        outstanding -= 1
        if outstanding == 0:
            synced()

    async with asyncio.TaskGroup() as group:
        for observer in observers:
            group.create_task(observer.run(emit, one_synced))


def places(kind: Kind, namespaces: Sequence[str] | None) -> Sequence[str | None]:
    """Return where to look for a kind: None is everywhere."""
    return namespaces if namespaces is not None and kind.namespaced else (None,)
