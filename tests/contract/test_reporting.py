"""What tasks tell while they run, and what is kept of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead import Client, InvalidRequestError, NotFoundError

from .conftest import Gate, drive, until
from .programs.steps import Root
from .programs.telling import LeavesFiles, Logs, OverDone, Prints, Progresses, Spans


def test_progress_and_display_are_seen_while_it_runs(client: Client, gate: Gate) -> None:
    job = client.jobs().submit("progress", Progresses(str(gate)))
    drive(job)
    gate.reached()
    until(lambda: job.tasks()[0].progress)

    [task] = job.tasks()
    assert task.display == "Progresses(half)"
    assert [(one.label, one.done, one.total) for one in task.progress] == [
        ("tiles", 5, 10),
        ("", 0, 2),
    ]
    gate.open()
    job.wait(timeout=60)
    [task] = job.tasks()
    assert task.display == "Progresses(all)"
    assert [(one.label, one.done, one.total) for one in task.progress] == [
        ("tiles", 10, 10),
        ("", 2, 2),
    ]


def test_more_than_all_cannot_be_done(client: Client) -> None:
    job = client.jobs().submit("over", OverDone()).wait(timeout=60)

    with pytest.raises(InvalidRequestError, match="11 of 10"):
        _ = job.result


def test_log_lines_are_shown_on_stderr_and_kept(
    client: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    job = client.jobs().submit("logs", Logs()).wait(timeout=60)

    shown = capfd.readouterr()
    assert 'News headline published_at=2024-02-15 title="NASA selects"\n' in shown.err
    assert "careful\n" in shown.err
    assert "not shown" not in shown.err
    assert "News" not in shown.out
    records = list(client.jobs().logs(job))
    assert [(one.level, one.message) for one in records] == [
        ("info", "News headline"),
        ("warning", "careful"),
        ("debug", "not shown"),
        ("info", "any key"),
    ]
    assert records[0].fields == {"published_at": "2024-02-15", "title": "NASA selects"}
    assert records[3].fields == {"message": 1, "event": "e", "level": "mine"}


def test_prints_go_where_they_always_went_and_are_kept(
    client: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    job = client.jobs().submit("prints", Prints()).wait(timeout=60)

    shown = capfd.readouterr()
    assert "one\ntwo, and three\n" in shown.out
    assert "to stderr\n" in shown.err
    kept = dict.fromkeys(("stdout", "stderr"), "")
    for record in client.jobs().logs(job):
        kept[record.level] += record.message + "\n"
    assert kept == {"stdout": "one\ntwo, and three\n", "stderr": "to stderr\n"}


def test_logs_are_kept_of_every_attempt(client: Client) -> None:
    job = client.jobs().submit("again", Logs(fails=1), max_retries=1, backoff=0.01)
    job.wait(timeout=60)

    assert [one.attempt for one in client.jobs().logs(job)] == [1] * 4 + [2] * 4


def test_following_ends_with_the_job(client: Client) -> None:
    job = client.jobs().submit("follow", Logs())
    drive(job)

    assert len(list(client.jobs().logs(job, follow=True))) == 4


def test_a_span_says_how_long_it_took_and_its_attributes(client: Client) -> None:
    job = client.jobs().submit("span", Spans()).wait(timeout=60)

    assert job.state.value == "COMPLETED"
    told = " ".join(f"{one.message} {one.fields}" for one in client.jobs().logs(job))
    assert "fetch-news" in told
    assert "articles" in told


def test_files_that_a_task_leaves(client: Client, tmp_path: Path) -> None:
    run = client.run(LeavesFiles())
    run.wait(timeout=60)

    assert run.list_files() == ["deep/er/two.bin", "one.txt"]
    target = tmp_path / "target"
    written = run.download(str(target))
    assert sorted(written) == [str(target / "deep/er/two.bin"), str(target / "one.txt")]
    assert (target / "one.txt").read_text() == "one"
    assert (target / "deep/er/two.bin").read_bytes() == bytes(range(256))


def test_no_files(client: Client, tmp_path: Path) -> None:
    run = client.run(Root())
    run.wait(timeout=60)

    assert run.list_files() == []
    with pytest.raises(NotFoundError, match="no files"):
        run.download(str(tmp_path / "nothing"))


def test_metadata(client: Client) -> None:
    run = client.run(Root())
    assert run.get_metadata() == {}
    run.set_metadata({"study": "first", "operator": "ü"})
    run.wait(timeout=60)
    assert run.get_metadata() == {"study": "first", "operator": "ü"}
    run.set_metadata({"study": "second"})

    assert run.get_metadata() == {"study": "second"}


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ({"n": 1}, TypeError),
        ({1: "n"}, TypeError),
        ([("a", "b")], TypeError),
        ({"": "x"}, ValueError),
        ({"x": ""}, ValueError),
    ],
)
def test_metadata_that_is_no_text(client: Client, bad: object, error: type[Exception]) -> None:
    run = client.run(Root())
    run.set_metadata({"kept": "yes"})
    with pytest.raises(error, match="metadata"):
        run.set_metadata(bad)  # type: ignore[arg-type]

    assert run.get_metadata() == {"kept": "yes"}
