"""The tasks of a release: what a process's definitions say of them."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Iterator, Mapping

from pydantic import ValidationError

from fairlead.api.release import MAX_RELEASE_TASKS, ReleaseTask
from fairlead.api.values import Retry
from fairlead.errors import ReleaseError, TaskDefinitionError
from fairlead.releases.program import Program
from fairlead.sdk.backend import TaskOptions
from fairlead.sdk.definitions import TaskDefinition
from fairlead.sdk.registry import conflict, registry

MAX_SCHEMA = 16384
"""The longest JSON schema that a Release holds; a longer one is left out."""

MAX_SCHEMAS = 64 * 1024
"""How long all of them may be together, so that no Release becomes too large to be stored."""

MAX_LIST = 88 * 1024
"""How long the list of tasks may be: a runner gets it as one variable, of 128 KiB at most."""


def release_tasks(
    program: Program, must: Collection[TaskDefinition] = (), *, strict: bool = False
) -> list[ReleaseTask]:
    """Return the tasks that a program's modules define, those of the program itself first.

    They are what this process has defined already; nothing is imported.

    Parameters
    ----------
    program
        The program.
    must
        Definitions that have to be among them.
    strict
        Whether two definitions of one identifier and version are an error even where no one
        asks for them; else both are left out, as no runner could tell which to run.

    Raises
    ------
    ReleaseError
        If there is none, or there are too many, or one cannot be named.
    ConflictingDefinitionError
        If two have the same identifier and version.
    """
    modules = {module.file: module.name for module in program.modules.values() if module.file}
    defined = sorted(_defined_in(modules), key=lambda one: _order(one, program, modules))
    found = _without_conflicts(defined, defined if strict else must)
    if not found:
        raise ReleaseError(
            f"{program.starts[0].file} and what it imports define no task; a definition must"
            " stand at the top of a file, above the first call that starts work"
        )
    if len(found) > MAX_RELEASE_TASKS:
        raise ReleaseError(
            f"{program.name} defines {len(found)} tasks, but a release holds {MAX_RELEASE_TASKS};"
            " publish its parts as releases of their own"
        )
    listed = [_release_task(one, modules[one.origin.file or ""]) for one in found]
    _check_size(listed, program.name)
    return _with_schemas(listed, found)


def _defined_in(modules: Mapping[str, str]) -> Iterator[TaskDefinition]:
    for definition in registry:
        if definition.importable and definition.origin.file in modules:
            yield definition


def _order(
    definition: TaskDefinition, program: Program, modules: Mapping[str, str]
) -> tuple[bool, str, int, str]:
    origin = definition.origin
    starts = {module.file for module in program.starts}
    return origin.file not in starts, modules[origin.file or ""], origin.line, origin.qualname


def _without_conflicts(
    defined: Iterable[TaskDefinition], must: Collection[TaskDefinition]
) -> list[TaskDefinition]:
    same: dict[tuple[str, str], list[TaskDefinition]] = {}
    for definition in defined:
        same.setdefault((definition.identifier, definition.version), []).append(definition)
    for one, *others in same.values():
        if others and any(wanted in must for wanted in (one, *others)):
            raise conflict(one, others[0])
    return [one for one, *others in same.values() if not others]


def _release_task(definition: TaskDefinition, module: str) -> ReleaseTask:
    entry_point = f"{module}:{definition.origin.qualname}"
    options = definition.options
    try:
        return ReleaseTask(
            identifier=definition.identifier,
            version=definition.version,
            entry_point=entry_point,
            scope="Global" if definition.source is None else "Release",
            machine_size=options.machine_size,
            max_parallel=options.max_parallel,
            timeout_seconds=None if options.timeout is None else math.ceil(options.timeout),
            retry=_retry(options),
        )
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(map(str, problem["loc"]))
        raise ReleaseError(
            f"{definition.place} cannot be in a release: {field}: {problem['msg']}, not"
            f" {problem['input']!r}"
        ) from None


def _check_size(listed: Iterable[ReleaseTask], program: str) -> None:
    size = sum(len(json.dumps(task.to_dict())) for task in listed)
    if size > MAX_LIST:
        raise ReleaseError(
            f"the names of the tasks of {program} take {size:,} bytes, more than the {MAX_LIST:,}"
            " that a runner can be told; publish its parts as releases of their own"
        )


def _with_schemas(
    listed: Iterable[ReleaseTask], found: Iterable[TaskDefinition]
) -> list[ReleaseTask]:
    """Return the tasks with the schemas of their inputs, as many as there is room for."""
    room = MAX_SCHEMAS
    tasks = []
    for task, definition in zip(listed, found, strict=True):
        schema = _input_schema(definition)
        if schema is not None and len(schema) <= room:
            room -= len(schema)
            task = task.model_copy(update={"input_schema": schema})
        tasks.append(task)
    return tasks


def _retry(options: TaskOptions) -> Retry | None:
    """Return how often tasks run again; the cluster counts pauses in whole seconds."""
    if not options.max_retries:
        return None
    return Retry(
        limit=options.max_retries,
        backoff_seconds=math.ceil(options.backoff),
        max_backoff_seconds=math.ceil(options.max_backoff),
    )


def _input_schema(definition: TaskDefinition) -> str | None:
    try:
        schema = definition.input_json_schema()
    except TaskDefinitionError:
        return None  # said when a task of it is submitted, and only then
    if schema is None:
        return None
    text = json.dumps(schema, separators=(",", ":"), sort_keys=True)
    return text if len(text) <= MAX_SCHEMA else None
