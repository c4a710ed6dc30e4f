"""``fairlead jobs``: what users see of their jobs and do to them."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[str]"]
Read = Callable[..., Any]


@pytest.fixture
def squares(python: Run, read: Read) -> dict[str, Any]:
    """Return the job of the program squares.py, run to its end."""
    assert python("squares.py").stdout == "336448\n"
    (job,) = read("jobs", "list")
    return dict(job)


@pytest.fixture
def nightly(python: Run, read: Read, folder: Path) -> dict[str, Any]:
    """Return the failed job of the program failing.py."""
    ended = python("failing.py", str(folder / "mended"))
    assert ended.returncode == 0, ended.stderr
    (job,) = read("jobs", "list")
    return dict(job)


def test_a_job_is_listed(fairlead: Run, squares: dict[str, Any]) -> None:
    heading, line = fairlead("jobs", "list").stdout.splitlines()
    assert heading.split()[:4] == ["ID", "NAME", "STATE", "PROGRESS"]
    assert line.split()[:4] == [squares["id"], "squares", "COMPLETED", "8/8"]
    assert squares["tasks"] == {"COMPLETED": 8}
    assert squares["program"].endswith("squares.py")


def test_the_list_is_filtered(read: Read, squares: dict[str, Any]) -> None:
    assert read("jobs", "list", "--name", "other") == []
    assert read("jobs", "list", "--state", "failed", "--state", "cancelled") == []
    assert len(read("jobs", "list", "--state", "completed", "--name", "squares")) == 1


def test_a_job_is_found_by_id_the_start_of_it_or_name(
    fairlead: Run, read: Read, squares: dict[str, Any]
) -> None:
    for given in (squares["id"], squares["id"][:12], "squares"):
        assert read("jobs", "show", given)["id"] == squares["id"]
    lost = fairlead("jobs", "show", "square")
    assert lost.returncode == 3
    assert lost.stderr == (
        "fairlead: no job has the id or name 'square'; `fairlead jobs list` shows those there are\n"
    )


def test_the_tree_as_text_picture_and_data(
    fairlead: Run, read: Read, folder: Path, squares: dict[str, Any]
) -> None:
    text = fairlead("jobs", "tree", "squares").stdout
    assert text.startswith("squares  COMPLETED  8/8")
    assert "Square x6" in text
    expanded = fairlead("jobs", "tree", "squares", "--expand").stdout
    assert all(f"Square({number})" in expanded for number in (12, 345, 453, 21, 45, 98))
    drawn = fairlead("jobs", "tree", "squares", "--svg", "tree.svg")
    assert (drawn.returncode, drawn.stdout) == (0, "")
    assert ElementTree.parse(folder / "tree.svg").getroot().tag.endswith("svg")
    tree = read("jobs", "tree", "squares")["tree"]
    (root,) = [task for task in tree if task["parent_id"] is None]
    assert root["identifier"] == "SumOfSquares"
    (total,) = [task for task in tree if task["identifier"] == "Sum"]
    assert len(total["depends_on"]) == 6


def test_a_picture_that_cannot_be_written_is_a_sentence(
    fairlead: Run, squares: dict[str, Any]
) -> None:
    ended = fairlead("jobs", "tree", "squares", "--svg", "no/such/folder/tree.svg")
    assert ended.returncode == 2
    assert ended.stderr.startswith("fairlead: no/such/folder/tree.svg cannot be written: ")


def test_a_failure_is_shown_with_what_to_do(
    fairlead: Run, read: Read, nightly: dict[str, Any]
) -> None:
    shown = fairlead("jobs", "show", "nightly")
    assert shown.returncode == 0
    (enrich,) = read("tasks", "list", "--state", "failed")
    headline, logs, retry = shown.stdout.splitlines()[:3]
    assert headline.startswith("nightly  FAILED after ")
    assert headline.endswith(
        ": Enrich raised ValueError: no tiles for 2026-11-20   (attempt 1 of 1)"
    )
    assert logs.split("   ")[0] == f"  → fairlead logs {enrich['id']}"
    assert retry.startswith("  → fairlead jobs retry nightly")
    assert retry.endswith("(2 of 3 tasks are kept)")


def test_a_retry_runs_here_only_what_did_not_succeed(
    fairlead: Run, read: Read, folder: Path, nightly: dict[str, Any]
) -> None:
    (folder / "mended").touch()
    ended = fairlead("jobs", "retry", "nightly")
    assert ended.returncode == 0, ended.stderr
    assert "nightly: 1 task of 3 to run again" in ended.stderr
    assert ended.stdout.startswith("about to look\nnightly  COMPLETED after ")
    tasks = read("tasks", "list", "--job", "nightly")
    assert sorted((task["identifier"], task["run"]) for task in tasks) == [
        ("Enrich", 2),
        ("Fetch", 1),
        ("Nightly", 1),
    ]


def test_a_retry_that_is_left_to_others_only_opens_the_run(
    fairlead: Run, read: Read, folder: Path, nightly: dict[str, Any]
) -> None:
    opened = fairlead("jobs", "retry", "nightly", "--no-run")
    assert opened.returncode == 0, opened.stderr
    assert "→ fairlead jobs run nightly" in opened.stdout
    again = fairlead("jobs", "run", "nightly", "-o", "json")
    assert again.returncode == 1
    assert json.loads(again.stdout)["state"] == "FAILED"
    assert "about to look" in again.stderr
    assert read("jobs", "show", "nightly")["run"] == 2


def test_watching_an_ended_job_ends_at_once_with_its_code(
    fairlead: Run, nightly: dict[str, Any]
) -> None:
    ended = fairlead("jobs", "watch", "nightly")
    assert ended.returncode == 1
    assert "nightly  FAILED after " in ended.stdout


def test_all_forms_of_output_say_the_same(
    fairlead: Run, read: Read, squares: dict[str, Any]
) -> None:
    assert yaml.safe_load(fairlead("jobs", "show", "squares", "-o", "yaml").stdout) == squares
    assert read("jobs", "show", "squares") == squares


def test_a_job_is_deleted_and_gone(fairlead: Run, read: Read, squares: dict[str, Any]) -> None:
    ended = fairlead("jobs", "delete", "squares")
    assert (ended.returncode, ended.stdout) == (0, f"squares: deleted  ({squares['id']})\n")
    assert read("jobs", "list") == []
    assert fairlead("jobs", "delete", "squares").returncode == 3


def test_nothing_is_changed_if_one_of_several_is_unknown(
    fairlead: Run, read: Read, squares: dict[str, Any]
) -> None:
    assert fairlead("jobs", "delete", "squares", "nonsense").returncode == 3
    assert len(read("jobs", "list")) == 1


def test_a_running_job_is_watched_cancelled_and_continued_by_nobody(
    fairlead: Run, start: Start, read: Read, folder: Path
) -> None:
    gate = folder / "gate"
    with start("run", "waiting.py", "--input", f'{{"gate": "{gate}"}}', "--name", "held") as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "waiting\n"
        assert read("jobs", "show", "held")["driven"] is True
        with start("jobs", "watch", "held") as watch:
            assert watch.stderr is not None
            assert watch.stderr.readline().startswith("held RUNNING 0/2, 1 running")
            gate.touch()
            assert watch.wait() == 0
            assert watch.stdout is not None
            assert watch.stdout.read().startswith("held  COMPLETED after ")
        assert run.wait() == 0
        assert run.stdout.read() == "through\n"


def test_leaving_a_watch_leaves_the_job(start: Start, read: Read, folder: Path) -> None:
    gate = folder / "gate"
    with start("run", "waiting.py", "--input", f'{{"gate": "{gate}"}}', "--name", "held") as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "waiting\n"
        with start("jobs", "watch", "held") as watch:
            assert watch.stderr is not None
            watch.stderr.readline()
            watch.send_signal(signal.SIGINT)
            assert watch.wait() == 130
            assert "left held running" in watch.stderr.read()
        assert read("jobs", "show", "held")["state"] == "RUNNING"
        gate.touch()
        assert run.wait() == 0


def test_a_job_that_others_run_is_helped_to_its_end(
    fairlead: Run, start: Start, read: Read, folder: Path
) -> None:
    gate = folder / "gate"
    with start("run", "waiting.py", "--input", f'{{"gate": "{gate}"}}', "--name", "held") as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "waiting\n"
        with start("jobs", "run", "held") as second:
            assert second.stderr is not None
            assert second.stderr.readline() == "another process runs held; this helps it\n"
            gate.touch()
            assert second.wait() == 0
        assert run.wait() == 0
    assert [task["attempt"] for task in read("tasks", "list")] == [1, 1]


@pytest.mark.parametrize("request_", ["cancel", "suspend", "resume"])
def test_an_ended_job_is_not_changed(
    fairlead: Run, read: Read, squares: dict[str, Any], request_: str
) -> None:
    ended = fairlead("jobs", request_, "squares")
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"fairlead: cannot {request_} the job 'squares'")
    assert read("jobs", "show", "squares") == squares


def test_an_interrupted_run_says_how_it_goes_on_and_goes_on(
    fairlead: Run, start: Start, folder: Path
) -> None:
    gate = folder / "gate"
    with start("run", "waiting.py", "--input", f'{{"gate": "{gate}"}}', "--name", "held") as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "waiting\n"
        run.send_signal(signal.SIGINT)
        assert run.wait() == 130
        assert run.stderr is not None
        assert run.stderr.read().count("`fairlead jobs run ") == 1
    gate.touch()
    ended = fairlead("jobs", "run", "held")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("waiting\nheld  COMPLETED after ")


def test_a_suspended_job_starts_nothing_until_it_is_resumed(
    fairlead: Run, python: Run, read: Read, folder: Path
) -> None:
    (folder / "submit.py").write_text(
        "from fairlead import Client\nfrom squares import Square\n\n"
        "if __name__ == '__main__':\n    Client().jobs().submit('later', Square(3))\n"
    )
    assert python("submit.py").returncode == 0
    assert fairlead("jobs", "suspend", "later").returncode == 0
    refused = fairlead("jobs", "run", "later")
    assert refused.returncode == 2
    assert "comes first" in refused.stderr
    assert fairlead("jobs", "resume", "later").returncode == 0
    assert fairlead("jobs", "run", "later").returncode == 0
    assert read("jobs", "show", "later")["state"] == "COMPLETED"


def test_a_cancelled_job_ends_cancelled(
    fairlead: Run, start: Start, read: Read, folder: Path
) -> None:
    gate = folder / "gate"
    with start("run", "waiting.py", "--input", f'{{"gate": "{gate}"}}', "--name", "held") as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "waiting\n"
        assert fairlead("jobs", "cancel", "held").returncode == 0
        gate.touch()
        assert run.wait() == 1
    assert read("jobs", "show", "held")["state"] == "CANCELLED"


def test_a_reader_that_has_seen_enough_is_no_error(squares: dict[str, Any], start: Start) -> None:
    with start("jobs", "tree", "squares", "-o", "json") as tree:
        assert tree.stdout is not None
        assert tree.stderr is not None
        tree.stdout.close()
        tree.wait()
        assert tree.stderr.read() == ""


def test_a_store_that_cannot_be_opened_is_code_4(
    fairlead: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FAIRLEAD_HOME", str(tmp_path / "file" / "home"))
    ended = fairlead("jobs", "list")
    assert ended.returncode == 4
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stderr.startswith("fairlead: ")
