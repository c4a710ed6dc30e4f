"""kubectl's own options, wherever they stand among the words of a command."""

from __future__ import annotations

import pytest

from fairlead.cli import kubectl


@pytest.mark.parametrize(
    ("words", "kept", "chosen"),
    [
        ("jobs list", "jobs list", {}),
        ("jobs list -n team", "jobs list", {"FAIRLEAD_NAMESPACE": "team"}),
        ("-nteam jobs list", "jobs list", {"FAIRLEAD_NAMESPACE": "team"}),
        ("jobs -n=team list", "jobs list", {"FAIRLEAD_NAMESPACE": "team"}),
        ("--namespace=team jobs list", "jobs list", {"FAIRLEAD_NAMESPACE": "team"}),
        ("jobs list --context blue", "jobs list", {"FAIRLEAD_CONTEXT": "blue"}),
        ("crds apply --kubeconfig=/x", "crds apply", {"KUBECONFIG": "/x"}),
        ("jobs list --name n --limit 3", "jobs list --name n --limit 3", {}),
        ("run f.py -- -n team", "run f.py -- -n team", {}),
    ],
)
def test_options_of_kubectl_are_taken_out(words: str, kept: str, chosen: dict[str, str]) -> None:
    assert kubectl.read_options(words.split()) == (kept.split(), chosen)


@pytest.mark.parametrize("words", [["jobs", "list", "-n"], ["--context=", "jobs"]])
def test_an_option_without_its_value_is_misuse(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert kubectl.main(words) == 2
    assert "needs a value" in capsys.readouterr().err


def test_it_means_the_cluster_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("FAIRLEAD_BACKEND", "FAIRLEAD_NAMESPACE", "KUBECONFIG"):
        monkeypatch.setenv(name, "")  # put back afterwards
        monkeypatch.delenv(name)
    assert kubectl.main(["jobs", "list", "--kubeconfig", f"{tmp_path}/absent"]) == 4
    assert f"{tmp_path}/absent" in capsys.readouterr().err
