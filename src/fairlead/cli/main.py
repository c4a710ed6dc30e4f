"""The entry point of ``fairlead``: runs a command, turns its end into an exit code.

Nothing but the standard library is imported before a command is known, so that a
missing extra is a sentence rather than a traceback.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import Any

_EXTRA = ("typer", "rich", "click", "yaml", "shellingham")
"""What the extra ``cli`` installs, as modules."""


def __getattr__(name: str) -> Any:
    # ``app`` is what documentation tools walk; main() must work without it.
    if name == "app":
        from fairlead.cli.app import app

        return app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments
        The words after ``fairlead``; those of this process where None.

    Returns
    -------
    int
        The exit code: see :class:`fairlead.cli.exits.ExitCode`.
    """
    try:
        from fairlead.cli.call import call
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.partition(".")[0] not in _EXTRA:
            raise
        print(
            f"fairlead: the command line needs the package {missing.name!r}, which is not"
            " installed here; install it with: pip install 'fairlead[cli]'",
            file=sys.stderr,
        )
        return 2
    _write_what_the_terminal_lacks_as_escapes()
    try:
        code = call(sys.argv[1:] if arguments is None else list(arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough.  Python would complain once more
        # when it flushes the stream on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return code


def _write_what_the_terminal_lacks_as_escapes() -> None:
    """Never fail for a character: a terminal may know few, and a file name be no Unicode."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
