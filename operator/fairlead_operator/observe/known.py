"""What an observer has told so far: enough to tell what changed, and what vanished.

Pure: it is given objects and says which events they mean. Of each object it keeps only what
identifies it, because it holds all objects of a kind.
"""

from __future__ import annotations

from sys import intern
from typing import Any

from fairlead.api import labels
from fairlead_operator.kube.kinds import Kind
from fairlead_operator.observe.event import Event

KEPT_LABELS = (labels.JOB, labels.JOB_UID, labels.GROUP, labels.SIZE, labels.COMPONENT)
"""The labels that are known of an object that vanished unseen: whom it concerns."""

Key = tuple[str, str]
"""Namespace and name of an object."""


class _Seen:
    """One object as it was last seen."""

    __slots__ = ("labels", "uid", "version")

    def __init__(self, uid: str, version: int, kept: tuple[str | None, ...]) -> None:
        self.uid = uid
        self.version = version
        self.labels = kept


class Known:
    """All objects of one kind that were seen and not seen to go."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._seen: dict[Key, _Seen] = {}
        self._last_labels: tuple[str | None, ...] = ()

    def __len__(self) -> int:
        return len(self._seen)

    def present(self, item: dict[str, Any]) -> list[Event]:
        """Return the events that an object's being there means: none, if it is not news.

        One of the same name but another uid means that the former has gone.
        """
        metadata = item["metadata"]
        key = key_of(metadata)
        uid, version = metadata.get("uid", ""), version_of(metadata)
        seen = self._seen.get(key)
        if seen is None:
            self._seen[key] = _Seen(uid, version, self._kept(metadata))
            return [Event(self._kind, "ADDED", item)]
        # The versions of all objects are of one count: an older one is a view of the past.
        if version <= seen.version:
            return []
        if seen.uid != uid:
            gone = self._gone(key)
            self._seen[key] = _Seen(uid, version, self._kept(metadata))
            return [gone, Event(self._kind, "ADDED", item)]
        seen.version = version
        seen.labels = self._kept(metadata)
        return [Event(self._kind, "MODIFIED", item)]

    def is_news(self, metadata: dict[str, Any]) -> bool:
        """Whether an object with such metadata has not been told as it is."""
        seen = self._seen.get(key_of(metadata))
        return seen is None or version_of(metadata) > seen.version

    def deleted(self, item: dict[str, Any]) -> list[Event]:
        """Return the events that an object's deletion means."""
        metadata = item["metadata"]
        key = key_of(metadata)
        seen = self._seen.get(key)
        if seen is not None and seen.uid == metadata.get("uid", ""):
            del self._seen[key]
            return [Event(self._kind, "DELETED", item)]
        return []

    def vanished(self, there: set[Key], *, upto: int) -> list[Event]:
        """Return a deletion for each object that a complete list did not show.

        Parameters
        ----------
        there
            What the list showed.
        upto
            The version of the list: what was seen of an object after it says that it is there.
        """
        gone = [
            key for key, seen in self._seen.items() if key not in there and seen.version <= upto
        ]
        return [self._gone(key) for key in gone]

    def _gone(self, key: Key) -> Event:
        """Forget an object and return its deletion, with what is left of it."""
        seen = self._seen.pop(key)
        namespace, name = key
        kept = {name: text for name, text in zip(KEPT_LABELS, seen.labels, strict=True) if text}
        metadata: dict[str, Any] = {"name": name, "uid": seen.uid, "labels": kept}
        if namespace:
            metadata["namespace"] = namespace
        return Event(self._kind, "DELETED", {"metadata": metadata})

    def _kept(self, metadata: dict[str, Any]) -> tuple[str | None, ...]:
        found = metadata.get("labels") or {}
        kept = tuple(found.get(name) for name in KEPT_LABELS)
        # Objects of one job mostly come one after another: they share one tuple.
        if kept != self._last_labels:
            self._last_labels = kept
        return self._last_labels


def key_of(metadata: dict[str, Any]) -> Key:
    """Return what an object is known by."""
    # All objects of a namespace share its name.
    return intern(metadata.get("namespace", "")), metadata["name"]


def version_of(metadata: dict[str, Any]) -> int:
    """Return an object's version as a number that grows: Kubernetes promises that it is one."""
    try:
        return int(metadata.get("resourceVersion", 0))
    except ValueError:
        return 0
