"""``python3 -m fairlead_operator.removal [NAMESPACE ...]``: delete all Jobs, and see them go.

The chart runs this before it is uninstalled, where ``uninstall.deleteJobs`` asks for it: the
operator still lives then, and removes with each Job its tasks and pods.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from fairlead.api import labels
from fairlead.backends.kubernetes import kinds
from fairlead.backends.kubernetes.errors import MissingError
from fairlead.backends.kubernetes.rest import PAGE, Object, RestClient
from fairlead.errors import BackendUnavailableError
from fairlead_operator import chore

RUNNERS = f"{labels.COMPONENT}={labels.RUNNER_COMPONENT}"

MOST_NAMED = 5
"""How many objects are named that do not go."""

PAUSE = 0.5
"""Seconds between two looks at what is left."""


class Seen(NamedTuple):
    """An object that is still there.

    Attributes
    ----------
    going
        Whether it has been deleted, and somebody's finalizer holds it.
    """

    plural: str
    namespace: str
    name: str
    uid: str
    going: bool

    def __str__(self) -> str:
        return f"{self.plural} {self.namespace}/{self.name}"


def remove(rest: RestClient, namespaces: Sequence[str], patience: float) -> None:
    """Delete the Jobs of some namespaces, or of all, and return once nothing of them is left.

    Parameters
    ----------
    namespaces
        Where; everywhere if empty.
    patience
        Seconds until everything has to be gone.

    Raises
    ------
    BackendUnavailableError
        If something is still there after that time: then no operator works.
    """
    deadline = time.monotonic() + patience
    while left := _left(rest, namespaces or ("",)):
        if time.monotonic() > deadline:
            raise BackendUnavailableError(_told(left, patience))
        time.sleep(PAUSE)


def _left(rest: RestClient, namespaces: Sequence[str]) -> list[Seen]:
    """Delete the Jobs that are not going yet, and return some of what is there."""
    left: list[Seen] = []
    for namespace in namespaces:
        # All are read before any is deleted: that may take longer than a listing lives.
        jobs = list(_seen(rest, kinds.JOBS, namespace))
        for job in jobs:
            if not job.going:
                _delete(rest, job)
        tasks = _seen(rest, kinds.TASKS, namespace, limit=MOST_NAMED + 1)
        pods = _seen(rest, kinds.PODS, namespace, chosen=RUNNERS)
        for found in (jobs, tasks, pods):
            left += islice(found, MOST_NAMED + 1)
    return left


def _seen(
    rest: RestClient, kind: kinds.Kind, namespace: str, *, chosen: str = "", limit: int = PAGE
) -> Iterator[Seen]:
    """Yield Jobs, or what was made for one; pages are read as they are needed.

    Only metadata is read: values of a hundred thousand tasks would be too much, again and again.
    """
    pages = rest.pages(kind, namespace, labels=chosen, limit=limit, metadata_only=True)
    for page in pages:
        # None at all are null.
        for found in page["items"] or ():
            metadata = found["metadata"]
            if kind is not kinds.PODS or _of_a_job(metadata):
                going = "deletionTimestamp" in metadata
                place = metadata["namespace"], metadata["name"]
                yield Seen(kind.plural, *place, metadata["uid"], going)


def _of_a_job(metadata: Object) -> bool:
    return any(owner["kind"] == "Job" for owner in metadata.get("ownerReferences") or ())


def _delete(rest: RestClient, job: Seen) -> None:
    try:
        rest.delete(kinds.JOBS, job.namespace, job.name, uid=job.uid)
    except MissingError:
        return
    print(f"deleted job {job.namespace}/{job.name}", flush=True)


def _told(left: Sequence[Seen], patience: float) -> str:
    more = " and more" if len(left) > MOST_NAMED else ""
    return (
        f"not everything is gone after {patience:g} s: {', '.join(map(str, left[:MOST_NAMED]))}"
        f"{more}; see whether the operator runs, or uninstall without uninstall.deleteJobs"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Remove what the arguments say; return the exit code."""
    parser = argparse.ArgumentParser(prog="python3 -m fairlead_operator.removal")
    parser.add_argument("namespaces", nargs="*", help="where; everywhere if none is given")
    parser.add_argument("--seconds", type=float, default=300, help="how long it may take")
    given = parser.parse_args(arguments)
    return chore.run(lambda rest: remove(rest, given.namespaces, given.seconds))


if __name__ == "__main__":
    sys.exit(main())
