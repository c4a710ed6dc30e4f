"""The first process of a runner's pod."""

from __future__ import annotations

import sys

from fairlead.errors import FairleadError
from fairlead.runner.early import EarlyZygote
from fairlead.runner.pod import WORKER
from fairlead.runner.pod.settings import from_environment


def main() -> int:
    """Be an agent until the pod is not needed any more; return the exit code."""
    try:
        settings = from_environment()
        zygote = EarlyZygote(WORKER)
        # Only now, so that both import what else they need at the same time.
        from fairlead.runner.pod.agent import Agent

        return Agent(settings, zygote).run()
    except FairleadError as error:
        print(f"fairlead: {error}", file=sys.stderr, flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
