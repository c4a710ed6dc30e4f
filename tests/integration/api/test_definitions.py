"""The definitions as the API server serves them, by plain kubectl."""

from __future__ import annotations

import json

import pytest
from tests.cluster.kubeapi import KubeApi
from tests.cluster.namespaces import Namespace
from tests.integration.api.actors import ROOT, collection, job, kubectl, task

EXAMPLES = sorted((ROOT / "examples" / "kubernetes").glob("*.yaml"))


def names(*words: str, namespace: Namespace) -> list[str]:
    return namespace.kubectl(*words, "--output=name").split()


def test_short_names_and_category_work(namespace: Namespace, admin: KubeApi) -> None:
    admin.create(collection(namespace.name, "jobs"), job("one"))
    admin.create(collection(namespace.name, "tasks"), task("two"))
    for word in ("fljob", "jobs.fairlead.dev", "job.fairlead.dev/one"):
        assert names("get", word, namespace=namespace) == ["job.fairlead.dev/one"]
    assert names("get", "fltask", namespace=namespace) == ["task.fairlead.dev/two"]
    for word in ("flrel", "flsize", "flgroup"):
        assert names("get", word, namespace=namespace) == []
    both = names("get", "fairlead", namespace=namespace)
    assert both == ["job.fairlead.dev/one", "task.fairlead.dev/two"]


def test_jobs_alone_still_means_those_of_batch(namespace: Namespace, admin: KubeApi) -> None:
    admin.create(collection(namespace.name, "jobs"), job("one"))
    assert names("get", "jobs", namespace=namespace) == []


def columns(namespace: Namespace, *words: str) -> list[list[str]]:
    return [line.split() for line in namespace.kubectl("get", *words).splitlines()]


def test_a_job_shows_its_progress(namespace: Namespace, admin: KubeApi) -> None:
    path = collection(namespace.name, "jobs")
    admin.create(path, job("nightly"))
    status = {"state": "Running", "progress": "41/128", "tasks": {"running": 8, "failed": 0}}
    admin.patch(f"{path}/nightly/status", {"status": status})
    heads, values = columns(namespace, "fljob")
    assert heads == ["NAME", "STATE", "PROGRESS", "RUNNING", "FAILED", "AGE"]
    assert values[:5] == ["nightly", "Running", "41/128", "8", "0"]


def test_a_task_shows_where_it_runs(namespace: Namespace, admin: KubeApi) -> None:
    path = collection(namespace.name, "tasks")
    admin.create(path, task("nightly-fetch", identifier="acme.example/Fetch"))
    status = {
        "state": "Running",
        "attempt": 1,
        "size": "small",
        "podName": "nightly-fetch-a1",
        "progress": "3/10",
    }
    admin.patch(f"{path}/nightly-fetch/status", {"status": status})
    heads, values = columns(namespace, "fltask")
    assert heads == [
        "NAME",
        "IDENTIFIER",
        "STATE",
        "ATTEMPT",
        "SIZE",
        "RUNNER",
        "PROGRESS",
        "AGE",
    ]
    assert values[:-1] == [
        "nightly-fetch",
        "acme.example/Fetch",
        "Running",
        "1",
        "small",
        "nightly-fetch-a1",
        "3/10",
    ]


def test_machine_sizes_show_what_they_map_to(namespace: Namespace, admin: KubeApi) -> None:
    name = f"{namespace.name}-small"
    body = {
        "apiVersion": "fairlead.dev/v1beta1",
        "kind": "MachineSize",
        "metadata": {"name": name},
        "spec": {
            "resources": {"requests": {"cpu": "500m"}, "limits": {"memory": "1Gi"}},
            "nodeSelector": {"pool": "small"},
            "maxRunners": 20,
        },
    }
    admin.create("/apis/fairlead.dev/v1beta1/machinesizes", body)
    try:
        heads, values = columns(namespace, "flsize", name)
    finally:
        admin.delete(f"/apis/fairlead.dev/v1beta1/machinesizes/{name}")
    assert heads == [
        "NAME",
        "CPU",
        "MEMORY",
        "NODES",
        "PROVISIONING",
        "RUNNING",
        "MAX",
        "AGE",
    ]
    assert values[:-1] == [name, "500m", "1Gi", '{"pool":"small"}', "Standard", "20"]


def test_tasks_are_selected_by_state_pod_and_id(namespace: Namespace, admin: KubeApi) -> None:
    path = collection(namespace.name, "tasks")
    for name in ("a", "b", "c"):
        admin.create(path, task(name, id=name * 25))
    admin.patch(f"{path}/b/status", {"status": {"state": "Running", "podName": "p", "attempt": 1}})

    def selected(selector: str) -> list[str]:
        return names("get", "fltask", "--field-selector", selector, namespace=namespace)

    assert selected("status.state=Running") == ["task.fairlead.dev/b"]
    # The server filled in the first state: no write was needed for it.
    assert selected("status.state=Queued") == ["task.fairlead.dev/a", "task.fairlead.dev/c"]
    assert selected("status.podName=p") == ["task.fairlead.dev/b"]
    assert selected(f"spec.id={'c' * 25}") == ["task.fairlead.dev/c"]


def test_kubectl_explains_every_field_of_a_job(namespace: Namespace) -> None:
    said = namespace.kubectl("explain", "fljob.spec", "--recursive")
    assert "failurePolicy\t<string>" in said
    assert "enum: Fail, Ignore" in said
    assert "how often" in namespace.kubectl("explain", "fljob.spec.tasks.retry").lower()


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_examples_are_accepted_and_come_back_unchanged(namespace: Namespace, path: object) -> None:
    done = kubectl(
        namespace.cluster,
        "create",
        "--filename",
        str(path),
        "--output=json",
        namespace=namespace.name,
    )
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["status"] == {"state": "Queued"}
    assert made["spec"]["run"] == 1


def test_there_are_five_examples() -> None:
    assert len(EXAMPLES) == 6
