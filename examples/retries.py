"""Task classes: how often a failing task runs, and what becomes of its job."""

import tempfile
import time
from collections import Counter
from pathlib import Path

from fairlead import Client, ExecutionContext, Job, NonRetryableError, Task


class Flaky(Task):
    """Fails until the attempt of the given number."""

    succeeds_at: int

    def execute(self, context: ExecutionContext) -> str:
        attempt = context.current_task.attempt
        if attempt < self.succeeds_at:
            raise ConnectionError(f"attempt {attempt} did not get through")
        return f"attempt {attempt} got through"


class Hopeless(Task):
    """Knows that it need not be tried again."""

    def execute(self, context: ExecutionContext) -> None:
        raise NonRetryableError("there is no such city")


class Hangs(Task):
    """Takes longer than it may; it runs in a worker process, which can be killed."""

    def execute(self, context: ExecutionContext) -> None:
        time.sleep(60)


class Impatient(Task):
    def execute(self, context: ExecutionContext) -> object:
        return context.submit_subtask(Hangs(), timeout=0.1, max_retries=1, backoff=0.01)


class LeavesNothing(Task):
    """Submits subtasks and then fails: those of a failed attempt are gone."""

    folder: str

    def execute(self, context: ExecutionContext) -> None:
        first = not Path(self.folder, "tried").exists()
        names = ["a", "b", "c"] if first else ["d"]
        for name in names:
            context.submit_subtask(Note(self.folder, name))
        if first:
            Path(self.folder, "tried").touch()
            raise RuntimeError("after three submissions")


class Note(Task):
    folder: str
    name: str

    def execute(self, context: ExecutionContext) -> None:
        Path(self.folder, self.name).touch()


class FailsInTheMiddle(Task):
    """A chain whose second task fails; what is queued behind it is cancelled."""

    def execute(self, context: ExecutionContext) -> None:
        first = context.submit_subtask(Flaky(1))
        second = context.submit_subtask(Flaky(2), depends_on=[first])
        context.submit_subtasks([Flaky(1), Flaky(1)], depends_on=[second])


class RetriesInside(Task):
    def execute(self, context: ExecutionContext) -> object:
        return context.submit_subtask(Flaky(6), max_retries=5, backoff=0.01)


def show(title: str, job: Job) -> None:
    print(f"-- {title}", flush=True)
    try:
        print(repr(job.wait().result))
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
    states = Counter(f"{task.state.value} at attempt {task.attempt}" for task in job.tasks())
    print(job.state.value, "with", dict(sorted(states.items())))


if __name__ == "__main__":
    jobs = Client().jobs()
    show("no retries unless asked for", jobs.submit("plain", Flaky(2)))
    show("five retries are six executions", jobs.submit("five", RetriesInside()))
    show("one too few", jobs.submit("one", Flaky(3), max_retries=1, backoff=0.01))
    show("no use", jobs.submit("hopeless", Hopeless(), max_retries=5))
    show("a time limit", jobs.submit("hangs", Impatient()))
    show("the whole job fails", jobs.submit("middle", FailsInTheMiddle()))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)  # in a cluster, tasks run under another user's name
        task = LeavesNothing(folder)
        show("a retry starts afresh", jobs.submit("afresh", task, max_retries=1, backoff=0.01))
        print(*sorted(path.name for path in Path(folder).iterdir()))
