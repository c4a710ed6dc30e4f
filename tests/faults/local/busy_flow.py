"""Does one thing again and again until it is killed; which, is its argument.

Each leaf appends its number to the file named in ``LEDGER``.
"""

from __future__ import annotations

import os
import sys
import threading
import time

from fairlead import Client, ExecutionContext, Job, Task
from fairlead.sessions import Session, task


class Leaf(Task):
    number: int

    def execute(self, context: ExecutionContext) -> int:
        with open(os.environ["LEDGER"], "a", encoding="utf-8") as ledger:
            ledger.write(f"{self.number}\n")
        time.sleep(0.002)
        return self.number


class Group(Task):
    first: int
    count: int

    def execute(self, context: ExecutionContext) -> None:
        numbers = range(self.first, self.first + self.count)
        context.submit_subtasks([Leaf(number) for number in numbers])


class Everything(Task):
    def execute(self, context: ExecutionContext) -> None:
        context.submit_subtasks([Group(first, 20) for first in range(0, 400, 20)])


@task(max_parallel=2)
def nap(number: int) -> int:
    time.sleep(0.005)
    return number


def ready() -> None:
    print("ready", flush=True)


def submit_many(client: Client) -> None:
    while True:
        client.jobs().submit("many", [Leaf(number) for number in range(20)])
        ready()


def cancel_and_retry(client: Client) -> None:
    job = client.jobs().find("all")
    ready()
    while job.state.value != "COMPLETED":
        if job.state.value in ("FAILED", "CANCELLED"):
            client.jobs().retry(job)
        threading.Thread(target=wait, args=(job,), daemon=True).start()
        time.sleep(0.02)
        client.jobs().cancel(job)
        job.wait()
    time.sleep(60)


def wait(job: Job) -> None:
    job.wait()


def sessions() -> None:
    while True:
        with Session() as session:
            futures = [session.instance(nap).start(number) for number in range(8)]
            futures[0].result()
        ready()


if __name__ == "__main__":
    mode, client = sys.argv[1], Client()
    if mode == "submit":
        client.jobs().submit("all", Everything())
    elif mode == "run":
        ready()
        client.runner().run_all()
    elif mode == "retry":
        client.jobs().retry("all")
    elif mode == "submit many":
        submit_many(client)
    elif mode == "cancel and retry":
        cancel_and_retry(client)
    else:
        sessions()
