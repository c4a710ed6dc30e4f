"""Every kind of object store keeps the same promises."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fairlead.errors import InvalidRequestError, ObjectStoreError
from fairlead.sdk.objectstore import ObjectStore, open_store
from fairlead.sdk.remotestore import RemoteStore


@pytest.fixture(params=["file", "memory", "remote"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "file":
        return open_store(f"file://{tmp_path}/a%20b")
    if request.param == "memory":
        return open_store(f"memory://{tmp_path}")
    pytest.importorskip("obstore")
    return RemoteStore("memory:///")


def test_what_is_put_is_got(store: ObjectStore) -> None:
    store.put("jobs/1/values/x", b"one")
    store.put("jobs/1/values/x", b"another")
    store.put("jobs/1/empty", b"")
    assert store.get("jobs/1/values/x") == b"another"
    assert store.get("jobs/1/empty") == b""


@pytest.mark.parametrize("key", ["nothing", "jobs", "jobs/1", "jobs/1/x/y"])
def test_what_is_not_there_is_a_key_error(store: ObjectStore, key: str) -> None:
    store.put("jobs/1/x", b"one")
    with pytest.raises(KeyError):
        store.get(key)


def test_a_prefix_is_a_path_of_whole_names(store: ObjectStore) -> None:
    for key in ("a/2", "a/1/x", "ab/1", "c"):
        store.put(key, b"")
    assert store.list() == ["a/1/x", "a/2", "ab/1", "c"]
    assert store.list("a") == store.list("a/") == ["a/1/x", "a/2"]
    assert store.list("nothing") == []


def test_what_is_deleted_is_gone_and_may_be_deleted_again(store: ObjectStore) -> None:
    for key in ("a/1", "a/2/x", "b/1"):
        store.put(key, b"x")
    store.delete("b/1")
    store.delete("b/1")
    store.delete_prefix("a")
    store.delete_prefix("a")
    assert store.list() == []
    store.put("a/1", b"again")
    assert store.get("a/1") == b"again"


def test_files_go_in_and_come_out(store: ObjectStore, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(os.urandom(3_000_000))
    store.put_file("files/one", source)
    store.get_file("files/one", target)
    assert target.read_bytes() == source.read_bytes() == store.get("files/one")
    with pytest.raises(KeyError):
        store.get_file("files/two", target)


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "../a", "a/./b", "a/..", "a\0b"])
def test_what_leads_astray_is_no_key(store: ObjectStore, key: str) -> None:
    with pytest.raises(InvalidRequestError):
        store.put(key, b"")
    with pytest.raises(InvalidRequestError):
        store.get(key)


@pytest.mark.parametrize("url", ["", "folder", "file://folder", "nonsense://x"])
def test_what_is_no_store_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequestError):
        open_store(url)


# --- folders ------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [1, 40, 200])
def test_a_file_that_was_cut_off_is_never_a_value(tmp_path: Path, cut: int) -> None:
    store = open_store(f"file://{tmp_path}")
    store.put("one", b"v" * 150)
    path = tmp_path / "one"
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(ObjectStoreError, match="damaged"):
        store.get("one")


def test_a_file_that_is_being_written_is_not_listed(tmp_path: Path) -> None:
    store = open_store(f"file://{tmp_path}")
    store.put("one", b"")
    (tmp_path / ".writing" / "half").write_bytes(b"ha")
    assert store.list() == ["one"]


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    store = open_store(f"file://{tmp_path}/store/below")
    with pytest.raises(ObjectStoreError):
        store.put("one", b"")


def test_an_object_in_the_place_of_a_folder_says_so(tmp_path: Path) -> None:
    store = open_store(f"file://{tmp_path}")
    store.put("a", b"")
    with pytest.raises(ObjectStoreError):
        store.put("a/b", b"")


def test_a_memory_store_is_known_by_its_url() -> None:
    open_store("memory://one").put("a", b"1")
    assert open_store("memory://one").get("a") == b"1"
    assert open_store("memory://two").list() == []


def test_those_who_share_a_folder_can_read_what_others_put(tmp_path: Path) -> None:
    before = os.umask(0o002)
    try:
        open_store(f"file://{tmp_path}").put("a/b", b"")
    finally:
        os.umask(before)
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o664
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o775
