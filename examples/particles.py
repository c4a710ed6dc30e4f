"""Runs: a simulation on a machine group, followed by its id.

There is no ``__main__`` guard: the workers of the group that import this program stop at
``start``.  The simulator is a column of particles that fall and bounce.
"""

import json
import tempfile
from pathlib import Path

from fairlead import Client, ExecutionContext, MachineGroup, Task, TaskError, TaskRun


class Simulate(Task):
    """Reads its configuration from a folder and leaves a file for every frame."""

    input_dir: str
    config_filename: str

    def execute(self, context: ExecutionContext) -> dict[str, float]:
        config = json.loads(Path(self.input_dir, self.config_filename).read_text())
        heights = [1.0 + 0.5 * number for number in range(config["particles"])]
        speeds = [0.0] * len(heights)
        frames = context.progress("frames")
        frames.add(config["frames"])
        for frame in range(config["frames"]):
            for number, height in enumerate(heights):
                speeds[number] -= 9.81 * config["step"]
                heights[number] = height + speeds[number] * config["step"]
                if heights[number] < 0:
                    heights[number], speeds[number] = 0.0, -0.8 * speeds[number]
            text = "".join(f"{height:.4f}\n" for height in heights)
            (context.files / f"frame-{frame:02}.txt").write_text(text)
            frames.done(1)
        context.logger.info("Simulated", particles=len(heights), frames=config["frames"])
        return {"highest": round(max(heights), 4)}


def prepare() -> str:
    """Write what the simulation reads, as a download would."""
    folder = tempfile.mkdtemp()
    Path(folder).chmod(0o755)  # in a cluster, tasks run under another user's name
    config = {"particles": 5, "frames": 8, "step": 0.02}
    Path(folder, "config.json").write_text(json.dumps(config))
    return folder


client = Client()
machine_group = MachineGroup("small")
machine_group.start()

input_dir = prepare()
run = client.run(Simulate(input_dir, config_filename="config.json"), on=machine_group)
run.wait()
print(run.status, run.state.value, run.result())

print("an id of", len(run.id), "characters:", run.id.isalnum() and run.id == run.id.lower())
print("in the queue:", run.get_position_in_queue())
print(*run.list_files())
with tempfile.TemporaryDirectory() as folder:
    downloaded = run.download(folder)
    print("downloaded:", len(downloaded), Path(folder, "frame-07.txt").read_text().split())

# The same once more is another run, with another id.
again = client.run(Simulate(input_dir, config_filename="config.json"), on=machine_group)
print("the same run:", again.id == run.id, "the same result:", again.result() == run.result())

# Texts under names, for yourself and others; nothing but texts.
run.set_metadata({"study": "bounce", "particles": str(5)})
print(TaskRun(run.id).get_metadata())
for wrong in ({"particles": 5}, {"": "empty"}, ["study"]):
    try:
        run.set_metadata(wrong)
    except (TypeError, ValueError) as error:
        print(f"{type(error).__name__}: {error}")

machine_group.terminate()
try:
    client.run(Simulate(input_dir, config_filename="config.json"), on=machine_group)
except TaskError as error:
    print("error:", str(error).replace(machine_group.name, "the group"))
