"""Running other programs, with errors that show what they said."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


class ClusterError(Exception):
    """Something about a test cluster failed; the message says what, and what to do."""


class UnsupportedError(ClusterError):
    """This machine or this provider cannot do what was asked; the message says why."""


class HopelessError(ClusterError):
    """What is being waited for can no longer happen."""


def run(
    argv: Sequence[object],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    feed: str | None = None,
    timeout: float | None = None,
) -> str:
    """Run a program to its end and return what it printed.

    Raises
    ------
    ClusterError
        If it fails or takes too long; the message carries the end of its output.
    """
    command = [str(word) for word in argv]
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=env,
            input=feed,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ClusterError(f"{' '.join(command)} does not end in {timeout} s") from None
    if done.returncode != 0:
        said = (done.stderr + done.stdout)[-4000:].strip()
        raise ClusterError(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
    return done.stdout


def succeeds(argv: Sequence[object], *, timeout: float = 20) -> bool:
    """Say whether a program exists, ends in time, and ends well."""
    try:
        run(argv, timeout=timeout)
    except (ClusterError, OSError):
        return False
    return True
