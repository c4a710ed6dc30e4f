"""Jobs from outside: submitted, found, suspended, cancelled, retried, cloned, asked.

Half of the job is done when it fails; once the cause is gone, a retry runs only what had
not succeeded.
"""

import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from fairlead import Client, ExecutionContext, Job, LocalFileSystemCache, NotFoundError, Task


class Load(Task):
    """Fails as long as there is no file that says the data is there."""

    ready: str
    number: int

    def execute(self, context: ExecutionContext) -> int:
        context.job_cache.group("loaded")[str(self.number)] = b"1"
        if self.number == 2 and not Path(self.ready).exists():
            raise FileNotFoundError("the data has not come yet")
        context.logger.info("Loaded", number=self.number)
        return self.number


class Total(Task):
    loaded: list[int]

    def execute(self, context: ExecutionContext) -> dict[str, object]:
        return {"total": sum(self.loaded), "cached": list(context.job_cache.group("loaded"))}


class LoadAll(Task):
    """Loads one after the other."""

    ready: str

    def execute(self, context: ExecutionContext) -> object:
        loaded = [context.submit_subtask(Load(self.ready, 0))]
        for number in (1, 2, 3):
            loaded.append(context.submit_subtask(Load(self.ready, number), depends_on=[loaded[-1]]))
        return context.submit_subtask(Total(loaded))


class Patient(Task):
    """Works until it is asked to stop."""

    def execute(self, context: ExecutionContext) -> str:
        context.submit_subtask(Total([1]))
        while not context.should_stop:
            time.sleep(0.005)
        return "stopped by itself"


def say(title: str, job: Job) -> None:
    states = Counter(task.state.value for task in job.tasks())
    print(f"{title}: {job.state.value}", dict(sorted(states.items())))


def wait_for(job: Job, state: str) -> None:
    while all(task.state.value != state for task in job.tasks()):
        time.sleep(0.005)


if __name__ == "__main__":
    client = Client()
    jobs = client.jobs()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)  # in a cluster, tasks run under another user's name
        ready = str(Path(folder, "ready"))
        cache = LocalFileSystemCache(Path(folder, "cache"))
        runner = client.runner(tasks=[LoadAll, Load, Total], cache=cache)

        job = jobs.submit("load", LoadAll(ready))
        jobs.suspend(job)
        runner.run_all()
        say("suspended", job)
        jobs.resume("load")  # the newest of that name
        runner.run_all()
        say("without data", job)
        try:
            print(job.result)
        except FileNotFoundError as error:
            print("error:", error)

        Path(ready).touch()
        print("tasks to run again:", jobs.retry(job))
        runner.run_all()
        say("retried", job)
        print("result:", job.result, "after", len(job.tasks(history=True)), "task objects")

        again = jobs.clone(job)
        runner.run_all()
        print("a clone:", again.result, again.id != job.id, again.name)
        print("found by id:", jobs.find(job.id).id == job.id)
        print("newest of that name:", jobs.find("load").id == again.id)

    for record in jobs.logs(again):
        print("log:", record.level, record.message, record.fields)

    # Cancelled from another thread, as `fairlead jobs cancel` would from another process.
    job = jobs.submit("patient", Patient())
    thread = threading.Thread(target=job.wait)
    thread.start()
    wait_for(job, "RUNNING")
    jobs.cancel(job)
    thread.join()
    say("cancelled", job)

    print("jobs:", *(f"{one.name}={one.state.value}" for one in jobs.query()))
    print("cancelled ones:", len(jobs.query(states=["CANCELLED"])))
    try:
        jobs.find("nothing")
    except NotFoundError as error:
        print("error:", error)
