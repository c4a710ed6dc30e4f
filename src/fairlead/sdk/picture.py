"""The picture of a job's tree: text on a terminal, SVG in a notebook."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Sequence

from fairlead.sdk.backend import JobView, TaskView
from fairlead.sdk.display import render_svg, render_text


class JobPicture:
    """A job's tree of tasks at one moment; its text is the tree, notebooks draw it."""

    def __init__(self, job: JobView, tasks: Sequence[TaskView]) -> None:
        self._job = job
        self._tasks = tasks
        self._now = time.time()

    def __str__(self) -> str:
        width = shutil.get_terminal_size((100, 24)).columns
        return render_text(self._job, self._tasks, width=width, now=self._now)

    def __repr__(self) -> str:
        return f"<picture of job {self._job.name}, {len(self._tasks)} tasks>"

    def _repr_svg_(self) -> str:
        return render_svg(self._job, self._tasks, now=self._now)

    def svg(self) -> str:
        """Return the picture as an SVG document."""
        return self._repr_svg_()


def show(picture: JobPicture) -> None:
    """Print a picture; what the output's encoding lacks is written with escapes."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(str(picture).encode(encoding, "backslashreplace").decode(encoding))


def in_notebook() -> bool:
    """Return whether the program runs in a notebook, which draws what a cell ends with."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")
