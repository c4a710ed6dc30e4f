"""Text that UTF-8 cannot hold, from a task or a user, stops nothing but itself."""

from __future__ import annotations

import io
import sys

import pytest

from fairlead import Client, InvalidRequestError, NotFoundError, TaskError, TaskRun

from .programs.odd_text import ODD, SayOdd


def test_an_error_that_names_an_odd_file_fails_its_task(client: Client) -> None:
    job = client.jobs().submit("odd", SayOdd("raise")).wait()
    with pytest.raises(TaskError, match=r"^ValueError: cannot read caf\\udce9\.txt$"):
        _ = job.result


@pytest.mark.parametrize("how", ["display", "status", "progress", "log", "print"])
def test_what_a_task_says_is_kept_with_escapes(
    client: Client, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())  # the real one may not take such text
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    job = client.jobs().submit("odd", SayOdd(how)).wait(timeout=60)
    assert job.result == "said"
    (task,) = job.tasks()
    messages = [record.message for record in client.jobs().logs(job)]
    said = {
        "display": [task.display],
        "status": [task.status_text],
        "progress": [one.label for one in task.progress],
        "log": messages,
        "print": messages,
    }
    assert said[how] == ["caf\\udce9.txt"]


def test_it_is_no_key_of_a_cache(client: Client) -> None:
    job = client.jobs().submit("odd", SayOdd("cache")).wait()
    with pytest.raises(InvalidRequestError, match="is not a cache key"):
        _ = job.result


def test_it_is_neither_metadata_nor_the_name_of_anything(client: Client) -> None:
    job = client.jobs().submit("odd", SayOdd("nothing")).wait()
    run = TaskRun(job.tasks()[0].id, client)
    with pytest.raises(InvalidRequestError, match=r"metadata value .* is no Unicode text"):
        run.set_metadata({"file": ODD})
    with pytest.raises(NotFoundError):
        client.jobs().find(ODD)
    with pytest.raises(NotFoundError):
        _ = TaskRun(ODD, client).status
    assert client.jobs().query(name=ODD) == []
