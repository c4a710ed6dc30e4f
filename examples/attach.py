"""Runs: the queue of a machine group, and the same run in another process by its id."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fairlead import Client, ExecutionContext, MachineGroup, NotFoundError, Task, TaskRun
from fairlead.errors import TaskCancelledError


class Wait(Task):
    """Ends when a file is there."""

    file: str
    name: str

    def execute(self, context: ExecutionContext) -> str:
        context.current_task.display = self.name
        while not Path(self.file).exists() and not context.should_stop:
            time.sleep(0.005)
        (context.files / "name.txt").write_text(self.name)
        return f"{self.name} is done"


OTHER_PROCESS = """
import sys
from fairlead import TaskRun

run = TaskRun(sys.argv[1])
print("in another process:", run.status, run.get_position_in_queue(), run.get_metadata())
run.set_metadata({"seen": "yes"})
"""


def elsewhere(id: str) -> None:
    """Attach to a run from another process."""
    command = [sys.executable, "-c", OTHER_PROCESS, id]
    print(subprocess.run(command, capture_output=True, text=True, check=True).stdout, end="")


def wait_until(run: TaskRun, status: str) -> None:
    while run.status != status:
        time.sleep(0.005)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, MachineGroup("small", num_machines=1) as group:
        Path(folder).chmod(0o777)  # in a cluster, tasks run under another user's name
        client = Client()
        file = str(Path(folder, "go"))
        first = client.run(Wait(file, "first"), on=group)
        wait_until(first, "running")
        second, third, fourth, fifth = (
            client.run(Wait(file, name), on=group) for name in ("2nd", "3rd", "4th", "5th")
        )
        runs = first, second, third, fourth, fifth
        print("positions:", *(run.get_position_in_queue() for run in runs))

        first.set_metadata({"study": "queue"})
        elsewhere(first.id)
        elsewhere(third.id)
        print("metadata:", first.get_metadata())

        fourth.kill()
        print("killed while it waited:", fourth.status)
        try:
            fourth.result()
        except TaskCancelledError as error:
            print("error:", error)

        Path(file).touch()
        for run in (first, second, third, fifth):
            print(run.result(), run.status, run.list_files())

        sixth = client.run(Wait(file + "-that-never-comes", "6th"), on=group)
        wait_until(sixth, "running")
        sixth.kill()
        print("killed while it ran:", sixth.wait().status)

        print("attached:", TaskRun(second.id).result())
        missing = TaskRun("nosuchrun")  # nothing is looked up yet
        try:
            print(missing.status)
        except NotFoundError as error:
            print("error:", error)
