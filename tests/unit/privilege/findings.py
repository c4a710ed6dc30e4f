"""What checkers find, and the written reasons for which some of it stays as it is."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml
from tests.cluster.paths import PROJECT

REASONS = Path(__file__).with_name("reasons.yaml")
SECONDS = 300


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that a checker does not like.

    Attributes
    ----------
    rule
        The checker's name of it.
    where
        The object, as ``Kind/name``, or the file of the project.
    said
        What the checker says.
    """

    rule: str
    where: str
    said: str


@dataclass(frozen=True)
class Reason:
    """Why findings of one rule stay, in objects or files that patterns name."""

    rule: str
    where: tuple[str, ...]
    reason: str


def reasons(checker: str) -> list[Reason]:
    """The reasons that are written down for a checker's findings."""
    written = yaml.safe_load(REASONS.read_text())[checker]
    return [Reason(one["rule"], tuple(one["where"]), one["reason"]) for one in written]


def unexplained(found: Iterable[Finding], given: list[Reason]) -> list[Finding]:
    """The findings that no reason is given for."""
    return sorted(
        finding
        for finding in found
        if not any(
            one.rule == finding.rule and any(fnmatch(finding.where, each) for each in one.where)
            for one in given
        )
    )


def needless(found: Iterable[Finding], given: list[Reason]) -> list[tuple[str, str]]:
    """The rules and patterns that explain nothing any more."""
    places = {(finding.rule, finding.where) for finding in found}
    return [
        (one.rule, each)
        for one in given
        for each in one.where
        if not any(rule == one.rule and fnmatch(where, each) for rule, where in places)
    ]


def of_checkov(program: Path, framework: str, folder: Path, least: int) -> set[Finding]:
    """What checkov finds in the files of a folder.

    Parameters
    ----------
    framework
        What the files are: ``kubernetes`` or ``dockerfile``.
    least
        How many checks must have passed.
    """
    words = ["--framework", framework, "--compact", "--quiet", "--skip-download"]
    told = _json([str(program), *words, "--output", "json", "--directory", str(folder)])
    assert told["summary"]["parsing_errors"] == 0
    assert told["summary"]["passed"] >= least
    return {
        Finding(one["check_id"], _place(one, framework), one["check_name"])
        for one in told["results"]["failed_checks"]
    }


def _place(found: dict[str, Any], framework: str) -> str:
    """``Kind/name`` of ``Kind.namespace.name``, which labels may follow; else the folder."""
    if framework == "dockerfile":
        return Path(found["file_path"]).parent.name
    kind, _, name = found["resource"].split(".")[:3]
    return f"{kind}/{name}"


def of_kube_score(program: Path, file: Path, least: int = 30) -> set[Finding]:
    """What kube-score finds in objects; what it says is part of the rule's name.

    Parameters
    ----------
    least
        How many checks it must have made.
    """
    words = ["score", "--output-format", "json", "--kubernetes-version", "v1.32"]
    words += ["--enable-optional-test", "container-seccomp-profile", str(file)]
    objects = _json([str(program), *words])
    assert sum(len(one["checks"]) for one in objects) >= least
    return {
        Finding(
            f"{check['check']['id']}: {comment['summary']}",
            f"{one['type_meta']['kind']}/{one['object_meta']['name']}",
            comment["description"],
        )
        for one in objects
        for check in one["checks"]
        # Ten is all right; what a check does not apply to, it skips.
        if check["grade"] < 10 and not check["skipped"]
        for comment in check["comments"] or ()
    }


def of_bandit(program: Path, *folders: str) -> set[Finding]:
    """What bandit finds in the project's code, but for what it thinks little of."""
    words = ["--quiet", "--recursive", "--severity-level", "medium", "--format", "json"]
    told = _json([str(program), *words, *folders])
    assert told["errors"] == []
    assert told["metrics"]["_totals"]["loc"] > 10_000
    return {Finding(one["test_id"], one["filename"], one["issue_text"]) for one in told["results"]}


def _json(command: list[str]) -> Any:
    # Whatever a checker might want to fetch or to tell, this is not the place for it.
    variables = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
    nowhere = dict.fromkeys(variables, "http://127.0.0.1:9")
    done = subprocess.run(
        command,
        cwd=PROJECT,
        env={**os.environ, **nowhere, "NO_PROXY": "", "no_proxy": ""},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    # They end with 1 where they found something, which their output tells better.
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)
