"""One task function in every style: both decorators make the same kind of task.

What differs is what calling it does; each offers the other's way by name.
"""

from fairlead import Client, ExecutionContext, MachineGroup, Task
from fairlead.sessions import Session
from fairlead.sessions import task as session_task
from fairlead.workflow import task as workflow_task
from fairlead.workflow import workflow


@session_task(max_retries=1)
def double(number: int) -> int:
    return 2 * number


@workflow_task
def add(left: int, right: int) -> int:
    return left + right


@session_task
def log_twice(context: ExecutionContext, text: str) -> str:
    """A function may ask for the context that classes get, instead of a TaskControl."""
    context.logger.info("Said", text=text)
    context.current_task.display = f"log_twice({text})"
    return text * 2


@session_task
def factorial(number: int) -> int:
    """Waits inside a task: it gives up its worker meanwhile, so none is ever short."""
    if number < 2:
        return 1
    with Session():
        return number * factorial.instance().start(number - 1).result()


class Submits(Task):
    """A task class that submits task functions."""

    number: int

    def execute(self, context: ExecutionContext) -> object:
        doubled = context.submit_subtask(double.bind(self.number))
        return context.submit_subtask(add.bind(left=doubled, right=1))


if __name__ == "__main__":
    client = Client()

    print("called:", double(21), "and run:", add.run(left=1, right=2))

    with workflow("both") as wf:
        doubled = double.bind(4, task_id="doubled")
        add(task_id="sum", left=doubled, right=1)
        print("in a workflow:", wf.execute(echo=False), dict(wf.results))

    with Session(name="both"):
        future = double.instance().start(5)
        print("in a session:", add.instance().start(left=future, right=future).result())
        print("with the context:", log_twice.instance().start("ab").result())

    print("as a job:", client.jobs().submit("both", [double.bind(6), Submits(7)]).result)

    with MachineGroup("small", min_machines=1, max_machines=2, spot=True) as group:
        run = client.run(double.bind(8), on=group)
        print("as a run:", run.result())
    print("without a group:", client.run(Submits(9)).result())

    print("waiting inside:", factorial(6))
