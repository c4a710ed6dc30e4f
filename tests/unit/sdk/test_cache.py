"""Every cache, by the same rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fairlead import (
    InMemoryCache,
    InvalidRequestError,
    JobCache,
    LocalFileSystemCache,
    ObjectStoreCache,
)
from fairlead.sdk.cache import StagedCache


@pytest.fixture(params=["memory", "files", "group", "staged", "object store", "stored files"])
def cache(request: Any, tmp_path: Path) -> JobCache:
    match request.param:
        case "memory":
            return InMemoryCache()
        case "files":
            return LocalFileSystemCache(tmp_path / "cache")
        case "group":
            return InMemoryCache().group("job")
        case "staged":
            return StagedCache(InMemoryCache())
        case "object store":
            pytest.importorskip("obstore")
            return ObjectStoreCache("memory://")
        case _:
            pytest.importorskip("obstore")
            return ObjectStoreCache((tmp_path / "store").as_uri())


def test_a_value_is_kept_and_replaced(cache: JobCache):
    cache["key"] = b"one"
    cache["key"] = b"two"
    assert cache["key"] == b"two"
    assert cache.get("key") == b"two"
    assert "key" in cache
    assert list(cache) == ["key"]


def test_a_missing_key_is_a_key_error(cache: JobCache):
    with pytest.raises(KeyError, match="nowhere"):
        cache["nowhere"]
    with pytest.raises(KeyError):
        cache.group("a")["nowhere"]
    assert "nowhere" not in cache
    assert list(cache) == []
    assert list(cache.group("a")) == []


def test_a_group_is_a_prefix_and_iterates_over_its_own_keys(cache: JobCache):
    squares = cache.group("squares")
    squares["12"] = b"144"
    squares["345"] = b"119025"
    squares.group("deep")["1"] = b"x"
    cache["sum"] = b"3"
    assert sorted(squares) == ["12", "345"]
    assert [cache.group("squares")[key].decode() for key in sorted(squares)] == ["144", "119025"]
    assert cache["squares/12"] == b"144"
    assert list(cache) == ["sum"]
    assert list(squares.group("deep")) == ["1"]
    assert sorted(cache.keys()) == ["squares/12", "squares/345", "squares/deep/1", "sum"]


def test_a_key_and_a_group_may_have_the_same_name(cache: JobCache):
    cache["a"] = b"key"
    cache.group("a")["b"] = b"in the group"
    assert (cache["a"], cache["a/b"]) == (b"key", b"in the group")
    assert list(cache) == ["a"]


@pytest.mark.parametrize(
    "key", [".", "..", "...", "a b", "ü", "a+", "+a", "a=", "%2E", "C:\\x", "x" * 200, "-", "\n"]
)
def test_any_text_is_a_key(cache: JobCache, key: str):
    cache[key] = b"1"
    cache.group(key)[key] = b"2"
    assert list(cache) == [key]
    assert list(cache.group(key)) == [key]
    assert (cache[key], cache[f"{key}/{key}"]) == (b"1", b"2")


@pytest.mark.parametrize("key", ["", "/", "a/", "/a", "a//b"])
def test_an_empty_name_is_refused(cache: JobCache, key: str):
    with pytest.raises(InvalidRequestError, match="is not a cache key"):
        cache[key] = b"1"


@pytest.mark.parametrize(
    ("value", "message"),
    [("text", r"encode it: value\.encode\(\)"), (3, "was given int"), (None, "NoneType")],
)
def test_only_bytes_are_kept(cache: JobCache, value: Any, message: str):
    with pytest.raises(TypeError, match=message):
        cache["key"] = value
    with pytest.raises(TypeError, match="a cache key is a str"):
        cache[3] = b"1"  # type: ignore[index]


def test_bytes_alike_are_kept_as_bytes(cache: JobCache):
    cache["a"] = bytearray(b"1")
    cache["b"] = memoryview(b"2")
    assert (cache["a"], cache["b"]) == (b"1", b"2")


def test_files_are_whole_or_not_there(tmp_path: Path):
    cache = LocalFileSystemCache(tmp_path)
    cache["a"] = b"x" * 100_000
    (tmp_path / "+half").write_bytes(b"half")  # as a program killed while writing leaves it
    assert list(cache) == ["a"]
    assert LocalFileSystemCache(tmp_path)["a"] == b"x" * 100_000


def test_nothing_is_written_outside_the_folder(tmp_path: Path):
    cache = LocalFileSystemCache(tmp_path / "cache")
    cache["..\\..\\x"] = b"1"
    cache.group("..")[".."] = b"2"
    assert [entry.name for entry in tmp_path.iterdir()] == ["cache"]


def test_staged_writes_hide_what_is_committed():
    committed = InMemoryCache()
    committed["a"] = b"old"
    committed["b"] = b"kept"
    staged = StagedCache(committed)
    staged["a"] = b"new"
    assert (staged["a"], staged["b"], committed["a"]) == (b"new", b"kept", b"old")
    assert sorted(staged) == ["a", "b"]
    assert staged.writes == {"a": b"new"}


def test_a_url_that_names_no_store_is_refused():
    pytest.importorskip("obstore")
    with pytest.raises(InvalidRequestError, match="'nonsense' names no object store"):
        ObjectStoreCache("nonsense")


@pytest.mark.parametrize(
    ("key", "admitted"),
    [
        ("x" * 250, True),
        ("group/" + "x" * 250, True),
        ("x" * 251, False),
        ("group/" + "x" * 251, False),
        ("\N{GRINNING FACE}" * 20, True),
        ("\N{GRINNING FACE}" * 21, False),
        ("caf\udce9", False),
    ],
    ids=["long", "long in a group", "too long", "too long in a group", "wide", "too wide", "odd"],
)
def test_a_key_is_what_the_name_of_a_file_can_hold(
    cache: JobCache, key: str, admitted: bool
) -> None:
    if admitted:
        cache[key] = b"value"
        assert cache[key] == b"value"
    else:
        with pytest.raises(InvalidRequestError, match="is not a cache key"):
            cache[key] = b"value"
