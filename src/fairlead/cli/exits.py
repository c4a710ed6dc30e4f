"""What the command line ends with: an exit code, and one line that explains it."""

from __future__ import annotations

from enum import IntEnum

from fairlead.errors import (
    BackendError,
    FairleadError,
    InvalidRequestError,
    NotFoundError,
    ProgramError,
    ReleaseError,
    TaskDefinitionError,
    TaskInputError,
)


class ExitCode(IntEnum):
    """What a shell sees in ``$?``."""

    OK = 0
    JOB_FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    UNREACHABLE = 4
    INTERNAL = 70
    INTERRUPTED = 130


# The first match counts, so a class stands before its bases.
_CODES: tuple[tuple[type[FairleadError], ExitCode], ...] = (
    (NotFoundError, ExitCode.NOT_FOUND),
    (BackendError, ExitCode.UNREACHABLE),
    (InvalidRequestError, ExitCode.USAGE),
    (TaskInputError, ExitCode.USAGE),
    (TaskDefinitionError, ExitCode.USAGE),
    (ProgramError, ExitCode.USAGE),
    (ReleaseError, ExitCode.USAGE),
    (FairleadError, ExitCode.JOB_FAILED),
)


def exit_code(error: BaseException) -> ExitCode:
    """Return the exit code that stands for an error.

    Parameters
    ----------
    error
        What a command ended with.

    Returns
    -------
    ExitCode
        :attr:`ExitCode.INTERNAL` for anything that Fairlead did not raise on purpose.
    """
    for kind, code in _CODES:
        if isinstance(error, kind):
            return code
    return ExitCode.INTERNAL


def explain(error: BaseException) -> str:
    """Return one line, without line breaks, that says what went wrong."""
    text = " ".join(str(error).split())
    if isinstance(error, FairleadError):
        return text or type(error).__name__
    name = type(error).__name__
    what = f"{name}: {text}" if text else name
    return f"internal error: {what} (run again with `fairlead --debug ...` to see where)"
