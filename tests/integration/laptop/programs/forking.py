"""Tasks and a program that fork copies of themselves."""

from __future__ import annotations

import multiprocessing
import os
import sys

from fairlead import Client, ExecutionContext, Task


class Forks(Task):
    """The copy returns from the task like the original, raises, or leaves."""

    how: str

    def execute(self, context: ExecutionContext) -> int:
        child = os.fork()
        if child == 0:
            if self.how == "raises":
                raise ValueError("in the copy")
            if self.how == "leaves":
                sys.exit(3)
            return -1
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def double(number: int) -> int:
    return number * 2


class UsesPool(Task):
    def execute(self, context: ExecutionContext) -> list[int]:
        with multiprocessing.get_context("fork").Pool(2) as pool:
            return pool.map(double, range(4))


class Inner(Task):
    def execute(self, context: ExecutionContext) -> int:
        return os.getpid()


if __name__ == "__main__":
    # A copy of the program that ends in the ordinary way while the original runs a job.
    client = Client()
    job = client.jobs().submit("forks", [Forks("returns"), Forks("raises"), Forks("leaves")])
    pool = client.jobs().submit("pool", UsesPool())
    print(job.wait().result, pool.wait().result, flush=True)
    child = os.fork()
    if child == 0:
        print(Client().jobs().submit("own", Inner()).wait().result == os.getpid(), flush=True)
        sys.exit(5)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    print(client.jobs().submit("mine", Inner()).wait().result == os.getpid())
