"""Programs that are imported here to be packed."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.releases import Packed


def pack(programs: Sequence[str], *, data: bool) -> Packed:
    """Import some programs, for their tasks, and pack them as one.

    What they print meanwhile goes to standard error.

    Parameters
    ----------
    programs
        Files, folders of packages, or dotted names of modules.
    data
        Whether files beside the modules of packages come along.

    Raises
    ------
    ProgramError
        If one cannot be imported.
    ReleaseError
        If one cannot be found or packed.
    """
    from fairlead.releases import package
    from fairlead.releases.program import own_modules
    from fairlead.runner.program import import_program

    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())  # as `python -m` has it
    own = own_modules(programs)  # what cannot be packed need not be imported
    with contextlib.redirect_stdout(sys.stderr):
        for start in own.starts:
            import_program(start.file or start.name)
    return package(programs, data=data, strict=True)
