"""What the zygote and its workers call in a pod: load the release, run what it lists.

Nothing of this is imported by the agent.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from fairlead.errors import ProgramError
from fairlead.releases.loading import Listed, Loaded, load_tasks
from fairlead.runner.execute import execute
from fairlead.runner.pod.importing import showing
from fairlead.runner.pod.settings import PodSettings, from_environment
from fairlead.sdk.attempt import AttemptHost, AttemptOrder, AttemptOutcome, OutcomeKind
from fairlead.sdk.backend import Failure
from fairlead.sdk.definitions import TaskDefinition
from fairlead.sdk.settings import BACKEND, RELEASE

LOADER = f"{__name__}:load_release"
EXECUTOR = f"{__name__}:execute_listed"

_loaded: Loaded = {}


def package_folder(settings: PodSettings) -> str | None:
    """Return where the release's archive is unpacked; None where the image has the code."""
    release = settings.release
    return os.path.join(settings.work, "package") if release.package or release.archive else None


def load_release(name: str) -> None:
    """Import the pod's release in the zygote, for all workers to come."""
    settings = from_environment()
    _enter(settings)
    tasks = [Listed(one.identifier, one.version, one.entry_point) for one in settings.release.tasks]
    with showing(Path(settings.work)):
        _loaded.update(load_tasks(package_folder(settings), tasks))
    for definition in _loaded.values():
        _prepare(definition)


def _enter(settings: PodSettings) -> None:
    """Be where tasks are, with the environment that they see."""
    os.environ["TMPDIR"] = settings.tmp
    # A client inside a task means this cluster, and runs what this pod runs.
    os.environ.setdefault(BACKEND.name, "kubernetes")
    os.environ.setdefault(RELEASE.name, settings.release.name)
    os.chdir(os.path.join(settings.work, "task"))


def _prepare(definition: TaskDefinition) -> None:
    """Build what a task needs once and for all, so that not every worker does."""
    # What is wrong with a definition is told where a task of it runs.
    with contextlib.suppress(Exception):
        _ = definition.codec.types
        _ = definition.results.is_annotated


def execute_listed(order: AttemptOrder, host: AttemptHost) -> AttemptOutcome:
    """Run an order with the definition that the agent has chosen from the release's list."""
    version = order.chosen[0] if order.chosen is not None else order.version
    definition = _loaded.get((order.identifier, version))
    if definition is not None:
        return execute(definition, order, host)
    message = f"the release has loaded no task {order.identifier} {version}"
    failure = Failure("ERROR", ProgramError.__name__, message, ProgramError.__module__)
    return AttemptOutcome(OutcomeKind.NON_RETRYABLE, failure=failure)
