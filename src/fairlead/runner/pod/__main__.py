"""The first process of a runner's pod."""

from __future__ import annotations

import sys

from fairlead.errors import FairleadError
from fairlead.runner.pod.agent import Agent
from fairlead.runner.pod.settings import from_environment


def main() -> int:
    """Be an agent until the pod is not needed any more; return the exit code."""
    try:
        return Agent(from_environment()).run()
    except FairleadError as error:
        print(f"fairlead: {error}", file=sys.stderr, flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
