"""What is submitted arrives whole, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.cluster.kubeapi import until
from tests.contract.programs.flow import Collect
from tests.contract.programs.steps import A, Root
from tests.site.site import Site

from fairlead import Client, ExecutionContext, InvalidRequestError, Task
from fairlead.errors import BackendError, BackendUnavailableError, ReleaseError
from fairlead.workflow import parallel, workflow
from fairlead.workflow import task as workflow_task

NOWHERE = "no-such-size"
"""A machine size that is not there, so that nothing starts."""


def test_more_tasks_than_one_object_lists_are_all_there_in_order(
    client: Client, site: Site
) -> None:
    job = client.jobs().submit(
        "many", [A({"returns": number}) for number in range(620)], machine_size=NOWHERE
    )
    [stored] = site.api.get(site.path("jobs"))["items"]
    assert "tasks" not in stored["spec"]
    assert stored["spec"]["closed"] == {"tasks": 620}
    assert stored["spec"]["desired"] == "Running"

    listed = job.tasks()
    given = client.backend.submitted(job.id)
    assert [task.id for task in listed] == [task.id for task in given.tasks]
    assert given.tasks[619].input == b'{"does":{"returns":619}}'
    assert given.closed
    until("all are counted", lambda: sum(job.view.counts.values()) == 620, timeout=60)
    client.jobs().cancel(job)
    assert job.wait(timeout=60).state.value == "CANCELLED"
    assert {task.state.value for task in job.tasks()} == {"CANCELLED"}


def test_a_list_of_tasks_leaves_the_job_a_small_object(client: Client, site: Site) -> None:
    tasks = [A({"returns": number}) for number in range(220)]
    job = client.jobs().submit("listed", tasks, machine_size=NOWHERE)

    [stored] = site.api.get(site.path("jobs"))["items"]
    assert len(stored["spec"]["tasks"]) == len(tasks)
    assert len(json.dumps(stored, separators=(",", ":"))) < 100_000
    client.jobs().cancel(job)


def test_a_task_after_more_than_an_entry_may_name(client: Client) -> None:
    with workflow("wide") as wf:
        parts = [number(value=value, task_id=f"n{value}") for value in range(70)]
        parallel(*parts) >> number(value=70, task_id="last")
        job = _submitted(client, wf)

    last = next(task for task in job.tasks() if task.key == "last")
    assert len(last.depends_on) == 70
    client.jobs().cancel(job)


@workflow_task(size=NOWHERE)
def number(value: int) -> int:
    return value


def _submitted(client: Client, wf: Any) -> Any:
    """Submit a workflow without waiting for it, as ``execute`` does before it waits."""
    from fairlead.sdk.backend import NewJob
    from fairlead.sdk.jobs import Job
    from fairlead.sdk.new_jobs import new_id
    from fairlead.sdk.workflow_runs import _WorkflowTasks, in_order

    id = new_id()
    tasks = _WorkflowTasks(id)
    for step, after in in_order(wf).items():
        tasks.add_step(step, after)
    client.backend.submit(NewJob(id, wf.name, tasks.tasks, style="workflow"))
    return Job(client, id)


def test_what_no_pod_could_import_is_refused_and_nothing_is_stored(client: Client) -> None:
    class Local(Task):
        def execute(self, context: ExecutionContext) -> None: ...

    with pytest.raises(ReleaseError, match="inside a function"):
        client.jobs().submit("local", Local())
    assert client.jobs().query() == []


def test_an_input_that_is_too_large_without_a_store_stores_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_backend(client).storage, "url", None)
    with pytest.raises(InvalidRequestError, match="FAIRLEAD_STORE"):
        client.jobs().submit("large", Collect(["x" * 40_000]))
    assert client.jobs().query() == []


def test_what_the_cluster_refuses_is_one_line(client: Client) -> None:
    with pytest.raises(InvalidRequestError, match=r"refuses it: .*machineSize") as refused:
        client.jobs().submit("odd", Root(), machine_size="No Such Size")
    assert "\n" not in str(refused.value)
    assert client.jobs().query() == []


def test_a_user_who_may_not_is_told_whom_to_ask(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_backend(client), "namespace", "default")
    with pytest.raises(BackendError, match=r"does not allow it: .*Ask for the role"):
        client.jobs().submit("elsewhere", Root())


def test_files_and_caches_say_what_they_need(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = client.jobs().submit("stored", Root(), machine_size=NOWHERE)
    monkeypatch.setattr(_backend(client).storage, "url", None)
    with pytest.raises(BackendUnavailableError, match="FAIRLEAD_STORE"):
        client.backend.cache(job.id)
    with pytest.raises(BackendUnavailableError, match="FAIRLEAD_STORE"):
        client.backend.download(job.tasks()[0].id, "nowhere")
    client.jobs().cancel(job)


def _backend(client: Client) -> Any:
    return client.backend
