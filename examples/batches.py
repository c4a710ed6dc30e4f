"""Workflow style: parallel groups and chains, values from step to step, wrong calls."""

import tempfile
import time
from pathlib import Path
from typing import Any

from fairlead import DependencyError, TaskDefinitionError
from fairlead.workflow import chain, parallel, task, workflow

CITIES = ["Tokyo", "Paris", "London"]


@task
def fetch(city: str) -> str:
    return f"Weather for {city}"


@task
def process_batch(batch_id: int, data: list[float]) -> dict[str, Any]:
    return {"batch_id": batch_id, "count": len(data)}


@task
def join(reports: list[str], title: str = "Today") -> str:
    return f"{title}: " + ", ".join(reports)


@task(timeout=20)
def meet(name: str, other: str, folder: str) -> str:
    Path(folder, name).touch()
    while not Path(folder, other).exists():  # only a task that runs meanwhile can end this
        time.sleep(0.005)
    return f"{name} has met {other}"


@task
def greet(city: str) -> str:
    return f"Hello {city}"


@task
def greet(city: str) -> str:  # type: ignore[no-redef]  # noqa: F811
    return f"Good evening, {city}"


def show(title: str) -> None:
    print(f"-- {title}", flush=True)


if __name__ == "__main__":
    show("a parallel group, then a chain")
    with workflow("pipeline") as wf:
        all_fetches = parallel(*[fetch(task_id=f"fetch_{c.lower()}", city=c) for c in CITIES])
        all_batches = chain(
            *[process_batch(task_id=f"batch_{i}", batch_id=i, data=[]) for i in range(1, 4)]
        )
        all_fetches >> all_batches
        print("returned:", wf.execute(echo=False))
        print("keys:", *wf.results)

    show("an instance as an argument is a dependency and a value")
    with workflow("values") as wf:
        reports = [fetch(task_id=city, city=city) for city in CITIES]
        join(task_id="join", reports=reports, title="Weather")
        print("returned:", wf.execute(echo=False))

    show("the joined step of a fan-in runs once")
    with workflow("fan-in") as wf:
        a, b, d = (fetch(task_id=key, city=key.upper()) for key in "abd")
        a >> d
        b >> d
        wf.execute(echo=False)
        print("ran:", *wf.results)

    show("members of a group run at the same time")
    with tempfile.TemporaryDirectory() as folder, workflow("together") as wf:
        Path(folder).chmod(0o777)  # in a cluster, tasks run under another user's name
        parallel(
            meet(task_id="here", name="here", other="there", folder=folder),
            meet(task_id="there", name="there", other="here", folder=folder),
        )
        wf.execute()

    show("a wrong call fails at the call")
    for call in (
        lambda: fetch("Tokyo"),
        lambda: fetch(town="Tokyo"),
        lambda: fetch(),
        lambda: fetch(city=7),
    ):
        try:
            call()
        except (TypeError, ValueError) as error:
            print("error:", error)

    show("task_id names the instance, so no parameter can have that name")
    try:

        @task
        def misnamed(task_id: str) -> str:
            return task_id

    except TaskDefinitionError as error:
        print("error:", error)

    show("steps that wait for each other")
    with workflow("circle") as wf:
        a, b = fetch(task_id="a", city="A"), fetch(task_id="b", city="B")
        a >> b >> a
        try:
            wf.execute()
        except DependencyError as error:
            print("error:", error)

    show("a function may be defined again; the later definition counts")
    with workflow("redefined") as wf:
        greet(task_id="tokyo", city="Tokyo")
        wf.execute()
