"""A job of 2,002 tasks that notes each execution outside the store, for the kill test.

Run with ``submit`` it submits the job and prints its id; with ``run`` it runs whatever
is open.  Each leaf appends a line to the file named in ``LEDGER`` before it works.
"""

from __future__ import annotations

import os
import sys
import time

from fairlead import Client, ExecutionContext, Task

GROUPS, LEAVES = 40, 48


class Leaf(Task):
    number: int

    def execute(self, context: ExecutionContext) -> int:
        note("leaf", self.number)
        time.sleep(0.03)
        return self.number


class Total(Task):
    parts: list[int]
    group: int

    def execute(self, context: ExecutionContext) -> int:
        note("total", self.group)
        return sum(self.parts)


class Group(Task):
    group: int

    def execute(self, context: ExecutionContext) -> object:
        note("group", self.group)
        first = self.group * LEAVES
        leaves = context.submit_subtasks([Leaf(first + number) for number in range(LEAVES)])
        return context.submit_subtask(Total(leaves, self.group))


class Everything(Task):
    def execute(self, context: ExecutionContext) -> object:
        note("everything", 0)
        groups = context.submit_subtasks([Group(number) for number in range(GROUPS)])
        return context.submit_subtask(Total(groups, -1))


def note(kind: str, number: int) -> None:
    with open(os.environ["LEDGER"], "a", encoding="utf-8") as ledger:
        ledger.write(f"{kind} {number}\n")


if __name__ == "__main__":
    client = Client()
    if sys.argv[1] == "submit":
        print(client.jobs().submit("kill", Everything()).id)
    else:
        client.runner(tasks=[Leaf, Total, Group, Everything]).run_all()
