"""Throw-away environments, one for each peer, under the user's cache folder.

An environment is named by its pinned version, so a new pin makes a new folder and an
old one is never changed.  A peer that cannot be installed is reported with what was
tried and what was answered; the others are measured all the same.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

UV = "uv==0.13.8"

PINS: dict[str, Sequence[str]] = {
    "dask": ("distributed==2026.8.0",),
    "ray": ("ray==2.60.0",),
    # Newer ones (3.9.0, 3.9.1) were refused: they ask for a certifi that was not to be had.
    # Of what 3.8.8 admits, newer versions of FastAPI no longer know an argument it uses.
    "prefect": ("prefect==3.8.8", "fastapi==0.139.0"),
    "luigi": ("luigi==3.8.1",),
    "parsl": ("parsl==2026.10.26",),
    "dagster": ("dagster==1.13.28",),
}
"""What is installed for each peer; the first requirement names the environment."""

COMPLETE = ".complete"
"""Written when an installation has ended well; a folder without it is made anew."""


@dataclass(frozen=True)
class Environment:
    """Where a peer's interpreter is, or why there is none."""

    python: Path | None
    refusal: str = ""


def cache_folder() -> Path:
    """Return where environments live: ``fairlead/bench`` in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "fairlead" / "bench"


def environment(peer: str) -> Environment:
    """Return the peer's environment, installing it where it is missing."""
    if peer not in PINS:  # the standard library's, and Fairlead itself
        return Environment(Path(sys.executable))
    pins = PINS[peer]
    folder = cache_folder() / pins[0].replace("==", "-")
    python = folder / "bin" / "python"
    wanted = "\n".join(pins)
    marker = folder / COMPLETE
    if marker.is_file() and marker.read_text() == wanted:
        return Environment(python)
    refusal = _install(folder, pins)
    if refusal:
        return Environment(None, refusal)
    marker.write_text(wanted)
    return Environment(python)


def _install(folder: Path, pins: Sequence[str]) -> str:
    """Make the environment; return why it could not be made, or nothing."""
    print(f"installing {' '.join(pins)} into {folder}", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    venv.create(folder, with_pip=False)
    command = [*_installer(folder / "bin" / "python"), *pins]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    said = " ".join(done.stderr.split())[:400]
    return f"`{' '.join(['install', *pins])}` refused: {said}"


def _installer(python: Path) -> list[str]:
    """Return the command that installs into an environment: uv's, else pip's own."""
    uv = _uv()
    if uv:
        return [str(uv), "pip", "install", "--quiet", "--python", str(python)]
    subprocess.run([str(python), "-m", "ensurepip"], capture_output=True, check=False)
    return [str(python), "-m", "pip", "install", "--quiet"]


def _uv() -> Path | None:
    """Return uv, installed once into an environment of its own."""
    folder = cache_folder() / UV.replace("==", "-")
    uv = folder / "bin" / "uv"
    if not uv.exists():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", UV]
        subprocess.run(pip, capture_output=True, check=False)
    return uv if uv.exists() else None
