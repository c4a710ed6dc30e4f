"""``fairlead releases show``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from fairlead.cli.cluster import Namespace, open_cluster
from fairlead.cli.options import Output, ReleaseArgument
from fairlead.cli.output import OutputFormat, emit

if TYPE_CHECKING:
    from fairlead.cli.releases.records import Object


def show(
    context: typer.Context,
    release: ReleaseArgument,
    namespace: Namespace = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Show a release: where its code is, whether it can be used, and its tasks."""
    from fairlead.cli.releases.lookup import one_release
    from fairlead.cli.releases.records import release_record

    record = release_record(one_release(open_cluster(context, namespace), release))
    emit(record, output, lambda: _text(record))


def _text(record: Object) -> str:
    from fairlead.cli.table import render_answer

    facts = [
        ("Name", record["name"]),
        ("Stage", record["stage"].upper()),
        ("Program", record["program"]),
        ("Description", record["description"]),
        ("Made from", record["source"]),
        ("Published", record["created"]),
        ("Image", record["image"] or "the installation's"),
        ("Code", _code(record)),
        ("Ready", _ready(record)),
    ]
    lines = [f"{name + ':':<13}{value}" for name, value in facts if value]
    headings = ["IDENTIFIER", "VERSION", "ENTRY POINT", "SCOPE", "SIZE", "RETRIES", "TIMEOUT"]
    rows = [[_cell(value) for value in _task(task)] for task in record["tasks"]]
    return "\n".join([*lines, "", render_answer(headings, rows)])


def _code(record: Object) -> str:
    if record["sha256"] is None:
        return str(record["held"])
    return f"{record['size'] / 1024:.1f} KiB {record['held']}, sum {record['sha256']}"


def _ready(record: Object) -> str:
    from fairlead.cli.commands.releases.list import readiness

    reason = record["reason"] if record["ready"] is False else None
    return readiness(record["ready"]) + (f": {reason}" if reason else "")


def _task(task: Object) -> list[object]:
    names = ("identifier", "version", "entry_point", "scope", "machine_size", "max_retries")
    timeout = task["timeout"]
    return [*(task[name] for name in names), None if timeout is None else f"{timeout} s"]


def _cell(value: object) -> str:
    return "-" if value is None else str(value)
