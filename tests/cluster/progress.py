"""What the commands show while they work: one line per part, with the time it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str) -> None:
    """Print one line at once, on standard error: standard output is for answers."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def part(title: str) -> Iterator[None]:
    """Announce a part, and print how long it took when it is over."""
    say(f"  {title} ...")
    started = time.monotonic()
    try:
        yield
    except BaseException:
        say(f"  {title}: failed after {time.monotonic() - started:.1f} s")
        raise
    say(f"  {title}: {time.monotonic() - started:.1f} s")
