"""Log records from the object store and from pods, and how they are shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.kubernetes.server import Server

from fairlead.backends.kubernetes.logs import PodLogs, StoredLogs, following
from fairlead.backends.kubernetes.rest import RestClient
from fairlead.backends.kubernetes.showing import Shown, show
from fairlead.sdk.backend import LogRecord
from fairlead.sdk.objectstore import ObjectStore, open_store


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(f"file://{tmp_path}")


def put(store: ObjectStore, task: str, attempt: int, number: int, *lines: Any) -> None:
    """Write a chunk; a line is its time, level and message."""
    texts = [
        json.dumps({"time": time, "level": level, "message": message, "fields": {"n": time}})
        for time, level, message in lines
    ]
    key = f"jobs/u/logs/{task}/{attempt}/{number:06}.jsonl"
    store.put(key, "".join(f"{text}\n" for text in texts).encode())


def messages(logs: Any) -> list[str]:
    return [line.record.message for line in logs.new()]


class TestStored:
    def test_records_of_all_tasks_come_in_the_order_of_their_times(
        self, store: ObjectStore
    ) -> None:
        put(store, "a", 1, 0, (1.0, "info", "first"), (4.0, "info", "fourth"))
        put(store, "b", 2, 0, (2.0, "stdout", "second"), (3.0, "warning", "third"))
        lines = StoredLogs(store, "u").new()

        assert [line.record.message for line in lines] == ["first", "second", "third", "fourth"]
        assert lines[1].task == "b"
        assert (lines[1].record.attempt, lines[1].record.level) == (2, "stdout")
        assert lines[1].record.fields == {"n": 2.0}

    def test_each_chunk_is_read_once(self, store: ObjectStore) -> None:
        logs = StoredLogs(store, "u")
        put(store, "a", 1, 0, (1.0, "info", "first"))
        assert messages(logs) == ["first"]
        put(store, "a", 1, 1, (2.0, "info", "second"))
        assert messages(logs) == ["second"]
        assert messages(logs) == []

    def test_of_one_task_only(self, store: ObjectStore) -> None:
        put(store, "a", 1, 0, (1.0, "info", "mine"))
        put(store, "ab", 1, 0, (1.0, "info", "another's"))

        assert messages(StoredLogs(store, "u", "a")) == ["mine"]

    def test_following_reads_once_more_after_the_end(self, store: ObjectStore) -> None:
        def over() -> bool:
            put(store, "a", 1, 0, (1.0, "info", "written before the end"))
            return True

        lines = list(following(StoredLogs(store, "u"), over))
        assert [line.record.message for line in lines] == ["written before the end"]


class TestPods:
    def test_new_lines_of_each_pod(self, server: Server, rest: RestClient) -> None:
        begun = "2026-03-01T10:00:00.000000001Z first\n2026-03-01T10:00:01.5Z second\n"
        more = "2026-03-01T10:00:01.5Z second\n2026-03-01T10:00:02.123456789Z third\n"
        server.script = [text(begun), text(more)]
        logs = PodLogs(rest, "team", lambda: [("task", 3, "pod")])

        first = logs.new()
        assert [line.record.message for line in first] == ["first", "second"]
        assert (first[0].task, first[0].record.attempt) == ("task", 3)
        assert messages(logs) == ["third"]
        assert "sinceTime=2026-03-01T10%3A00%3A01.5Z" in server.seen[1].path

    def test_a_pod_that_has_not_begun_or_is_gone_says_nothing(
        self, server: Server, rest: RestClient
    ) -> None:
        refusals = [(400, "is waiting to start"), (404, "not found")]
        server.script = [
            lambda exchange, code=code, why=why: exchange.answer(code, {"message": why})
            for code, why in refusals
        ]
        logs = PodLogs(rest, "team", lambda: [("task", 1, "pod")])

        assert messages(logs) == messages(logs) == []


def text(body: str) -> Any:
    """Return an answer that is no JSON."""

    def answer(exchange: Any) -> None:
        exchange.send_response(200)
        exchange.send_header("Content-Length", str(len(body)))
        exchange.end_headers()
        exchange.wfile.write(body.encode())

    return answer


class TestShowing:
    def test_prints_go_to_stdout_and_log_lines_to_stderr(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for level, message in [
            ("stdout", "printed"), ("stderr", "complained"), ("info", "told"), ("debug", "hidden"),
        ]:  # fmt: skip
            fields = {"n": 1} if level == "info" else {}
            show(LogRecord("t", 1, 0.0, level, message, fields))

        shown = capsys.readouterr()
        assert shown.out == "printed\n"
        assert shown.err == "complained\ntold n=1\n"

    def test_nothing_is_shown_twice_whoever_waits(
        self, store: ObjectStore, capsys: pytest.CaptureFixture[str]
    ) -> None:
        put(store, "a", 1, 0, (1.0, "stdout", "once"))
        shown = Shown(StoredLogs(store, "u"))
        with shown, shown:
            shown.catch_up()
        shown.catch_up()

        assert capsys.readouterr().out == "once\n"
