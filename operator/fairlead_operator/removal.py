"""``python3 -m fairlead_operator.removal [NAMESPACE ...]``: delete all Jobs, and see them go.

The chart runs this before it is uninstalled, where ``uninstall.deleteJobs`` asks for it: the
operator still lives then, and removes with each Job its tasks and pods.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence

from fairlead.api import labels
from fairlead.backends.kubernetes import kinds
from fairlead.backends.kubernetes.errors import MissingError
from fairlead.backends.kubernetes.rest import Object, RestClient
from fairlead.errors import BackendUnavailableError
from fairlead_operator import chore

RUNNERS = f"{labels.COMPONENT}={labels.RUNNER_COMPONENT}"


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
    while left := list(_left(rest, namespaces)):
        for kind, found in left:
            metadata = found["metadata"]
            if kind is kinds.JOBS and "deletionTimestamp" not in metadata:
                _delete(rest, metadata)
        if time.monotonic() > deadline:
            raise BackendUnavailableError(_told(left, patience))
        time.sleep(0.5)


def _left(rest: RestClient, namespaces: Sequence[str]) -> Iterator[tuple[kinds.Kind, Object]]:
    """Yield Jobs, and what was made for one."""
    for namespace in namespaces or ("",):
        for kind, chosen in ((kinds.JOBS, ""), (kinds.TASKS, ""), (kinds.PODS, RUNNERS)):
            for found in rest.list(kind, namespace, labels=chosen):
                if kind is not kinds.PODS or _of_a_job(found):
                    yield kind, found


def _of_a_job(pod: Object) -> bool:
    owners = pod["metadata"].get("ownerReferences") or ()
    return any(owner["kind"] == "Job" for owner in owners)


def _delete(rest: RestClient, metadata: Object) -> None:
    place = f"{metadata['namespace']}/{metadata['name']}"
    try:
        rest.delete(kinds.JOBS, metadata["namespace"], metadata["name"], uid=metadata["uid"])
    except MissingError:
        return
    print(f"deleted job {place}", flush=True)


def _told(left: Sequence[tuple[kinds.Kind, Object]], patience: float) -> str:
    names = [
        f"{kind.plural} {found['metadata']['namespace']}/{found['metadata']['name']}"
        for kind, found in left[:5]
    ]
    more = f" and {len(left) - 5} more" if len(left) > 5 else ""
    return (
        f"not everything is gone after {patience:g} s: {', '.join(names)}{more}; see whether the"
        " operator runs, or uninstall without uninstall.deleteJobs"
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
