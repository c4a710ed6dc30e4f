"""What agent and keeper say to each other, over one packet socket.

Every message has a number: that of the agent's question, and the same for its answer; what
the keeper says of its own accord has 0.  Bodies are JSON; open files travel beside them.
"""

from __future__ import annotations

import sys

from fairlead import __version__

# agent to keeper
UNPACK, ZYGOTE, END, WATCH, PEAK, FILES, NEXT, CLEAN, HALT = range(1, 10)
# keeper to agent, in answer
DONE, REFUSED, FILE = range(11, 14)
# keeper to agent, of its own accord
ENDED, FULL = range(21, 23)

MOST_STACK = 40_000
"""Characters of a stack that are told: a message has 60,000 bytes."""

CONNECT_SECONDS = 120.0
"""How long the keeper looks for the agent's socket, which may start later."""


def own_versions() -> list[str]:
    """Return the versions of Fairlead and Python here, which must be the same on both sides."""
    return [__version__, f"{sys.version_info.major}.{sys.version_info.minor}"]
