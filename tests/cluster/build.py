"""Making everything a native cluster needs, ahead of time."""

import shutil
import time
from collections.abc import Sequence

from tests.cluster import images, packages, parts
from tests.cluster.lock import locked
from tests.cluster.paths import cache_root
from tests.cluster.progress import say
from tests.cluster.shell import UnsupportedError

LOCK_SECONDS = 3600
"""How long a build waits for another one of the same cache."""


def build(extra: Sequence[str] = ()) -> None:
    """Install the packages, compile the programs and build the images; done parts are kept.

    Parameters
    ----------
    extra
        Programs to compile besides those the cluster itself needs.

    Raises
    ------
    UnsupportedError
        If there is something to compile and no Go.
    """
    with locked(cache_root(), LOCK_SECONDS):
        _build(extra)


def _build(extra: Sequence[str]) -> None:
    started = time.monotonic()
    packages.install()
    names = parts.missing([*parts.NATIVE, *extra])
    if names and shutil.which("go") is None:
        raise UnsupportedError(f"building {', '.join(names)} needs Go 1.26 or later on PATH")
    for name in names:
        parts.PROGRAMS[name].build()
    images.pause()
    images.coredns()
    images.probe()
    say(f"  build: all parts ready after {time.monotonic() - started:.1f} s")


def missing() -> list[str]:
    """What a native cluster cannot start without, and is not built yet."""
    found = [*packages.absent(), *parts.missing()]
    if found:
        return found
    return [] if images.ready() else ["images"]
