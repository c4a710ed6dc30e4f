"""Session style: what tasks say goes to a handler of your own.

The handler's methods run where the task runs, so that a program with worker processes
sets the handler where the workers see it too: above the first call that starts work.
"""

from typing import Any

from fairlead.sessions import Session, TaskControl, task
from fairlead.sessions.control import TaskControlHandler, set_task_control_handler


class Printing(TaskControlHandler):
    """Prints everything with the name of the task."""

    def log(self, task_control: TaskControl, message: str, level: str, **extra: Any) -> None:
        print(f"{task_control.task_definition_name} [{level}] {message} {extra}", flush=True)

    def update_progress(
        self, task_control: TaskControl, progress: float, status: str | None
    ) -> None:
        print(f"{task_control.task_definition_name} {progress:.0f}% {status}", flush=True)

    def update_status(self, task_control: TaskControl, status: str) -> None:
        print(f"{task_control.task_definition_name}: {status}", flush=True)


class OnlyErrors(TaskControlHandler):
    """Overrides one method; the others stay as they are."""

    def log(self, task_control: TaskControl, message: str, level: str, **extra: Any) -> None:
        if level == "error":
            print(f"only errors: {message}", flush=True)


class Plain:
    """No subclass at all: three methods are enough."""

    def log(self, task_control: TaskControl, message: str, level: str, **extra: Any) -> None:
        print(f"plain: {message}", flush=True)

    def update_progress(
        self, task_control: TaskControl, progress: float, status: str | None
    ) -> None:
        print(f"plain: {progress:.0f}%", flush=True)

    def update_status(self, task_control: TaskControl, status: str) -> None:
        print(f"plain: {status}", flush=True)


@task
def work(tc: TaskControl, steps: int) -> str:
    tc.log("debugging", level="debug")
    tc.log("begins", steps=steps)
    for step in range(steps):
        tc.update_progress((step + 1) * 100 / steps, f"step {step + 1}")
    tc.update_status("nearly there")
    tc.log("something is odd", "warning")
    tc.log("something is wrong", "error", code=7)
    return "worked"


set_task_control_handler(Printing())
with Session(name="handled"):
    print(work.instance().start(2).result())

for handler in (OnlyErrors(), Plain()):
    set_task_control_handler(handler)
    print(work(1))

set_task_control_handler(None)
print(work(1))
