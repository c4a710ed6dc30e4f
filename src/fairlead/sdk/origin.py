"""Where a definition was written, and whether another process could import it there.

A program runs as ``__main__`` where the user starts it, and under
:data:`PROGRAM_MODULE` where a worker imports it; both are the same place.
"""

from __future__ import annotations

import os
import sys
from typing import Any, NamedTuple

PROGRAM_MODULE = "__fairlead_program__"
"""The module name under which a worker imports a program that was run as ``__main__``.

Further programs in the same worker get a number after it.
"""

_INTERACTIVE = f"<interactive {os.urandom(8).hex()}>"
"""The source of what was typed at a prompt: this process, and no other."""


class Origin(NamedTuple):
    """Where a class or function was written.

    Attributes
    ----------
    file
        The real path of the file, or None for a prompt, a notebook or ``exec``.
    module
        The module's name, ``__main__`` for a program wherever it is imported.
    qualname
        The qualified name inside the module.
    line
        The line it starts on, 0 where unknown.
    """

    file: str | None
    module: str
    qualname: str
    line: int

    @property
    def is_local(self) -> bool:
        """Whether it was defined inside a function."""
        return "<locals>" in self.qualname

    @property
    def source(self) -> str:
        """What a default identifier is bound to: the file, or this very process."""
        return self.file or _INTERACTIVE

    @property
    def place(self) -> str:
        """The place in words, for errors."""
        where = f"{self.file}:{self.line}" if self.file else "the prompt or notebook"
        return f"{self.qualname} at {where}"

    @property
    def why_not_importable(self) -> str | None:
        """Why no other process can import it, or None if one can."""
        if self.is_local:
            return (
                f"{self.qualname.rpartition('.')[2]} is defined inside a function; move it to"
                f" the top of its file, so that a worker process can import it"
            )
        if self.file is None:
            return (
                f"{self.qualname} is defined at a prompt or in a notebook; put it into a file,"
                f" so that a worker process can import it"
            )
        if not self.file.endswith(".py"):
            return f"{self.file} is no Python file that a worker process could import"
        return None


def public_module(name: str) -> str:
    """Return a module's name as the author knows it: ``__main__`` for a program."""
    return "__main__" if name.startswith(PROGRAM_MODULE) else name


def origin_of(defined: Any, code: Any = None) -> Origin:
    """Return where a class or function was written; ``code`` tells the line."""
    name = defined.__module__
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None)
    return Origin(
        file=os.path.realpath(file) if file else None,
        module=public_module(name),
        qualname=defined.__qualname__,
        line=getattr(code, "co_firstlineno", 0),
    )
