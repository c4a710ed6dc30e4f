"""Debian's Prometheus, unpacked into the cache: nothing is installed, no service is started.

``python -m tests.cluster.prometheus_package`` fetches it; tests only use what is there.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from tests.cluster import versions
from tests.cluster.lock import locked
from tests.cluster.paths import cache_root
from tests.cluster.progress import part
from tests.cluster.shell import ClusterError, UnsupportedError, run

NAMES = ("prometheus", "promtool")
LOCK_SECONDS = 600


def folder() -> Path:
    """Where the unpacked programs are."""
    return cache_root() / f"prometheus-v{versions.PROMETHEUS}-{versions.DEBIAN_SUITE}"


def find(name: str) -> Path:
    """The path of one of the programs: the unpacked one, else one that is installed.

    Raises
    ------
    UnsupportedError
        If it is neither; the message says what to do.
    """
    own = folder() / name
    if own.exists():
        return own
    installed = shutil.which(name)
    if installed is None:
        raise UnsupportedError(f"{name} is not there: run `make prometheus` once")
    return Path(installed)


def fetch() -> None:
    """Download and unpack the package, unless that was done before.

    Raises
    ------
    UnsupportedError
        If this machine has no apt.
    ClusterError
        If apt does not have the package.
    """
    with locked(cache_root(), LOCK_SECONDS):
        if all((folder() / name).exists() for name in NAMES):
            return
        for tool in ("apt-get", "dpkg-deb"):
            if shutil.which(tool) is None:
                raise UnsupportedError(f"Prometheus comes as a Debian package, and no {tool} here")
        with part(f"fetch prometheus {versions.PROMETHEUS}"):
            _fetch()


def _fetch() -> None:
    cache_root().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_root(), prefix=".prometheus-") as temporary:
        work = Path(temporary)
        _download(work)
        [package] = work.glob("*.deb")
        run(["dpkg-deb", "--extract", package, work / "all"])
        chosen = work / "chosen"
        chosen.mkdir(mode=0o755)
        for name in NAMES:
            (work / "all" / "usr" / "bin" / name).rename(chosen / name)
        shutil.rmtree(folder(), ignore_errors=True)
        chosen.rename(folder())


def _download(work: Path) -> None:
    """Have apt put the package into a folder; a bare machine has no lists of packages yet."""
    wanted = ["apt-get", "download", "-qq", f"prometheus={versions.PROMETHEUS}.*"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        run(wanted, cwd=work, env=environment)
    except ClusterError:
        run(["apt-get", "update", "-qq"], env=environment)
        run(wanted, cwd=work, env=environment)


def main() -> int:
    """Fetch it; 1 if that failed, with the reason on standard error."""
    try:
        fetch()
    except ClusterError as problem:
        print(f"prometheus: {problem}", file=sys.stderr)
        return 1
    print(folder())
    return 0


if __name__ == "__main__":
    sys.exit(main())
