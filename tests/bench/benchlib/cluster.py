"""The tables of what runs on clusters, as the docs show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchlib.goals import Goal
from benchlib.report import digits, show, table
from benchlib.stats import Spread, spread

PAGE = Path(__file__).resolve().parents[3] / "docs" / "performance.md"

Figures = Mapping[str, float]

CPU = "operator's CPU, ms a task"
RATIO = "ratio to the bare loop"
JOB_BYTES = "Job, bytes"

NOTE = (
    "Pods run on fake nodes, and a process of the benchmark plays their runners; it, the bare loop "
    "and the operator are the cluster's administrator, and the fence is not installed, so its "
    "policies cost nothing here. The bare loop creates each Task, writes the intent and creates "
    "the pod with as many requests under way as the operator (64), and decides nothing; all "
    "other writes are the same."
)


def document(scale: Mapping[str, Any], handoff: Mapping[str, Any] | None) -> str:
    """Return what was measured on fake nodes and, where given, on real ones."""
    parts = [_origin(scale), _goals(scale), "#### One new pod for each task, on fake nodes", NOTE]
    parts.append(rounds_table(_by_kind(scale["rounds"])))
    if scale["large"]:
        parts += ["#### One large job beside small ones, on fake nodes", _large(scale["large"])]
    if handoff is not None:
        parts += ["#### Chains and fans on real nodes", rounds_table(handoff["rounds"])]
        parts.append(f"Load before: {handoff['load']:.1f}.")
    return "\n\n".join(parts) + "\n"


def _origin(scale: Mapping[str, Any]) -> str:
    machine, rounds = scale["machine"], len(scale["rounds"])
    return (
        f"Measured on {scale['date']} with `{scale['command']}` at commit {machine['commit']}: "
        f"{rounds} interleaved round{'s'[: rounds != 1]} of {scale['tasks']} tasks, "
        f"{scale['seconds']:.0f} s in all, on {machine['cores']} cores ({machine['cpu']}, "
        f"{machine['memory_gib']} GiB, Linux {machine['kernel']}, Python {machine['python']}; "
        f"load before {machine['load_before']}), control plane and runners included. "
        "Writes are counted for each task, from the API server's audit log; those of the "
        "cluster are its scheduler's, controllers' and nodes'."
    )


def goals(scale: Mapping[str, Any]) -> list[Goal]:
    """Return the bounds on what was measured on fake nodes."""

    def operator(name: str) -> Spread | None:
        found = (one.get("operator", {}) for one in scale["rounds"])
        return spread(figures[name] for figures in found if name in figures)

    def single(value: float | None) -> Spread | None:
        return None if value is None else spread([value])

    large = scale["large"]
    ratios = cost_ratios(large) if large else {}
    sizes = large["bytes"] if large else {}
    listed = operator(JOB_BYTES)
    most = max([*sizes.values(), *([listed.high] if listed else [])], default=None)
    return [
        Goal("one new pod for each task", "tasks/s", 40, operator("tasks a second"), False),
        Goal("the same, beside the bare loop", "x", 0.6, operator(RATIO), False),
        Goal("writes of the operator for a task", "", 3, operator("writes of the operator")),
        Goal("writes in all for a task", "", 13, operator("writes")),
        Goal("the operator's CPU for a task", "ms", 5, operator(CPU)),
        *(
            Goal(f"a task of a large job, beside a small one: {name}", "x", 1.3, single(value))
            for name, value in ratios.items()
        ),
        Goal("largest object", "bytes", 100_000, single(most)),
        Goal("a Task without values", "bytes", 4000, single(sizes.get("Task without values"))),
    ]


def _goals(scale: Mapping[str, Any]) -> str:
    rows = [
        (
            goal.name,
            f"{'<=' if goal.at_most else '>='} {goal.bound:,g} {goal.unit}".rstrip(),
            show(goal.measured, goal.unit),
            goal.verdict,
        )
        for goal in goals(scale)
    ]
    return table(("goal", "bound", "measured", "verdict"), rows)


def _by_kind(rounds: Sequence[Mapping[str, Figures]]) -> dict[str, list[Figures]]:
    found: dict[str, list[Figures]] = {}
    for one in rounds:
        for kind in sorted(one):
            found.setdefault(kind, []).append(one[kind])
    return found


def rounds_table(found: Mapping[str, Sequence[Figures]]) -> str:
    """Return a table of medians, with the least and the greatest round."""
    rows = [
        (kind, name, show(spread(figures[name] for figures in rounds if name in figures)))
        for kind, rounds in found.items()
        for name in dict.fromkeys(name for figures in rounds for name in figures)
    ]
    return table(("what", "figure", "median [rounds]"), rows)


def _large(large: Mapping[str, Any]) -> str:
    """Return what a task costs in jobs of two sizes, and how large objects are."""
    one, small = large["large"], large["small"]
    rows = [
        (name, show(spread(figures[name] for figures in small)), digits(one[name]))
        for name in one
        if all(name in figures for figures in small)
    ]
    heads = ("figure", f"jobs of {large['small tasks']:,}", f"job of {large['tasks']:,}")
    sizes = [(what, f"{size:,}") for what, size in large["bytes"].items()]
    ratios = ", ".join(f"{name} {digits(value)}" for name, value in cost_ratios(large).items())
    return "\n\n".join(
        (
            table(heads, rows),
            f"A task of the large job costs, as a multiple of one of a small job: {ratios}.",
            table(("largest", "bytes of JSON"), sizes),
        )
    )


def cost_ratios(large: Mapping[str, Any]) -> dict[str, float]:
    """Return how many times a task of a small job one of the large job costs."""
    one, small = large["large"], large["small"]

    def mean(name: str) -> float:
        return float(sum(figures[name] for figures in small) / len(small))

    ratios = {"wall time": mean("tasks a second") / one["tasks a second"]}
    if mean(CPU):
        ratios["operator's CPU"] = one[CPU] / mean(CPU)
    return ratios
