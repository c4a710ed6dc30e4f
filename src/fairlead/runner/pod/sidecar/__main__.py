"""The first process of the container with the task's code."""

from __future__ import annotations

import contextlib
import importlib
import signal
import sys

from fairlead.errors import FairleadError
from fairlead.runner.descendants import set_dumpable
from fairlead.runner.pod import WORKER
from fairlead.runner.pod.settings import from_environment
from fairlead.runner.pod.sidecar.keeper import Keeper, connected


def main() -> int:
    """Keep the task's code for an agent until that ends; return the exit code."""
    # Whether a task is to stop, the agent says, which is told at the same time.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    set_dumpable(False)
    try:
        settings = from_environment()
    except FairleadError as error:
        print(f"fairlead: {error}", file=sys.stderr, flush=True)
        return 1
    # Zygotes have it from here, and it is imported while the agent starts.
    with contextlib.suppress(Exception):
        importlib.import_module(WORKER)
    sock = connected(settings.link) if settings.link else None
    if sock is None:
        print("fairlead: the container with the agent did not come up", file=sys.stderr, flush=True)
        return 1
    Keeper(settings, sock).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
