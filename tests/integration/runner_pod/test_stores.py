"""What lies in the object store: results, files, the job's cache; and what is shown meanwhile."""

from __future__ import annotations

import json

from tests.cluster.kubeapi import until
from tests.cluster.proxy.client import ProxyClient
from tests.integration.runner_pod.stand import Stand, released

from fairlead.runner.pod.cache import verdict_of
from fairlead.sdk.objectstore import open_store
from fairlead.sdk.storedcache import StagedBy, StoredCache, Verdict

LARGE = released("large", "Large", "Keep", "KeepAndMake", "Length", "Steps")


def store_of(stand: Stand):
    return open_store(f"file://{stand.store}")


def cache_of(stand: Stand) -> StoredCache:
    """The job's cache as it is read from outside."""

    def verdict(by: StagedBy) -> Verdict:
        return verdict_of(stand.task(by.task), by)

    return StoredCache(store_of(stand), stand.job_uid, verdict)


def test_a_large_result_lies_in_the_store(stand: Stand) -> None:
    status = stand.run(LARGE, "Large", {"size": 40_000})
    assert status["state"] == "Completed"
    assert "result" not in status
    assert json.loads(store_of(stand).get(status["resultRef"]["key"])) == "x" * 40_000


def test_files_are_kept_also_of_a_task_that_fails(stand: Stand) -> None:
    task, pod = stand.make("Keep", {"key": "k", "file": "a/b.txt", "fail": True}), stand.pod()
    stand.assign(task, pod)
    stand.start(pod, LARGE, task)
    assert stand.wait_outcome(task)["outcome"]["type"] == "RuntimeError"
    assert store_of(stand).get(f"jobs/{stand.job_uid}/files/{task}/a/b.txt") == b"k"


def test_the_cache_is_written_by_success_alone(stand: Stand) -> None:
    # A cache tells the keys directly in it, not those of its groups.
    assert stand.run(LARGE, "Keep", {"key": "g/a", "value": "1"})["result"] == '"1 of "'
    stand.run(LARGE, "Keep", {"key": "b", "value": "2", "fail": True})
    status = stand.run(LARGE, "Keep", {"key": "g/a"})
    assert status["result"] == '"1 of "'
    stand.run(LARGE, "Keep", {"key": "g/a", "value": "3"})
    until("it is published", lambda: not store_of(stand).list(f"jobs/{stand.job_uid}/cache/staged"))
    assert cache_of(stand).get("g/a") == b"3"
    assert list(cache_of(stand).keys()) == ["g/a"]


def test_a_runner_that_dies_before_it_publishes_loses_nothing(
    stand: Stand, proxy: ProxyClient
) -> None:
    task, pod = stand.make("Keep", {"key": "k", "value": "v"}), stand.pod()
    stand.assign(task, pod)
    with proxy.rule("hold-reply", verbs=["patch"], body='"outcome"', name=task) as number:
        agent = stand.start(pod, LARGE, task, kubeconfig=proxy.kubeconfig)
        proxy.wait_hit(number)
        stand.wait_outcome(task)
        agent.kill()
    assert store_of(stand).list(f"jobs/{stand.job_uid}/cache/staged")
    assert stand.run(LARGE, "Keep", {"key": "k"})["result"] == '"v of k"'
    assert not store_of(stand).list(f"jobs/{stand.job_uid}/cache/staged")


def test_what_was_staged_by_an_attempt_that_was_not_committed_is_not_found(
    stand: Stand, proxy: ProxyClient
) -> None:
    task, pod = stand.make("Keep", {"key": "k", "value": "v"}), stand.pod()
    stand.assign(task, pod)
    with proxy.rule("drop", verbs=["patch"], body='"outcome"', name=task) as number:
        agent = stand.start(pod, LARGE, task, kubeconfig=proxy.kubeconfig)
        proxy.wait_hit(number)
        agent.kill()
    assert stand.run(LARGE, "Keep", {"key": "k"})["result"] == '"- of "'
    stand.patch(task, podName=stand.pod().name, attempt=2)
    assert stand.run(LARGE, "Keep", {"key": "k"})["result"] == '"- of "'
    assert not store_of(stand).list(f"jobs/{stand.job_uid}/cache/staged")


def test_what_a_task_with_subtasks_has_written_waits_for_its_commit(stand: Stand) -> None:
    """That is the operator's, who may find that not all subtasks are there."""
    staged = f"jobs/{stand.job_uid}/cache/staged"
    task, pod = stand.make("KeepAndMake", {"key": "k", "value": "v"}), stand.pod()
    stand.assign(task, pod)
    agent = stand.start(pod, LARGE, task)
    assert stand.wait_outcome(task)["children"] == 1
    assert agent.wait() == 0
    assert "k" not in cache_of(stand)
    assert store_of(stand).list(staged)
    stand.patch(task, state="Computed")
    assert cache_of(stand).get("k") == b"v"
    assert not store_of(stand).list(staged)


def test_what_a_task_has_written_whose_attempt_is_void_is_not_found(stand: Stand) -> None:
    task, pod = stand.make("KeepAndMake", {"key": "k", "value": "v"}), stand.pod()
    stand.assign(task, pod)
    agent = stand.start(pod, LARGE, task)
    stand.wait_outcome(task)
    assert agent.wait() == 0
    stand.patch(task, state="Queued", outcome=None, children=None, result=None, podName=None)
    assert "k" not in cache_of(stand)
    assert stand.run(LARGE, "Keep", {"key": "k"})["result"] == '"- of "'
    assert not store_of(stand).list(f"jobs/{stand.job_uid}/cache/staged")


def test_progress_is_shown_at_once_and_then_now_and_again(stand: Stand, proxy: ProxyClient) -> None:
    task, pod = stand.make("Steps", {"count": 40, "pause": 0.05}), stand.pod()
    stand.assign(task, pod)
    stand.start(pod, LARGE, task, kubeconfig=proxy.kubeconfig)
    early = stand.wait_status(task, "progress")
    assert "outcome" not in early
    status = stand.wait_outcome(task)
    assert status["progress"] == "40/40"
    assert status["progressDetails"] == [{"label": "steps", "done": 40, "total": 40}]
    writes = [one for one in proxy.log() if one["name"] == task and one["verb"] == "patch"]
    assert len(writes) == 3  # it begins, the first progress, and its end


def test_a_result_waits_for_a_store_that_is_away(stand: Stand) -> None:
    stand.store.write_text("no folder can be made here")
    task, pod = stand.make("Large", {"size": 40_000}), stand.pod()
    stand.assign(task, pod)
    agent = stand.start(pod, LARGE, task)
    until("the store has failed", lambda: "trying again" in agent.said())
    assert "outcome" not in stand.status(task)
    stand.store.unlink()
    status = stand.wait_outcome(task)
    assert status["state"] == "Completed"
    assert store_of(stand).get(status["resultRef"]["key"])


def test_a_store_that_cannot_be_opened_is_told_to_the_task(stand: Stand) -> None:
    task, pod = stand.make("Large", {"size": 1}), stand.pod()
    stand.assign(task, pod)
    agent = stand.start(pod, LARGE, task, env={"FAIRLEAD_STORE": "nonsense://x"})
    outcome = stand.wait_outcome(task)["outcome"]
    assert outcome["kind"] == "Lost"
    assert "the object store cannot be opened" in outcome["message"]
    assert agent.wait() == 1
