"""Where an import stands that does not come to its end.

The process that imports the release (the zygote) shows its stack when it gets a certain
signal: Python itself writes it, whatever the module is waiting for.  The agent asks for it
only when it has waited long enough.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import re
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SHOW = signal.SIGRTMAX - 3
"""A signal that nobody else uses; programs have their own uses for the usual ones."""

_PREFIX = "importing-"
_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+) in (?P<name>.+)')
_ANSWERS_WITHIN = 2.0
_LOOK_EVERY = 0.02


@dataclass(frozen=True, slots=True)
class Halt:
    """What an import waits at.

    Attributes
    ----------
    place
        In a few words: the line of the release, and what it has called; empty if not known.
    stack
        The whole stack, the innermost call first; empty if not known.
    """

    place: str = ""
    stack: str = ""


@contextlib.contextmanager
def showing(folder: Path) -> Iterator[None]:
    """Let this process show where it is, on demand, while something is imported."""
    path = folder / f"{_PREFIX}{os.getpid()}"
    draft = path.with_suffix(".draft")
    signal.signal(_SHOW, signal.SIG_IGN)  # and so it is again afterwards: one may be under way
    with draft.open("w") as file:
        faulthandler.register(_SHOW, file, all_threads=False)
        draft.rename(path)  # whoever sees it may send the signal
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
            faulthandler.unregister(_SHOW)


def halt_of(folder: Path, package: Path) -> Halt:
    """Return where the import of a release stands; nothing where it does not say.

    Parameters
    ----------
    folder
        The one that was given to :func:`showing`.
    package
        Where the release was unpacked.
    """
    for path in folder.glob(f"{_PREFIX}*"):
        if path.suffix:
            continue
        with contextlib.suppress(OSError, ValueError):
            os.kill(int(path.name.removeprefix(_PREFIX)), _SHOW)
            stack = _answer(path)
            return Halt(_place(stack, package), stack)
    return Halt()


def _answer(path: Path) -> str:
    """Wait for what the process writes, until it writes no more."""
    end = time.monotonic() + _ANSWERS_WITHIN
    before = ""
    while time.monotonic() < end:
        time.sleep(_LOOK_EVERY)
        said = path.read_text(errors="replace")
        if said and said == before:
            return said
        before = said
    return before


def _place(stack: str, package: Path) -> str:
    frames = [match.group("file", "line", "name") for match in _FRAME.finditer(stack)]
    if not frames:
        return ""
    root = os.path.realpath(package)
    own = next((one for one in frames if one[0].startswith(root + os.sep)), None)
    if own is None:
        return _words(frames[0])
    theirs = (os.path.relpath(own[0], root), *own[1:])
    return _words(theirs) if own is frames[0] else f"{_words(theirs)}, in {_words(frames[0])}"


def _words(frame: tuple[str, ...]) -> str:
    file, line, name = frame
    return f"{file}:{line} ({name})"
