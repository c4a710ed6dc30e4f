"""The first process of a runner's pod."""

from __future__ import annotations

import sys

from fairlead.errors import FairleadError
from fairlead.runner.early import EarlyZygote
from fairlead.runner.pod import WORKER
from fairlead.runner.pod.settings import PodSettings, from_environment


def main() -> int:
    """Be an agent until the pod is not needed any more; return the exit code."""
    try:
        settings = from_environment()
        return _alone(settings) if settings.link is None else _beside(settings, settings.link)
    except FairleadError as error:
        print(f"fairlead: {error}", file=sys.stderr, flush=True)
        return 1


def _alone(settings: PodSettings) -> int:
    """Be the agent of a pod in whose only container tasks run."""
    zygote = EarlyZygote(WORKER)
    # Only now, so that both import what else they need at the same time.
    from fairlead.runner.pod.agent import Agent
    from fairlead.runner.pod.context import Inbox
    from fairlead.runner.pod.ground import OwnGround

    return Agent(settings, OwnGround(settings, zygote), Inbox()).run()


def _beside(settings: PodSettings, link: str) -> int:
    """Be the agent of a pod that has another container for tasks."""
    from fairlead.runner.descendants import set_dumpable
    from fairlead.runner.pod.agent import Agent
    from fairlead.runner.pod.context import Inbox
    from fairlead.runner.pod.sidecar.ground import FarGround

    set_dumpable(False)
    inbox = Inbox()
    ground = FarGround(settings, link, lambda: inbox.put(None, "look"))
    return Agent(settings, ground, inbox).run()


if __name__ == "__main__":
    sys.exit(main())
