"""``python -m fairlead_operator``: the operator as a process."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator

from uvloop import new_event_loop

from fairlead.errors import FairleadError, InvalidRequestError
from fairlead_operator import logs, settings
from fairlead_operator.app import run
from fairlead_operator.dispatcher import Dispatcher

log = logs.Log("app")


def main(arguments: list[str]) -> int:
    """Run the operator; return the process's exit code."""
    if {"-h", "--help"} & set(arguments):
        print(settings.usage())
        return 0
    try:
        given = settings.load(arguments)
        logs.configure(given.log_format, given.log_level)
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(run(given, Dispatcher))
    except InvalidRequestError as error:
        print(error, file=sys.stderr)
        return 2
    except BaseExceptionGroup as group:
        for leaf in _leaves(group):
            _tell(leaf)
        return 1
    return 0


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _tell(error: BaseException) -> None:
    """Say why the operator ends: in a line what can be explained, with its stack a mistake."""
    if isinstance(error, FairleadError):
        log.error("the operator ends", because=error)
        return
    try:
        raise error
    except BaseException:
        log.exception("the operator ends by a mistake of its own")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
