"""A store that speaks S3 keeps all that a folder does: the agent writes, others read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from tests.cluster.kubeapi import until
from tests.integration.runner_pod.s3 import Gateway, serving
from tests.integration.runner_pod.stand import Stand, released

from fairlead.errors import ObjectStoreError
from fairlead.runner.pod.cache import verdict_of
from fairlead.sdk.objectstore import ObjectStore, open_store
from fairlead.sdk.storedcache import StoredCache

LARGE = released("large", "Large", "Keep", "Length")

pytestmark = pytest.mark.timeout(3600, func_only=True)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with serving(tmp_path_factory.mktemp("s3")) as made:
        yield made


@pytest.fixture
def store(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """The store as another program opens it; empty before and after."""
    for name, value in gateway.environment.items():
        monkeypatch.setenv(name, value)
    made = open_store(gateway.url)
    yield made
    made.delete_prefix("")


def run(stand: Stand, gateway: Gateway, identifier: str, value: object) -> str:
    """Run one task whose agent has the gateway for its store; the Task's name."""
    task, pod = stand.make(identifier, value), stand.pod()
    stand.assign(task, pod)
    env = gateway.environment | {"FAIRLEAD_STORE": gateway.url}
    agent = stand.start(pod, LARGE, task, env=env)
    stand.wait_outcome(task)
    assert agent.wait() == 0, agent.said()
    return task


def test_what_is_put_is_got_listed_and_deleted(store: ObjectStore, tmp_path: Path) -> None:
    store.put("a/2", b"two")
    store.put("a/1/x", b"")
    store.put("ab/1", b"one")
    store.put("a/2", b"another")
    assert (store.get("a/2"), store.get("a/1/x")) == (b"another", b"")
    assert store.list() == ["a/1/x", "a/2", "ab/1"]
    assert store.list("a") == ["a/1/x", "a/2"]
    for absent in ("nothing", "a", "a/2/x"):
        with pytest.raises(KeyError):
            store.get(absent)
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(os.urandom(20_000_000))
    store.put_file("large", source)
    store.get_file("large", target)
    assert target.read_bytes() == source.read_bytes()
    store.delete("large")
    store.delete("large")
    for number in range(1_100):
        store.put(f"many/{number}", b"")
    store.delete_prefix("many")
    store.delete_prefix("a")
    assert store.list() == ["ab/1"]


def test_wrong_credentials_are_told(
    store: ObjectStore, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(ObjectStoreError, match=gateway.url):
        open_store(gateway.url).put("a", b"")


def test_results_files_and_logs_of_a_task_lie_there(
    stand: Stand, gateway: Gateway, store: ObjectStore
) -> None:
    task = run(stand, gateway, "Large", {"size": 40_000})
    status = stand.status(task)
    assert status["state"] == "Completed"
    assert json.loads(store.get(status["resultRef"]["key"])) == "x" * 40_000

    task = run(stand, gateway, "Keep", {"key": "k", "file": "a/b.txt"})
    assert store.get(f"jobs/{stand.job_uid}/files/{task}/a/b.txt") == b"k"


def test_the_jobs_cache_lies_there(stand: Stand, gateway: Gateway, store: ObjectStore) -> None:
    run(stand, gateway, "Keep", {"key": "g/a", "value": "1"})
    staged = f"jobs/{stand.job_uid}/cache/staged"
    until("it is published", lambda: not store.list(staged))
    cache = StoredCache(store, stand.job_uid, lambda by: verdict_of(stand.task(by.task), by))
    assert cache.get("g/a") == b"1"
    task = run(stand, gateway, "Keep", {"key": "g/a"})
    assert stand.status(task)["result"] == '"1 of "'


def test_a_large_input_is_read_from_there(
    stand: Stand, gateway: Gateway, store: ObjectStore
) -> None:
    data = json.dumps({"text": "x" * 100_000}).encode()
    digest = sha256(data).hexdigest()
    store.put(f"inputs/{digest}", data)
    reference = {"key": f"inputs/{digest}", "sha256": digest, "size": len(data)}
    task, pod = stand.make("Length", inputRef=reference), stand.pod()
    stand.assign(task, pod)
    env = gateway.environment | {"FAIRLEAD_STORE": gateway.url}
    stand.start(pod, LARGE, task, env=env)
    assert stand.wait_outcome(task)["result"] == "100000"
