"""The table of features in ``examples/README.md`` is true, and nothing is missing from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
README = (EXAMPLES / "README.md").read_text(encoding="utf-8")

STYLES = ("Workflows", "Task classes", "Runs on machine groups", "Sessions")

ROW = re.compile(r"^\| (?P<feature>.+) \| `(?P<program>\w+\.py)` \| `(?P<words>.+)` \|$")


class Feature(NamedTuple):
    """One row: a feature, the program that shows it, words that stand in the program."""

    style: str
    feature: str
    program: str
    words: str


def features() -> Iterator[Feature]:
    for section in README.split("\n### ")[1:]:
        style, _, text = section.partition("\n")
        rows = [line for line in text.splitlines() if line.startswith("| ")][2:]
        for row in rows:
            found = ROW.match(row)
            assert found, f"not a row of the table: {row}"
            words = found["words"].replace("\\|", "|")
            yield Feature(style, found["feature"], found["program"], words)


FEATURES = list(features())


@pytest.mark.parametrize("row", FEATURES, ids=[f"{row.program}: {row.feature}" for row in FEATURES])
def test_a_feature_is_where_the_table_says(row: Feature) -> None:
    assert row.words in (EXAMPLES / row.program).read_text(encoding="utf-8")


def test_every_style_has_its_features() -> None:
    assert tuple(dict.fromkeys(row.style for row in FEATURES)) == STYLES
    names = [row.feature for row in FEATURES]
    assert len(set(names)) == len(names)


def test_every_program_is_described_and_shows_a_feature() -> None:
    programs = {path.name for path in EXAMPLES.glob("*.py")}
    described = re.findall(r"^\| \[`(\w+\.py)`\]\((\w+\.py)\) \|", README, re.MULTILINE)
    assert {name for name, _ in described} == {link for _, link in described} == programs
    assert {row.program for row in FEATURES} == programs


def names_in(program: Path) -> set[str]:
    return set(re.findall(r"\w+", program.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("style", "imported"),
    [
        ("workflow", "from fairlead.workflow import"),
        ("classes", "from fairlead import Client, ExecutionContext, InMemoryCache, Task"),
        ("runs", "MachineGroup"),
        ("sessions", "from fairlead.sessions import Session"),
    ],
)
def test_a_program_of_each_style_is_a_plain_script(style: str, imported: str) -> None:
    scripts = [
        text
        for path in EXAMPLES.glob("*.py")
        if "__name__ ==" not in (text := path.read_text(encoding="utf-8"))
    ]
    assert any(imported in text for text in scripts), style


def test_what_the_package_offers_is_shown() -> None:
    """Every public name but those that only type annotations and errors of others need."""
    import fairlead
    from fairlead import sessions, workflow

    shown = set().union(*(names_in(path) for path in EXAMPLES.glob("*.py")))
    offered = {*fairlead.__all__, *sessions.__all__, *workflow.__all__}
    unseen = {name for name in offered - shown if not name.endswith("Error")}
    assert unseen <= {
        "BoundTask", "Group", "Workflow", "WorkflowTask",  # what calls return
        "JobCache", "JobState", "TaskState",
        "ObjectStoreCache",  # needs an object store
        "__version__",
    }  # fmt: skip
