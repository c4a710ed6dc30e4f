"""What tasks of a job say, shown on this terminal while somebody here waits for it."""

from __future__ import annotations

import sys
import threading

from fairlead.backends.kubernetes.logs import Logs
from fairlead.errors import FairleadError
from fairlead.sdk.backend import LogRecord
from fairlead.sdk.logs import format_line

LOOK_AGAIN = 1.0
"""Seconds between looks for something new; runners write about as often."""


class Shown:
    """One job's output, each line shown once, whoever waits.

    Parameters
    ----------
    logs
        Where it comes from.

    Attributes
    ----------
    ended
        Tasks and runs of the job that had ended when all was shown: nothing of them is left.
    """

    def __init__(self, logs: Logs) -> None:
        self._logs = logs
        self.ended: set[str] = set()
        self._guard = threading.Lock()
        self._users = 0
        self._wake = threading.Condition(self._guard)
        self._looking = threading.Lock()

    def __enter__(self) -> Shown:
        with self._guard:
            self._users += 1
            if self._users == 1:
                threading.Thread(target=self._run, name="fairlead-show", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._guard:
            self._users -= 1
            self._wake.notify_all()

    def catch_up(self) -> None:
        """Show all that is there by now."""
        with self._looking:
            for line in self._logs.new():
                show(line.record)
        sys.stdout.flush()

    def _run(self) -> None:
        while True:
            with self._guard:
                self._wake.wait_for(lambda: not self._users, LOOK_AGAIN)
                if not self._users:
                    return
            try:
                self.catch_up()
            except FairleadError:
                continue  # it is told where the logs themselves are asked for


def show(record: LogRecord) -> None:
    """Write a record where the task wrote it: prints as printed, log lines to stderr."""
    if record.level == "stdout":
        sys.stdout.write(record.message + "\n")
    elif record.level == "stderr":
        sys.stderr.write(record.message + "\n")
    elif record.level != "debug":
        sys.stderr.write(format_line(record.message, record.fields) + "\n")
