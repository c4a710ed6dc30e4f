"""The log of an attempt in the store."""

from __future__ import annotations

import json

from fairlead.errors import ObjectStoreError
from fairlead.runner.pod import archive
from fairlead.runner.pod.archive import LogArchive
from fairlead.sdk.memorystore import MemoryStore


class Shaky(MemoryStore):
    """A store that fails a few times first."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures

    def put(self, key: str, data: bytes) -> None:
        if self.failures:
            self.failures -= 1
            raise ObjectStoreError("away")
        super().put(key, data)


def lines(store: MemoryStore) -> list[tuple[str, str, dict[str, object]]]:
    text = b"".join(store.get(key) for key in store.list("logs")).decode()
    found = [json.loads(line) for line in text.splitlines()]
    return [(one["level"], one["message"], one["fields"]) for one in found]


def test_all_lines_are_kept_in_order_and_in_few_chunks() -> None:
    store = MemoryStore()
    log = LogArchive(store, "logs/1")
    for number in range(100):
        log.add("info", f"line {number}", {"number": number})
    log.add("stdout", "ünïcode", {"any": object})
    log.close()
    found = lines(store)
    assert [message for _, message, _ in found[:100]] == [f"line {n}" for n in range(100)]
    assert found[100][0] == "stdout"
    assert found[100][2]["any"] == repr(object)
    assert store.list()[0] == "logs/1/000000.jsonl"
    assert len(store.list()) == 1


def test_a_store_that_comes_back_gets_everything(monkeypatch) -> None:
    monkeypatch.setattr(archive, "EVERY", 0.01)
    store = Shaky(3)
    log = LogArchive(store, "logs")
    log.add("info", "one", {})
    log.close()
    assert [message for _, message, _ in lines(store)] == ["one"]


def test_what_a_store_does_not_take_in_time_is_left_out_and_said(monkeypatch) -> None:
    monkeypatch.setattr(archive, "MAX_WAITING", 200)
    store = MemoryStore()
    log = LogArchive(store, "logs")
    for _ in range(5):
        log.add("info", "x" * 60, {})
    log.close()
    kept = lines(store)
    assert kept[-1][0] == "warning"
    assert f"{5 - (len(kept) - 1)} lines are left out" in kept[-1][1]


def test_without_a_store_or_lines_nothing_happens() -> None:
    log = LogArchive(None, "logs")
    log.add("info", "one", {})
    log.close()
    empty = MemoryStore()
    LogArchive(empty, "logs").close()
    assert empty.list() == []


def test_text_that_is_no_unicode_is_kept_with_escapes() -> None:
    store = MemoryStore()
    log = LogArchive(store, "logs")
    log.add("stdout", "name \udcff", {})
    log.close()
    assert lines(store)[0][1] == "name \\udcff"


def test_a_log_without_end_is_cut(monkeypatch) -> None:
    monkeypatch.setattr(archive, "MOST_KEPT", 2000)
    store = MemoryStore()
    log = LogArchive(store, "logs")
    for _ in range(100):
        log.add("info", "x" * 60, {})
    log.close()
    kept = lines(store)
    assert len(kept) < 20
    assert kept[-1][1].startswith("The log is cut here")
