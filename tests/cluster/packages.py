"""The Debian packages a native cluster needs."""

import os
import shutil

from tests.cluster import versions
from tests.cluster.progress import part
from tests.cluster.shell import UnsupportedError, run, succeeds

INSTALL = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "--no-remove")
"""How packages are installed. Never at the cost of others: Debian's containerd and runc
conflict with those of Docker's own packages, which apt would remove together with Docker."""


def absent() -> list[str]:
    """The packages that are not installed; empty where dpkg itself is unknown."""
    if shutil.which("dpkg-query") is None:
        return []
    query = ("dpkg-query", "--show", "--showformat", "${db:Status-Status}")
    return [
        name
        for name in versions.DEBIAN_PACKAGES
        if not succeeds([*query, name]) or run([*query, name]) != "installed"
    ]


def install() -> None:
    """Install what is absent.

    Raises
    ------
    UnsupportedError
        If something is absent and this machine has no apt.
    """
    names = absent()
    if not names:
        return
    if shutil.which("apt-get") is None:
        raise UnsupportedError(f"these packages are needed and there is no apt: {', '.join(names)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with part(f"install {', '.join(names)}"):
        run(["apt-get", "update", "-qq"], env=environment)
        # Where systemd then starts the packages' own containerd, it is in nobody's way.
        run([*INSTALL, *names], env=environment)
