"""What the chart runs once, what that may do, and the store that it brings along."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.unit.chart.rendering import (
    HOOK,
    NAMESPACE,
    SOME,
    Object,
    lasting,
    of_kind,
    pods,
    render,
    with_values,
)

from fairlead.api.release import Release
from fairlead.runner.trial import MeasureText, WriteText

DELETING = {"uninstall": {"deleteJobs": True}}


def of_hook(objects: list[Object], hook: str) -> list[Object]:
    return [one for one in objects if one["metadata"].get("annotations", {}).get(HOOK) == hook]


def rules(objects: list[Object]) -> list[Object]:
    return [rule for role in of_kind(objects, "Role", "ClusterRole") for rule in role["rules"]]


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ({}, {"pre-upgrade", "test"}),
        (DELETING, {"pre-upgrade", "pre-delete", "test"}),
        ({"crds": {"upgrade": False}}, {"test"}),
        # Definitions are not for whoever installs for some namespaces.
        (SOME, {"test"}),
        ({"crds": {"upgrade": False}, "tests": {"enabled": False}}, set()),
    ],
    ids=["default", "deleting", "definitions of others", "some namespaces", "none"],
)
def test_there_are_the_hooks_that_are_asked_for(values: Mapping[str, Any], kinds: set[str]) -> None:
    hooks = {one["metadata"].get("annotations", {}).get(HOOK) for one in render(values)}
    assert hooks - {None} == kinds


@pytest.mark.parametrize("mode", [{}, SOME], ids=["all", "some"])
def test_no_hook_may_do_more_than_its_work(mode: Mapping[str, Any]) -> None:
    made = render(with_values(mode, DELETING))
    for rule in rules(of_hook(made, "pre-upgrade")):
        assert rule["resourceNames"]
        assert "delete" not in rule["verbs"]
    written = {"pre-delete": {("jobs", "delete")}, "test": {("jobs", "create"), ("jobs", "delete")}}
    for hook, wanted in written.items():
        found = {
            (resource, verb)
            for rule in rules(of_hook(made, hook))
            for resource in rule["resources"]
            for verb in rule["verbs"]
            if verb not in ("get", "list")
        }
        assert found == wanted
    for one in made:
        notes = one["metadata"].get("annotations", {})
        assert HOOK not in notes or "hook-succeeded" in notes["helm.sh/hook-delete-policy"]


@pytest.mark.parametrize(("mode", "spaces"), [({}, {""}), (SOME, {"a", "b"})], ids=["all", "some"])
def test_jobs_are_removed_where_the_release_looks_after_them(
    mode: Mapping[str, Any], spaces: set[str]
) -> None:
    made = of_hook(render(with_values(mode, DELETING)), "pre-delete")
    bound = of_kind(made, "RoleBinding", "ClusterRoleBinding")
    assert {one["metadata"].get("namespace", "") for one in bound} == spaces
    [(_, spec)] = pods(made)
    [container] = spec["containers"]
    assert set(container["args"]) - {"--seconds=300"} == spaces - {""}


@pytest.mark.parametrize(("mode", "jobs"), [({}, NAMESPACE), (SOME, "a")], ids=["all", "some"])
def test_the_trial_has_a_release_of_tasks_that_are_in_every_runner(
    mode: Mapping[str, Any], jobs: str
) -> None:
    made = of_hook(render(mode), "test")
    [release] = of_kind(made, "Release")
    assert release["metadata"]["namespace"] == jobs
    read = Release.model_validate(release)
    assert read.spec.stage == "Development"
    listed = {(one.identifier, one.version): one.entry_point for one in read.spec.tasks}
    assert listed == {
        task.identifier(): f"{task.__module__}:{task.__qualname__}"
        for task in (WriteText, MeasureText)
    }


@pytest.mark.parametrize(
    ("store", "length"),
    [
        ({}, 100_000),
        ({"url": "s3://bucket"}, 100_000),
        ({"claim": "shared"}, 100_000),
        ({"embedded": {"enabled": False}}, 1000),
    ],
    ids=["embedded", "url", "claim", "none"],
)
def test_the_trial_hands_over_as_much_as_the_store_can_take(
    store: Mapping[str, Any], length: int
) -> None:
    [(_, spec)] = pods(of_hook(render({"store": store}), "test"))
    assert f"--length={length}" in spec["containers"][0]["args"]


def test_all_know_the_store_by_the_same_words() -> None:
    secrets = of_kind(render({"jobs": {"namespaces": ["x", "y"]}}), "Secret")
    assert {one["metadata"]["namespace"] for one in secrets} == {NAMESPACE, "x", "y"}
    first, *others = [(one["metadata"]["name"], one["stringData"]) for one in secrets]
    assert others == [first, first]
    host = f"fairlead-store.{NAMESPACE}.svc"
    assert first[1]["AWS_ENDPOINT"] == f"http://{host}:7070"
    assert len(first[1]["AWS_SECRET_ACCESS_KEY"]) == 40


@pytest.mark.parametrize("store", [{"url": "s3://bucket"}, {"claim": "shared"}], ids=str)
def test_another_store_takes_the_place_of_the_one_for_evaluation(store: Mapping[str, Any]) -> None:
    made = render({"store": store})
    assert [one for one in made if "store" in one["metadata"]["name"]] == []


def test_a_store_that_is_to_stay_has_a_volume_and_credentials_that_stay() -> None:
    made = lasting(render({"store": {"embedded": {"persistent": True, "size": "3Gi"}}}))
    [claim] = of_kind(made, "PersistentVolumeClaim")
    assert claim["spec"]["resources"]["requests"]["storage"] == "3Gi"
    for one in (claim, *of_kind(made, "Secret")):
        assert one["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    [volume] = dict(pods(made))["fairlead-store"]["volumes"]
    assert volume["persistentVolumeClaim"] == {"claimName": claim["metadata"]["name"]}


def test_nothing_in_the_pod_of_the_store_changes_with_the_chart() -> None:
    [server] = [
        one for one in of_kind(render(), "Deployment") if one["metadata"]["name"].endswith("store")
    ]
    template = server["spec"]["template"]
    assert "helm.sh/chart" in server["metadata"]["labels"]
    assert "helm.sh/chart" not in template["metadata"]["labels"]
    assert "app.kubernetes.io/version" not in template["metadata"]["labels"]
    assert template["spec"]["containers"][0]["image"] == "fairlead/store:1.8.0"
