"""``docs/reference/states.md``: the state diagrams, drawn from the core's own tables."""

from __future__ import annotations

import pages
from fairlead.core.diagram import job_diagram, task_diagram


def text() -> str:
    """Return the page."""
    return pages.page(
        "States",
        "The diagrams are drawn from the tables that the core itself obeys: what they do not "
        "show cannot happen.",
        "## Tasks",
        "A task is COMPLETED only when its own execution and all its subtasks have ended well; "
        "only then do the tasks that depend on it become runnable. Final states never change.",
        _mermaid(task_diagram()),
        "## Jobs",
        "A final state is final for one run of the job; retrying a failed or cancelled job opens "
        "its next run.",
        _mermaid(job_diagram()),
    )


def _mermaid(diagram: str) -> str:
    return f"```mermaid\n{diagram.strip()}\n```"
