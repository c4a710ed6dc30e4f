"""The tables, in Markdown, which reads well in a terminal and in the docs alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

from benchlib.goals import goals
from benchlib.plan import CHAIN, FAN, PROCESSES, PROGRAMS
from benchlib.record import Record, Sample
from benchlib.stats import Spread, cpu_us, ratio, samples, sizes, summary, wall_us

KINDS = (
    ("fan", ("fan", "durable"), FAN, "Fan of no-op tasks in the lightest local mode"),
    ("processes", ("processes",), PROCESSES, "Fan of no-op tasks on two worker processes"),
    ("chain", ("chain",), CHAIN, "Chain: every task depends on the one before it"),
)
"""Our kind, the peers' kinds that stand beside it, our size that they are set against, title."""


def markdown(record: Record) -> str:
    """Return everything that was measured, as the docs show it."""
    parts = [_origin(record), _goal_table(record)]
    parts += [_kind_table(record, *row) for row in KINDS]
    parts += [_one_table(record), _import_table(record), _failure_list(record)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _origin(record: Record) -> str:
    machine = record.machine
    return (
        f"Measured on {machine['date']} with `{record.command}` at commit {machine['commit']}: "
        f"{record.rounds} interleaved round{'s'[: record.rounds > 1]} in "
        f"{record.seconds:.0f} s on "
        f"{machine['cores']} cores ({machine['cpu']}, {machine['memory_gib']} GiB, "
        f"{machine['file_system']}, Linux {machine['kernel']}, Python {machine['python']}; "
        f"load before {machine['load_before']}; network: {machine['network']}). "
        "Figures are medians, with the least and the greatest round in brackets; "
        "CPU is user and system time of the whole process tree; "
        "ratios are taken inside each round."
    )


def _goal_table(record: Record) -> str:
    rows = [
        (
            goal.name,
            f"{'<=' if goal.at_most else '>='} {goal.bound:g} {goal.unit}",
            show(goal.measured, goal.unit),
            goal.verdict,
        )
        for goal in goals(record)
    ]
    return "### Goals\n\n" + table(("goal", "bound", "measured", "verdict"), rows)


def _kind_table(record: Record, kind: str, beside: Sequence[str], size: int, title: str) -> str:
    ours = samples(record, "fairlead", kind, size)
    rows = []
    for group in _groups(record, *beside):
        first = group[0]
        rows.append(
            (
                f"{first.peer} {first.version}",
                f"{first.tasks:,}",
                show(summary(group, wall_us)),
                show(summary(group, cpu_us)),
                show(ratio(group, ours, wall_us), "x"),
                show(ratio(group, ours, cpu_us), "x"),
                str(len(group)),
                first.mode,
            )
        )
    if not rows:
        return ""
    head = [
        *("system", "tasks", "wall, µs a task", "CPU, µs a task"),
        *(f"wall / ours at {size:,}", "CPU / ours", "rounds", "how it ran"),
    ]
    return f"### {title}\n\n" + table(head, rows)


def _one_table(record: Record) -> str:
    rows = [
        (
            f"{group[0].peer} {group[0].version}",
            show(summary(group, wall_us), scale=1e-3),
            show(summary(group, cpu_us), scale=1e-3),
            str(len(group)),
        )
        for group in _groups(record, "one")
    ]
    head = ("system", "wall, ms", "CPU, ms", "rounds")
    title = "### A program that runs one task, from its start to the end of its last process"
    return f"{title}\n\n" + table(head, rows) if rows else ""


def _import_table(record: Record) -> str:
    rows = [
        (f"`{row['module']}`", f"{row['cumulative_us'] / 1e3:.1f}", f"{row['own_us'] / 1e3:.1f}")
        for row in record.import_times
    ]
    title = "### Where the import of Client, Task and ExecutionContext spends its time"
    return (
        f"{title}\n\n" + table(("module", "with what it imports, ms", "own, ms"), rows)
        if rows
        else ""
    )


def _failure_list(record: Record) -> str:
    lines = [f"* `{name}`: {reason}" for name, reason in record.failures.items()]
    return "### Not measured\n\n" + "\n".join(lines) if lines else ""


def _groups(record: Record, *kinds: str) -> Iterable[list[Sample]]:
    """Return the samples of some kinds, a group for each peer, kind and size."""
    for peer, kind in product(PROGRAMS, kinds):
        for size in sizes(record, peer, kind):
            yield samples(record, peer, kind, size)


def show(value: Spread | None, unit: str = "", scale: float = 1.0) -> str:
    """Write a median and its spread in as many digits as they deserve."""
    if value is None:
        return "-"
    value = value.scaled(scale)
    unit = f" {unit}" if unit else ""
    return f"{digits(value.middle)}{unit} [{digits(value.low)} - {digits(value.high)}]"


def digits(number: float) -> str:
    """Write a number with three significant digits, whole ones in full."""
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if abs(number) >= 10 else f"{number:.2f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a Markdown table whose columns stand under each other."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines)
