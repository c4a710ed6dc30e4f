"""What the chart says when it is installed: the next commands, right for the release at hand."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.chart.rendering import CHART, at, template

Notes = Callable[..., str]


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Notes:
    """Render the notes; helm shows them only where it installs, so they are made an object."""
    chart = Path(shutil.copytree(CHART, tmp_path_factory.mktemp("notes") / "fairlead"))
    said = (chart / "templates" / "NOTES.txt").read_text()
    made = '{{ define "notes" }}' + said + '{{ end }}notes: {{ include "notes" . | toJson }}'
    (chart / "templates" / "notes.yaml").write_text(made)

    def rendered(values: Mapping[str, Any] | None = None, *words: str, release: str = "one") -> str:
        only = ["--show-only", "templates/notes.yaml"]
        done = template(
            json.dumps(values or {}), *only, *words, release=release, namespace="here", chart=chart
        )
        assert done.returncode == 0, done.stderr
        said = str(yaml.safe_load(done.stdout)["notes"])
        # helm takes away what surrounds them.
        return said.strip("\n")

    return rendered


def commands(said: str) -> dict[str, str]:
    """The commands, by the word before each."""
    last = said.rpartition("\n\n")[2]
    return {
        word: rest.strip() for word, _, rest in (line.partition(":") for line in last.split("\n"))
    }


def test_the_next_commands_name_the_release_and_its_namespaces(notes: Notes) -> None:
    assert commands(notes()) == {
        "Wait": "kubectl --namespace here rollout status deployment/one-operator",
        "Test": "helm test one --namespace here --timeout 360s",
        "Try": "FAIRLEAD_BACKEND=kubernetes FAIRLEAD_NAMESPACE=here python squares.py"
        "  # of the README",
        "Then": "kubectl --namespace here get fljob --watch",
    }


def test_jobs_are_tried_where_the_operator_looks(notes: Notes) -> None:
    said = notes(at("watch.namespaces", ["b", "c"]))
    assert "It looks after b, c." in said
    assert "FAIRLEAD_NAMESPACE=b " in commands(said)["Try"]
    assert commands(said)["Then"].startswith("kubectl --namespace b ")
    assert commands(said)["Wait"].startswith("kubectl --namespace here ")


def test_where_all_is_looked_after_it_is_said_where_jobs_can_run(notes: Notes) -> None:
    said = notes(at("jobs.namespaces", ["research"]))
    assert "jobs can run in here, research (more: jobs.namespaces)" in said


def test_without_a_test_none_is_offered(notes: Notes) -> None:
    assert "Test" not in commands(notes(at("tests.enabled", False)))


def test_helm_is_told_to_wait_for_as_long_as_the_test_may_take(notes: Notes) -> None:
    assert commands(notes(at("tests.timeoutSeconds", 900)))["Test"].endswith("--timeout 1020s")
    assert commands(notes(at("tests.timeoutSeconds", 10)))["Test"].endswith("--timeout 300s")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "Store: embedded S3, for evaluation only; it is empty when its pod is replaced."),
        ({"embedded": {"persistent": True}}, "Store: embedded S3, for evaluation only."),
        ({"url": "s3://bucket/folder"}, "Store: s3://bucket/folder."),
        ({"claim": "shared"}, "Store: file:///fairlead/store."),
        ({"embedded": {"enabled": False}}, "Store: none; values have at most 32 KiB."),
    ],
)
def test_it_is_said_where_large_values_go(notes: Notes, values: Any, said: str) -> None:
    assert said in notes({"store": values}).split("\n")


def test_only_sizes_that_come_along_are_named(notes: Notes) -> None:
    assert "Machine sizes: large, medium, small." in notes()
    assert "Machine sizes: medium, small." in notes(at("machineSizes.sizes.large", None))
    for values in ({"install": False}, {"sizes": dict.fromkeys(("small", "medium", "large"))}):
        assert "Machine sizes: those that the cluster has" in notes({"machineSizes": values})


def test_an_upgrade_is_called_one(notes: Notes) -> None:
    assert " is installed.\n" in notes()
    assert " is upgraded.\n" in notes({}, "--is-upgrade")


def test_no_line_is_left_empty_by_a_condition(notes: Notes) -> None:
    for values in ({}, at("watch.namespaces", ["b"]), at("tests.enabled", False)):
        said = notes(values)
        assert said.strip() == said
        assert said.count("\n\n") == 1
