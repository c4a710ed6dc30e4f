"""Where things are: the cache that outlives clusters, and a running cluster's own folder."""

import os
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULES = HERE / "modules"
CONTAINERS = HERE / "containers"
PROJECT = HERE.parent.parent


def cache_root() -> Path:
    """The folder of all that `build` makes: ``$XDG_CACHE_HOME/fairlead/cluster``."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "fairlead" / "cluster"


def state_root() -> Path:
    """The folder that holds one folder for each running cluster.

    It must be on a file system that can carry an overlay (not on an overlay itself);
    ``FAIRLEAD_CLUSTER_STATE`` names another one.
    """
    given = os.environ.get("FAIRLEAD_CLUSTER_STATE")
    return Path(given) if given else cache_root() / "run"
