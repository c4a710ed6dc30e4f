"""What the programs have in common that the chart runs once, as Jobs, beside the operator.

Each says what it does in a line, why it fails in one, and its exit code is all that helm asks.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from fairlead.backends.kubernetes.access import open_client
from fairlead.backends.kubernetes.rest import RestClient
from fairlead.errors import FairleadError


def run(work: Callable[[RestClient], None]) -> int:
    """Do something to the cluster around this process; return the exit code.

    What goes wrong and can be explained is one line on standard error.
    """
    try:
        rest = open_client()
        try:
            work(rest)
        finally:
            rest.close()
    except FairleadError as error:
        print(f"fairlead: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    return 0
