"""What tasks print on threads: whole lines on the stream, kept with whoever printed them."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from fairlead.backends.local.console import LONGEST_HELD, Tee


class Threads:
    """Stands for the threads of a process: says which task the calling one runs."""

    def __init__(self) -> None:
        self.task: str | None = None
        self.kept: list[tuple[str | None, str]] = []

    def keep(self, level: str, text: str) -> str | None:
        self.kept.append((self.task, text))
        return self.task


@pytest.fixture
def threads() -> Threads:
    return Threads()


@pytest.fixture
def shown() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def tee(threads: Threads, shown: io.StringIO) -> Tee:
    return Tee(shown, "stdout", threads.keep)


def test_lines_of_tasks_that_print_at_once_stay_whole(
    tee: Tee, threads: Threads, shown: io.StringIO
) -> None:
    # print("leaf", 1) writes each of its parts and the newline by itself.
    for part in ("leaf", " ", "{}", "\n"):
        for threads.task in ("1", "2"):
            tee.write(part.format(threads.task))

    assert shown.getvalue() == "leaf 1\nleaf 2\n"
    assert "".join(text for task, text in threads.kept if task == "2") == "leaf 2\n"


def test_a_flush_shows_the_unfinished_line_of_its_own_task_only(
    tee: Tee, threads: Threads, shown: io.StringIO
) -> None:
    threads.task = "other"
    tee.write("not yet")
    threads.task = "mine"
    tee.write("10 %")
    tee.flush()

    assert shown.getvalue() == "10 %"


def test_the_end_of_a_task_ends_its_line(tee: Tee, threads: Threads, shown: io.StringIO) -> None:
    threads.task = "1"
    tee.write("no newline")
    assert shown.getvalue() == ""

    tee.finish("1")
    tee.finish("1")

    assert shown.getvalue() == "no newline"


def test_a_line_that_never_ends_is_not_held_for_ever(
    tee: Tee, threads: Threads, shown: io.StringIO
) -> None:
    threads.task = "1"
    for _ in range(3):
        tee.write("x" * LONGEST_HELD)

    assert len(shown.getvalue()) >= 2 * LONGEST_HELD


def test_what_no_task_prints_passes_at_once(tee: Tee, shown: io.StringIO) -> None:
    assert tee.write("Fetching") == 8

    assert shown.getvalue() == "Fetching"


def test_the_end_of_a_task_does_not_fail_where_nothing_can_be_written(
    tee: Tee, threads: Threads, shown: io.StringIO
) -> None:
    threads.task = "1"
    tee.write("no newline")
    shown.close()

    tee.finish("1")


STREAMS_GIVEN_BACK = """
import gc, sys, threading
from fairlead.backends.local.console import stand_down, stand_in

class Slow:
    written = []

    def __init__(self):
        self.reached, self.go_on = threading.Event(), threading.Event()

    def write(self, text):
        self.written.append(text)
        self.reached.set()
        assert self.go_on.wait(60)

    def flush(self): ...

sys.stdout = slow = Slow()
for _ in range(20):
    slow.reached.clear(), slow.go_on.clear()
    stand_in("engine", lambda level, text: None)
    printing = threading.Thread(target=print, args=("said",), kwargs={"flush": True})
    printing.start()
    assert slow.reached.wait(60)
    stand_down("engine")
    gc.collect()
    rubbish = [bytearray(n) for n in range(1000)]
    slow.go_on.set()
    printing.join()
assert slow.written == ["said", "\\n"] * 20, slow.written
"""


def test_streams_may_be_given_back_while_something_prints() -> None:
    """``print`` does not keep the stream alive that it writes to."""
    done = subprocess.run(
        [sys.executable, "-c", STREAMS_GIVEN_BACK], capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (0, "")
