"""What runbooks tell people to type is there; for values of the chart see tests/unit/chart."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.unit.dashboards.shown import BOARDS, ROOT, RUNBOOKS, panels

from fairlead.api import labels
from fairlead_operator.problems import CAUSES

PAGES = sorted(RUNBOOKS.glob("Fairlead*.md"))
CLI = (ROOT / "docs" / "reference" / "cli.md").read_text()
COMMANDS = set(re.findall(r"^## `fairlead ([a-z -]+)`$", CLI, re.MULTILINE))
TITLES = {panel["title"] for board in BOARDS.values() for panel in panels(board)}
TITLES |= {board["title"] for board in BOARDS.values()}
SHORT_NAMES = {"fljob", "fltask", "flsize", "flgroup", "flrel"}

every_page = pytest.mark.parametrize("page", PAGES, ids=[path.stem for path in PAGES])


def typed(page: Path) -> list[str]:
    """Return what a page says to type, in blocks and within lines; line ends are gone."""
    text = page.read_text()
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    inline = re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return [" ".join(one.split()) for one in [*"\n".join(blocks).splitlines(), *inline]]


@every_page
def test_commands_of_ours_exist(page: Path) -> None:
    own = [one.split()[1:] for one in typed(page) if one.startswith("fairlead ")]
    missing = [words for words in own if not {words[0], " ".join(words[:2])} & COMMANDS]
    assert missing == []


@every_page
def test_labels_of_ours_exist(page: Path) -> None:
    named = set(re.findall(r"fairlead\.dev/[\w-]+", page.read_text().replace("\\", "")))
    assert named <= {value for value in vars(labels).values() if isinstance(value, str)}


@every_page
def test_kinds_of_ours_exist(page: Path) -> None:
    text = " ".join(typed(page))
    assert set(re.findall(r"\bfl[a-z]+\b", text)) <= SHORT_NAMES | {"flowschemas"}
    plurals = {path.stem for path in (ROOT / "crds").glob("*.yaml")}
    assert set(re.findall(r"\b([a-z]+)\.fairlead\.dev\b", text)) <= plurals


@every_page
def test_panels_that_are_named_exist(page: Path) -> None:
    prose = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    named = {" ".join(one.split()) for one in re.findall(r"(?<!\*)\*([A-Z][^*]+)\*(?!\*)", prose)}
    assert named <= TITLES


def test_every_cause_of_a_problem_is_in_its_runbook() -> None:
    page = (RUNBOOKS / "FairleadOperatorProblem.md").read_text()
    named = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert sorted(named) == sorted(cause.name for cause in CAUSES)
