"""Submits a job of slow steps, or runs whatever is open, and notes each execution.

Arguments: ``submit``, ``wait`` (submit, and run it), ``run`` (whatever is open); then how
many steps.  Steps append a line to the file LEDGER, and wait for the file GATE if that is
set.
"""

from __future__ import annotations

import os
import sys
import time

from fairlead import Client, ExecutionContext, Task


class Step(Task):
    number: int

    def execute(self, context: ExecutionContext) -> int:
        context.progress("steps").add(2)
        context.progress("steps").done(1)
        context.logger.info("stepping", number=self.number)
        with open(os.environ["LEDGER"], "a") as ledger:
            ledger.write(f"{self.number}\n")
        gate = os.environ.get("GATE")
        while gate and not os.path.exists(gate) and not context.should_stop:
            time.sleep(0.005)
        time.sleep(0.005)
        return self.number


class Steps(Task):
    count: int

    def execute(self, context: ExecutionContext) -> object:
        return context.submit_subtasks([Step(number) for number in range(self.count)])


if __name__ == "__main__":
    mode, *rest = sys.argv[1:]
    if mode == "run":
        Client().runner().run_all()
    else:
        job = Client().jobs().submit("steps", Steps(int(rest[0])))
        print(job.id, flush=True)
        if mode == "wait":
            print(sum(job.wait().result), flush=True)
