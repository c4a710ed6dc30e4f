"""``python3 -m fairlead_operator.definitions``: bring our kinds up to this version.

helm installs the definitions of a chart once and never again, so before an upgrade the chart
runs this.  Nothing is deleted, and what somebody else has added to them stays.
"""

from __future__ import annotations

import sys

from fairlead.backends.kubernetes.definitions import apply_definitions
from fairlead.backends.kubernetes.errors import ForbiddenError
from fairlead.backends.kubernetes.rest import RestClient
from fairlead.errors import BackendError
from fairlead_operator import chore


def bring(rest: RestClient) -> None:
    """Apply all definitions, and say what became of each.

    Raises
    ------
    BackendError
        If the account may not, a definition is refused, or its names are taken.
    """
    try:
        for one in apply_definitions(rest):
            print(f"{one.name} {one.change}", flush=True)
    except ForbiddenError as error:
        raise BackendError(
            f"this account may not bring the definitions up to date: {error}. Let it get, create"
            " and patch these customresourcedefinitions, or have an administrator run `fairlead"
            " crds apply` and install with crds.upgrade=false."
        ) from error


if __name__ == "__main__":
    sys.exit(chore.run(bring))
