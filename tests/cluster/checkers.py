"""Programs that judge what others have written: kube-score, checkov and bandit.

``python -m tests.cluster.checkers`` gets them; tests only use what is there. The last two are
Python's, and bring a hundred packages of which Fairlead needs none: they live in an environment
of their own in the cache, named by their lock file.
"""

import shutil
import sys
from pathlib import Path

from tests.cluster import parts
from tests.cluster.lock import locked
from tests.cluster.paths import PROJECT, cache_root
from tests.cluster.progress import part
from tests.cluster.shell import ClusterError, UnsupportedError, run

LOCK = PROJECT / "requirements" / "checkers.lock"
LOCK_SECONDS = 900


def environment() -> Path:
    """Where the programs of Python are."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return cache_root() / f"checkers-{parts.digest([LOCK], version)}"


def find(name: str) -> Path:
    """The path of one of the programs.

    Raises
    ------
    UnsupportedError
        If it is not there; the message says what to do.
    """
    own = parts.program(name) if name in parts.PROGRAMS else environment() / "bin" / name
    if not own.exists():
        raise UnsupportedError(f"{name} is not there: run `make checkers` once")
    return own


def fetch() -> None:
    """Compile and install what is not there yet, at the versions that are pinned.

    Raises
    ------
    ClusterError
        If it cannot be had, such as without a network.
    """
    with locked("checkers", LOCK_SECONDS):
        parts.PROGRAMS["kube-score"].build()
        if not environment().exists():
            with part("install checkov and bandit"):
                _install()


def _install() -> None:
    partial = environment().with_name(f".{environment().name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    for old in cache_root().glob("checkers-*"):
        shutil.rmtree(old)
    run([sys.executable, "-m", "venv", partial])
    pip = [partial / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install"]
    pinned = ["--require-hashes", "--requirement", LOCK]
    run(["nice", *pip, "--quiet", "--no-input", *pinned], timeout=LOCK_SECONDS)
    for name in ("checkov", "bandit"):
        # An environment remembers where it was made; its programs are told where it is now.
        program = partial / "bin" / name
        text = program.read_text()
        program.write_text(text.replace(str(partial), str(environment())))
    partial.rename(environment())


if __name__ == "__main__":
    try:
        fetch()
    except ClusterError as problem:
        sys.exit(f"checkers: {problem}")
