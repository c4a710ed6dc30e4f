"""The workflow style: calling a task function binds it, and ``>>`` joins the instances.

Examples
--------
>>> from fairlead.workflow import task, workflow
>>> @task
... def fetch(city: str) -> str:
...     return f"Weather for {city}"
>>> with workflow("weather") as wf:
...     fetch(task_id="tokyo", city="Tokyo") >> fetch(task_id="paris", city="Paris")
...     wf.execute()
"""

from __future__ import annotations

from fairlead.sdk.styles import WorkflowTask
from fairlead.sdk.styles import workflow_task as task
from fairlead.sdk.workflows import BoundTask, Group, Workflow, chain, parallel, workflow

__all__ = [
    "BoundTask",
    "Group",
    "Workflow",
    "WorkflowTask",
    "chain",
    "parallel",
    "task",
    "workflow",
]
