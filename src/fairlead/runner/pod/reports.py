"""The writes of one attempt to its Task's status.

Every write names the attempt and is numbered: ``status.report`` is ``attempt.number``.  The
API server refuses one whose number is not the highest, and all of a pod that does not hold
the task.  After a refusal the Task itself tells which of them it was.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from fairlead.api.times import text
from fairlead.runner.pod.assignment import Assignment, is_held, reported
from fairlead.runner.pod.errors import NotHeldError, RefusedError
from fairlead.runner.pod.patience import insistently, patiently, persistently
from fairlead.runner.pod.rest import TaskApi


class Reports:
    """Numbers and sends what an attempt has to say.  May be used by several threads.

    Parameters
    ----------
    pod, pod_uid
        The name and unique id of this pod.
    lost
        Is set once the task turns out not to be held any more; ends all waiting.
    """

    def __init__(
        self, api: TaskApi, pod: str, pod_uid: str, assignment: Assignment, lost: threading.Event
    ) -> None:
        self.assignment = assignment
        self.pod = pod
        self.pod_uid = pod_uid
        self.lost = lost
        self._api = api
        self._number = 0
        self._closed = False
        self._says_delivery = False
        self._unsaid: dict[str, Any] = {}
        self._lock = threading.Lock()

    def begin(self, now: float) -> None:
        """Say that the task's code begins.

        Raises
        ------
        NotHeldError
            If the task is not this pod's any more.
        """
        started = {"startTime": text(now)}
        if self.assignment.is_begun:
            self._unsaid = started  # it goes with the first thing there is to say
            return
        nothing = dict.fromkeys(("reason", "progress", "progressDetails", "statusText"))
        self._write({"state": "Running", **started, **nothing})

    def say(self, fields: Mapping[str, Any]) -> None:
        """Write what others may like to see now, once; it does not matter if it is lost.

        Raises
        ------
        ApiAwayError
            If there was no answer.
        """
        with self._lock:
            if self._closed:
                return
            body = self._numbered({**self._unsaid, **fields})
        try:
            self._api.patch_status(self.assignment.name, body)
        except RefusedError:
            self.check()
        else:
            self._unsaid = {}

    def deliver(self, now: float) -> None:
        """Say that the task's code has ended, and that what it made is being recorded.

        Raises
        ------
        ApiAwayError
            If there was no answer.
        """
        self._says_delivery = True
        self.say({"deliveryTime": text(now)})

    @property
    def owes_its_start(self) -> bool:
        """Whether the time at which the task's code began has not been written yet."""
        return bool(self._unsaid)

    def finish(self, fields: Mapping[str, Any]) -> None:
        """Write how the attempt ended, until it has arrived.

        Raises
        ------
        NotHeldError
            If the task is not this pod's any more.
        RefusedError
            If what it ended with is nothing that a Task can hold.
        """
        over = {"deliveryTime": None} if self._says_delivery else {}
        self._write({**self._unsaid, **over, **fields}, is_last=True)

    def check(self) -> bool:
        """Return whether the task is held, and set ``lost`` if it is not."""
        try:
            task = patiently(lambda: self._api.get(self.assignment.name), self.lost)
        except RefusedError as refused:
            if refused.status == 404:
                self.lost.set()
            return refused.status != 404
        if not is_held(task, self.pod, self.assignment):
            self.lost.set()
        return not self.lost.is_set()

    # --- writes that must arrive ------------------------------------------------------

    def _numbered(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        self._number += 1
        attempt = self.assignment.attempt
        return {"attempt": attempt, "report": f"{attempt}.{self._number}", **fields}

    def _write(self, fields: Mapping[str, Any], is_last: bool = False) -> None:
        with self._lock:
            self._closed = self._closed or is_last
            body = self._numbered(fields)
        insistently(
            lambda: self._api.patch_status(self.assignment.name, body),
            lambda refused: self._has_arrived(body, refused),
            self.lost,
        )

    def _has_arrived(self, body: Mapping[str, Any], refused: RefusedError) -> bool:
        """Find out what a refusal means: an earlier try had arrived, or else trouble."""
        task = self._reread()
        status = (task or {}).get("status") or {}
        if task is not None and (
            reported(task, self.pod_uid, self.assignment)
            or (status.get("report") == body["report"] and "outcome" not in body)
        ):
            return True
        if task is None or not is_held(task, self.pod, self.assignment):
            self.lost.set()
            raise NotHeldError(f"{self.assignment.name} is not held any more") from refused
        if refused.is_about_the_content:
            raise refused
        return False

    def _reread(self) -> dict[str, Any] | None:
        """Return the Task; None where there is none any more."""
        return persistently(lambda: self._api.get(self.assignment.name), self.lost)
