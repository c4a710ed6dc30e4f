"""Tables, JSON, YAML, and the words in them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
import yaml

from fairlead.cli.output import OutputFormat, dump, emit, emit_each
from fairlead.cli.records import job_record, task_record
from fairlead.cli.table import colourful, render_table
from fairlead.cli.words import clean_lines, duration, span, timestamp
from fairlead.core.states import TaskState
from fairlead.sdk.backend import Failure, JobView, Progress, TaskView


def test_columns_stand_under_each_other_also_with_wide_characters() -> None:
    assert render_table(("ID", "NAME", "N"), [("a", "漢字", "1"), ("bcd", "x", "22")]) == (
        "ID   NAME  N\na    漢字  1\nbcd  x     22"
    )


def test_a_cell_stays_on_its_line() -> None:
    assert render_table(("NAME",), [("two\nlines\x1b[2J",)]).splitlines()[1:] == [
        "two lines\N{REPLACEMENT CHARACTER}[2J"
    ]


def test_only_states_are_coloured_and_only_in_rows() -> None:
    text = render_table(("STATE", "NAME"), [("FAILED", "FAILED")], color=True)
    assert text == "STATE   NAME\n\x1b[31mFAILED\x1b[0m  FAILED"


def test_a_stream_that_is_no_terminal_has_no_colours() -> None:
    assert not colourful(io.StringIO())


@pytest.mark.parametrize("output", [OutputFormat.JSON, OutputFormat.YAML])
def test_records_survive_json_and_yaml(
    output: OutputFormat, job: Callable[..., JobView], task: Callable[..., TaskView], now: float
) -> None:
    read = json.loads if output is OutputFormat.JSON else yaml.safe_load
    failure = Failure("ERROR", "ValueError", "schlecht: ü", arguments=[1], traceback="a\nb\n")
    view = job(counts={TaskState.FAILED: 1, TaskState.QUEUED: 0}, failure=failure)
    record = read(dump(job_record(view, now), output))
    assert record["state"] == "RUNNING"
    assert record["tasks"] == {"FAILED": 1}
    assert record["failure"]["message"] == "schlecht: ü"
    assert record["duration"] == 60.0
    assert record["created"] == "2027-01-15T07:58:59.000Z"
    part = read(dump(task_record(task(progress=(Progress("x", 1, 2),)), now), output))
    assert part["progress"] == [{"label": "x", "done": 1, "total": 2}]
    assert part["ended"] is None


def test_the_text_for_people_is_made_only_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    made: list[str] = []

    def text() -> str:
        made.append("text")
        return "for people"

    emit({"a": 1}, OutputFormat.JSON, text)
    assert made == []
    emit({"a": 1}, OutputFormat.TABLE, text)
    assert capsys.readouterr().out == '{\n  "a": 1\n}\nfor people\n'


def test_a_stream_is_one_json_object_a_line_or_yaml_documents(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for number in (1, 2):
        emit_each({"n": number}, OutputFormat.JSON, lambda: "")
    assert [json.loads(line)["n"] for line in capsys.readouterr().out.splitlines()] == [1, 2]
    for number in (1, 2):
        emit_each({"n": number}, OutputFormat.YAML, lambda: "")
    assert list(yaml.safe_load_all(capsys.readouterr().out)) == [{"n": 1}, {"n": 2}]


def test_lengths_and_moments() -> None:
    assert duration(None) == "-"
    assert span(None, None, 5.0) is None
    assert span(2.0, None, 5.0) == 3.0
    assert span(2.0, 2.5, 5.0) == 0.5
    assert span(5.1, None, 5.0) == 0.0
    assert timestamp(None) is None
    assert timestamp(0.25) == "1970-01-01T00:00:00.250Z"


def test_lines_are_kept_and_escapes_are_shown() -> None:
    shown = "\N{REPLACEMENT CHARACTER}"
    assert clean_lines("a\tb\r\n\x1b[1mc\u202e") == f"a       b\n{shown}[1mc{shown}"
