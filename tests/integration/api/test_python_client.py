"""The models and Kubernetes' own Python client: what one writes, the other reads back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client, config
from kubernetes import watch as watching
from kubernetes.client.rest import ApiException
from tests.cluster.namespaces import Namespace

from fairlead.api import labels, names
from fairlead.api.job import Closed, Job, JobSpec, JobTask
from fairlead.api.meta import GROUP, VERSION, ObjectMeta
from fairlead.api.ranges import pack_keys, unpack_keys
from fairlead.api.task import Task, TaskSpec, TaskStatus
from fairlead.api.values import Retry
from fairlead.core.states import JobState, TaskState

WHERE = {"group": GROUP, "version": VERSION}


@pytest.fixture
def custom(namespace: Namespace) -> Iterator[client.CustomObjectsApi]:
    connected = config.new_client_from_config(str(namespace.cluster.kubeconfig))
    yield client.CustomObjectsApi(connected)
    connected.close()


def create(custom: client.CustomObjectsApi, namespace: str, plural: str, body: Any) -> Any:
    return custom.create_namespaced_custom_object(
        **WHERE, namespace=namespace, plural=plural, body=body.to_dict()
    )


def new_task(job: Job, key: str, **more: Any) -> Task:
    name = names.task_name(job.name, key, parent_uid=job.uid, run=1, attempt=0, key=key)
    spec = TaskSpec(
        job_name=job.name,
        job_uid=job.uid,
        run=1,
        key=key,
        identifier="acme.example/Square",
        version="v1.0",
        **more,
    )
    return Task(metadata=ObjectMeta(name=name, labels={labels.JOB: job.name}), spec=spec)


def new_job(custom: client.CustomObjectsApi, namespace: str) -> Job:
    squares = JobTask(
        name="squares",
        identifier="acme.example/Square",
        version="v1.0",
        input={"number": 12},
        retry=Retry(limit=3, backoff_seconds=5),
    )
    job = Job(metadata=ObjectMeta(name="squares"), spec=JobSpec(tasks=[squares]))
    return Job.model_validate(create(custom, namespace, "jobs", job))


def test_a_job_made_in_python_comes_back_as_it_was(
    custom: client.CustomObjectsApi, namespace: Namespace
) -> None:
    made = new_job(custom, namespace.name)
    assert made.uid
    assert made.status.state is JobState.QUEUED
    assert made.spec.tasks is not None
    [task] = made.spec.tasks
    assert task.input == {"number": 12}
    assert task.retry == Retry(limit=3, backoff_seconds=5)


def test_a_session_is_closed_with_the_number_of_its_tasks(
    custom: client.CustomObjectsApi, namespace: Namespace
) -> None:
    session = Job(metadata=ObjectMeta(generate_name="session-"), spec=JobSpec())
    made = Job.model_validate(create(custom, namespace.name, "jobs", session))
    for key in ("0", "1"):
        create(custom, namespace.name, "tasks", new_task(made, key))
    closed = custom.patch_namespaced_custom_object(
        **WHERE,
        namespace=namespace.name,
        plural="jobs",
        name=made.name,
        body={
            "spec": JobSpec(closed=Closed(tasks=2)).model_dump(by_alias=True, exclude_unset=True)
        },
    )
    assert Job.model_validate(closed).spec.closed == Closed(tasks=2)


def test_names_keep_a_task_from_being_made_twice(
    custom: client.CustomObjectsApi, namespace: Namespace
) -> None:
    job = new_job(custom, namespace.name)
    create(custom, namespace.name, "tasks", new_task(job, "0"))
    with pytest.raises(ApiException) as caught:
        create(custom, namespace.name, "tasks", new_task(job, "0"))
    assert caught.value.status == 409


def test_ten_thousand_dependencies_survive_the_journey(
    custom: client.CustomObjectsApi, namespace: Namespace
) -> None:
    job = new_job(custom, namespace.name)
    keys = [str(number) for number in range(10_000)]
    made = Task.model_validate(
        create(custom, namespace.name, "tasks", new_task(job, "sum", depends_on=pack_keys(keys)))
    )
    assert unpack_keys(made.spec.depends_on or []) == keys


def test_a_watch_by_pod_sees_only_what_that_pod_holds(
    custom: client.CustomObjectsApi, namespace: Namespace
) -> None:
    job = new_job(custom, namespace.name)
    made = [
        Task.model_validate(create(custom, namespace.name, "tasks", new_task(job, key)))
        for key in ("0", "1")
    ]
    status = TaskStatus(state=TaskState.RUNNING, attempt=1, pod_name="mine")
    elsewhere = status.model_copy(update={"pod_name": "other"})
    for task, body in zip(made, (status, elsewhere), strict=True):
        custom.patch_namespaced_custom_object_status(
            **WHERE,
            namespace=namespace.name,
            plural="tasks",
            name=task.name,
            body={"status": body.to_dict()},
        )
    stream = watching.Watch().stream(
        custom.list_namespaced_custom_object,
        **WHERE,
        namespace=namespace.name,
        plural="tasks",
        field_selector="status.podName=mine",
        timeout_seconds=1,
    )
    seen = [Task.model_validate(event["object"]) for event in stream]
    assert [task.name for task in seen] == [made[0].name]
    assert seen[0].status == status
