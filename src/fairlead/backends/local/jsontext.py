"""How references, options, failures and progress are written in the store's columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from fairlead.sdk.backend import DEFAULT_OPTIONS, Failure, Progress, Ref, TaskOptions

_DEFAULTS = asdict(DEFAULT_OPTIONS)


def dump_refs(refs: Sequence[Ref], ids: Sequence[str]) -> str | None:
    """Write references; positions become the ids of the tasks at those positions."""
    if not refs:
        return None
    return json.dumps(
        [
            [ref.path, ids[ref.task] if isinstance(ref.task, int) else ref.task, ref.kind]
            for ref in refs
        ]
    )


def load_refs(text: str | None) -> tuple[Ref, ...]:
    """Read references back."""
    if text is None:
        return ()
    return tuple(Ref(tuple(path), task, kind) for path, task, kind in json.loads(text))


def dump_options(options: TaskOptions) -> str | None:
    """Write what differs from the default options; None where nothing does."""
    if options is DEFAULT_OPTIONS:
        return None
    given = {name: value for name, value in asdict(options).items() if value != _DEFAULTS[name]}
    return json.dumps(given) if given else None


def load_options(text: str | None) -> TaskOptions:
    """Read options back."""
    return TaskOptions(**json.loads(text)) if text else DEFAULT_OPTIONS


def dump_failure(failure: Failure | None) -> str | None:
    """Write a failure."""
    return None if failure is None else json.dumps(asdict(failure))


def load_failure(text: str | None) -> Failure | None:
    """Read a failure back."""
    return None if text is None else Failure(**json.loads(text))


def dump_progress(progress: Sequence[Progress]) -> str | None:
    """Write progress."""
    return json.dumps([[p.label, p.done, p.total] for p in progress]) if progress else None


def load_progress(text: str | None) -> tuple[Progress, ...]:
    """Read progress back."""
    return tuple(Progress(*entry) for entry in json.loads(text)) if text else ()


def dump_fields(fields: dict[str, Any]) -> str | None:
    """Write a log record's fields; a value that is no JSON is written as its text."""
    return json.dumps(fields, default=str) if fields else None
