"""What a task prints is counted to it, whole and in order, and shown."""

from __future__ import annotations

import contextlib
import os

import pytest
from pool_bench import Bench, eventually

from fairlead.runner.output import OUTPUT_LIMIT

MIB = 2**20


def test_both_streams_are_captured_and_shown(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.run("say", [["stdout", "one\ntwo\nthr"], ["stderr", "careful\n"], ["stdout", "ee"]])

    assert bench.events.text(1) == "one\ntwo\nthree"
    assert bench.events.text(1, "stderr") == "careful\n"
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("one\ntwo\nthree", "careful\n")


def test_a_pool_may_keep_what_is_printed_to_its_owner(
    make_bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = make_bench(show=False)

    bench.run("say", [["stdout", "hush\n"]])

    assert bench.events.text(1) == "hush\n"
    assert capsys.readouterr().out == ""


def test_a_driver_that_nobody_listens_to_goes_on(
    make_bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    # What could not be written is tried once more when the stream is closed.
    with contextlib.suppress(BrokenPipeError), open(writing, "w") as closed_pipe:
        monkeypatch.setattr("sys.stdout", closed_pipe)
        bench = make_bench()
        bench.run("say", [["stdout", "anybody?\n"]])
        bench.run("say", [["stdout", "nobody\n"]])

    assert bench.events.text(2) == "nobody\n"


def test_a_line_is_passed_on_while_the_task_runs(bench: Bench) -> None:
    ticket = bench.submit("say_and_wait", "now")

    eventually(lambda: bench.events.text(ticket) == "now\n")
    bench.pool.stop(ticket)
    bench.events.wait(ticket)


def test_output_without_pythons_streams_is_captured_too(make_bench) -> None:
    bench = make_bench(show=False)

    bench.run("shout", "from a child")

    assert bench.events.text(1) == "bare\nfrom a child\n"
    assert bench.events.text(1, "stderr") == "unfinished"


def test_every_line_is_counted_to_the_task_that_printed_it(make_bench) -> None:
    bench = make_bench(show=False)

    tickets = [bench.submit("say", [["stdout", f"{n}\n"]]) for n in range(300)]
    bench.events.wait(*tickets)

    assert [bench.events.text(ticket) for ticket in tickets] == [f"{n}\n" for n in range(300)]


def test_a_megabyte_is_printed_whole(make_bench) -> None:
    bench = make_bench(show=False)

    bench.run("print_much", MIB)

    assert len(bench.events.text(1)) == MIB // 100 * 100
    assert set(bench.events.text(1).splitlines()) == {"x" * 99}


def test_a_megabyte_without_a_newline_is_printed_whole(make_bench) -> None:
    bench = make_bench(show=False)

    bench.run("say", [["stdout", "y" * MIB]])

    assert bench.events.text(1) == "y" * MIB


def test_output_without_end_is_cut_with_a_note(make_bench) -> None:
    bench = make_bench(show=False)

    bench.run("print_much", OUTPUT_LIMIT + MIB)

    text = bench.events.text(1)
    assert text.endswith("[output beyond 10 MiB is left out]\n")
    assert OUTPUT_LIMIT <= len(text) < OUTPUT_LIMIT + 100
    assert bench.value("echo", 1) == 1


def test_what_a_task_printed_before_it_crashed_is_kept(make_bench) -> None:
    bench = make_bench(show=False)

    bench.run("say_and_leave", "last words")

    assert bench.events.text(1) == "last words\n"
