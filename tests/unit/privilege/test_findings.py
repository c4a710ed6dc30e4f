"""What checkers say of the chart and of the code is mended, or stays for a written reason.

A new finding fails here, and so does a reason that nothing needs any more.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cluster.paths import PROJECT
from tests.unit.privilege.findings import (
    Finding,
    Reason,
    needless,
    of_bandit,
    of_checkov,
    of_kube_score,
    reasons,
    unexplained,
)

Checker = Callable[[str], Path]


def judge(found: set[Finding], given: list[Reason]) -> None:
    assert unexplained(found, given) == []
    assert needless(found, given) == []


def test_kube_score_finds_nothing_unexplained_in_the_chart(
    checker: Checker, rendered: list[Path]
) -> None:
    program = checker("kube-score")
    found: set[Finding] = set()
    for file in rendered:
        found |= of_kube_score(program, file)
    judge(found, reasons("kube-score"))


@pytest.mark.timeout(600)
def test_checkov_finds_nothing_unexplained_in_the_chart(
    checker: Checker, rendered: list[Path]
) -> None:
    folder = rendered[0].parent
    found = of_checkov(checker("checkov"), "kubernetes", folder, least=100 * len(rendered))
    judge(found, reasons("checkov"))


@pytest.mark.timeout(600)
def test_checkov_finds_nothing_unexplained_in_the_images(checker: Checker, tmp_path: Path) -> None:
    files = sorted((PROJECT / "runner-image").glob("*Containerfile"))
    for file in files:
        # It knows them by this name only.
        copy = tmp_path / file.name / "Dockerfile"
        copy.parent.mkdir()
        copy.write_text(file.read_text())
    found = of_checkov(checker("checkov"), "dockerfile", tmp_path, least=10 * len(files))
    judge(found, reasons("checkov-images"))


def test_bandit_finds_nothing_unexplained_in_the_code(checker: Checker) -> None:
    judge(of_bandit(checker("bandit"), "src", "operator"), reasons("bandit"))


def test_checkers_see_what_is_wrong(checker: Checker, tmp_path: Path) -> None:
    """They would not be silent about a chart that asks for too much."""
    bad = tmp_path / "bad.yaml"
    bad.write_text(PRIVILEGED)
    found = {finding.rule for finding in of_kube_score(checker("kube-score"), bad, least=1)}
    assert "container-security-context-privileged: The container is privileged" in found


PRIVILEGED = """
apiVersion: v1
kind: Pod
metadata: {name: bad, namespace: tools}
spec:
  containers:
    - {name: bad, image: "bad:1", securityContext: {privileged: true}}
"""


def test_a_new_finding_and_an_old_reason_are_told() -> None:
    seen = Finding("rule", "Pod/one", "")
    given = [Reason("rule", ("Pod/*", "Job/*"), "because"), Reason("other", ("*",), "because")]
    assert unexplained([seen, Finding("rule", "Secret/one", "")], given) == [
        Finding("rule", "Secret/one", "")
    ]
    assert needless([seen], given) == [("rule", "Job/*"), ("other", "*")]


@pytest.mark.parametrize("name", ["kube-score", "checkov", "checkov-images", "bandit"])
def test_every_reason_is_a_sentence(name: str) -> None:
    for one in reasons(name):
        assert len(one.reason.split()) >= 5, one
        assert one.reason.strip().endswith("."), one
