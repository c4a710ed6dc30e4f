"""What tasks logged and printed: from the object store, or else from the logs of their pods."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from time import sleep
from typing import NamedTuple

from fairlead.api.times import seconds
from fairlead.backends.kubernetes.errors import ApiError
from fairlead.backends.kubernetes.kinds import PODS
from fairlead.backends.kubernetes.rest import RestClient
from fairlead.sdk.backend import LogRecord
from fairlead.sdk.objectstore import ObjectStore

LOOK_AGAIN = 0.5
"""Seconds between looks for new records."""


class Line(NamedTuple):
    """One record, and the name of the Task that it is of."""

    task: str
    record: LogRecord


class StoredLogs:
    """The chunks of one job's logs, each read once.

    Parameters
    ----------
    store
        Where they lie.
    job_uid
        The job's.
    task
        Only those of the Task with that name.
    """

    def __init__(self, store: ObjectStore, job_uid: str, task: str | None = None) -> None:
        self._store = store
        self._prefix = f"jobs/{job_uid}/logs" + (f"/{task}" if task else "")
        self._start = len(f"jobs/{job_uid}/logs/")
        self._read: set[str] = set()

    def new(self) -> list[Line]:
        """Return the records since the last call, in order."""
        found: list[Line] = []
        for key in self._store.list(self._prefix):
            if key not in self._read and key.endswith(".jsonl"):
                self._read.add(key)
                found += self._chunk(key)
        found.sort(key=lambda line: line.record.time)
        return found

    def _chunk(self, key: str) -> Iterator[Line]:
        task, attempt, _ = key[self._start :].split("/")
        try:
            text = self._store.get(key).decode("utf-8", "replace")
        except KeyError:
            return  # the job was deleted meanwhile
        for line in text.splitlines():
            record = json.loads(line)
            yield Line(
                task,
                LogRecord(
                    task_id="",
                    attempt=int(attempt),
                    time=_time(record["time"]),
                    level=record["level"],
                    message=record["message"],
                    fields=record.get("fields") or {},
                ),
            )


def _time(given: float | str) -> float:
    return given if isinstance(given, int | float) else seconds(given) or 0.0


class PodLogs:
    """The logs of the pods in which tasks ran; a pod does not say which line is whose.

    Parameters
    ----------
    rest, namespace
        Where the pods are.
    pods
        Returns the pods by now: Task, attempt and pod of each.
    """

    def __init__(
        self, rest: RestClient, namespace: str, pods: Callable[[], list[tuple[str, int, str]]]
    ) -> None:
        self._rest = rest
        self._namespace = namespace
        self._pods = pods
        self._after: dict[str, str] = {}

    def new(self) -> list[Line]:
        """Return the lines since the last call, in order."""
        found: list[Line] = []
        for pod, (task, attempt) in {pod: (t, a) for t, a, pod in self._pods()}.items():
            for time, text in self._lines(pod):
                stamp = seconds(time[:26].rstrip("Z") + "Z") or 0.0
                found.append(Line(task, LogRecord("", attempt, stamp, "info", text, {})))
        found.sort(key=lambda line: line.record.time)
        return found

    def _lines(self, pod: str) -> Iterator[tuple[str, str]]:
        after = self._after.get(pod, "")
        # Where tasks are isolated there is another container, whose output this one shows.
        query: dict[str, str | int] = {"timestamps": "true", "container": "runner"}
        query |= {"sinceTime": after} if after else {}
        try:
            text = self._rest.text(PODS.path(self._namespace, pod, "log"), query)
        except ApiError:
            return  # it has not begun, or is gone
        for line in text.splitlines():
            time, _, rest = line.partition(" ")
            if time > after:
                self._after[pod] = time
                yield time, rest


Logs = StoredLogs | PodLogs


def following(logs: Logs, over: Callable[[], bool]) -> Iterator[Line]:
    """Yield records until it is over, and those that were there by then."""
    while True:
        # Whether it is over is asked first: what was logged before is then all there.
        ended = over()
        yield from logs.new()
        if ended:
            return
        sleep(LOOK_AGAIN)
