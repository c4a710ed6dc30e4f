"""Waiting for descriptors."""

from __future__ import annotations

import os

from fairlead.runner.watch import Watch


def test_an_event_of_a_closed_descriptor_is_not_taken_for_one_of_its_successor() -> None:
    """A descriptor's number is given to the next one that is opened."""
    watch = Watch()
    calls: list[str] = []
    ends = [hung_up(), hung_up()]

    def replace_the_other(mine: int) -> None:
        calls.append("old")
        [other] = [end for end in ends if end != mine]
        fresh = hung_up()
        watch.remove(other)
        os.dup2(fresh, other)
        os.close(fresh)
        watch.add(other, lambda gone: calls.append("new"))

    def attend(end: int) -> None:
        watch.add(end, lambda gone: replace_the_other(end))

    for end in ends:
        attend(end)
    watch.wait(0)

    assert calls == ["old"]
    watch.close()
    for end in ends:
        os.close(end)


def hung_up() -> int:
    """Return the reading end of a pipe whose writing end is closed."""
    reading, writing = os.pipe()
    os.close(writing)
    return reading
