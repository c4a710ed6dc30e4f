"""Task classes: one task downloads a list of pictures, each by a subtask of its own.

The picture service is the function ``draw`` below.
"""

import random

from fairlead import Client, ExecutionContext, Task


def draw(seed: int, size: int = 16) -> bytes:
    """Return a small grey picture in the PGM format."""
    shades = random.Random(seed).randbytes(size * size)
    return f"P5 {size} {size} 255\n".encode() + shades


class DownloadImage(Task):
    """Saves one picture among the task's files."""

    seed: int

    def execute(self, context: ExecutionContext) -> int:
        context.current_task.display = f"image {self.seed}"
        picture = draw(self.seed)
        (context.files / f"image-{self.seed}.pgm").write_bytes(picture)
        context.logger.info("Saved", bytes=len(picture))
        return len(picture)


class DownloadImages(Task):
    """Submits a task for every picture; they are its children in the tree."""

    number: int

    def execute(self, context: ExecutionContext) -> None:
        progress = context.progress("pictures asked for")
        progress.add(self.number)
        for seed in range(self.number):
            context.submit_subtask(DownloadImage(seed), machine_size="small")
            progress.done(1)


if __name__ == "__main__":
    client = Client()
    job = client.jobs().submit("images", DownloadImages(5)).wait()
    root, *images = job.tasks()
    print(len(job.tasks()), "tasks")
    print("the pictures belong to the root:", {image.parent_id for image in images} == {root.id})
    print(*sorted(image.display for image in images), sep=", ")
    print([(one.label, one.done, one.total) for one in root.progress])
    client.jobs().display(job)
