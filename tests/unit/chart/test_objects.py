"""What the chart installs is what the builders say, in both of its modes."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.unit.chart.rendering import (
    EVERYTHING,
    NAMESPACE,
    RELEASE,
    SOME,
    Object,
    key,
    lasting,
    of_kind,
    render,
    with_values,
)

import fairlead
from fairlead.api import labels
from fairlead.api.machine import MachineSize
from fairlead_operator.manifests.fence import fence
from fairlead_operator.manifests.install import Install
from fairlead_operator.manifests.rbac import people, rbac, runner_access
from fairlead_operator.manifests.sizes import default_sizes

RULED = (
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ClusterRole",
    "ClusterRoleBinding",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
)
MODES = [
    pytest.param({}, None, (NAMESPACE,), id="all namespaces"),
    pytest.param({"jobs": {"namespaces": ["x", "y"]}}, None, (NAMESPACE, "x", "y"), id="prepared"),
    pytest.param(SOME, ("a", "b"), (), id="some namespaces"),
]
HELMS = {
    "app.kubernetes.io/managed-by": "Helm",
    "app.kubernetes.io/version": fairlead.__version__,
    "helm.sh/chart": f"fairlead-{fairlead.__version__}",
}

KEPT = {"helm.sh/resource-policy": "keep"}
"""What is said of an account whose tokens runners hold that outlive the release."""


def by_key(objects: list[Object]) -> dict[tuple[str, str, str], Object]:
    return {key(item): item for item in objects}


def through_helm(item: Object) -> Object:
    metadata = {**item["metadata"], "labels": {**item["metadata"]["labels"], **HELMS}}
    if labels.RUNNER_ACCOUNT in metadata["labels"]:
        metadata["annotations"] = KEPT
    return {**item, "metadata": metadata}


@pytest.mark.parametrize(("values", "watched", "prepared"), MODES)
def test_accounts_roles_and_fence_are_those_of_the_builders(
    values: Mapping[str, Any], watched: tuple[str, ...] | None, prepared: tuple[str, ...]
) -> None:
    install = Install(RELEASE, NAMESPACE, watched)
    wanted = [*rbac(install), *people(install), *fence(install)]
    for namespace in prepared:
        wanted += runner_access(install, namespace)
    rendered = by_key(of_kind(lasting(render(values)), *RULED))
    assert rendered.keys() == by_key(wanted).keys()
    for item in wanted:
        assert rendered[key(item)] == through_helm(item)


def test_an_account_of_runners_goes_with_the_release_if_its_jobs_do() -> None:
    accounts = of_kind(lasting(render({"uninstall": {"deleteJobs": True}})), "ServiceAccount")
    assert [one["metadata"].get("annotations") for one in accounts] == [None] * len(accounts)


def test_the_sizes_are_the_default_ones_and_outlive_the_release() -> None:
    sizes = of_kind(render(), "MachineSize")
    wanted = {size["metadata"]["name"]: size["spec"] for size in default_sizes()}
    assert {size["metadata"]["name"]: size["spec"] for size in sizes} == wanted
    for size in sizes:
        MachineSize.model_validate(size)
        assert size["metadata"]["annotations"] == KEPT


def test_a_size_is_changed_added_and_left_out_by_its_name() -> None:
    sizes = {"small": {"maxRunners": 7}, "large": None, "gpu": {"nodeSelector": {"gpu": "yes"}}}
    made = {
        size["metadata"]["name"]: size["spec"]
        for size in of_kind(render({"machineSizes": {"sizes": sizes}}), "MachineSize")
    }
    assert made.keys() == {"small", "medium", "gpu"}
    assert made["small"]["maxRunners"] == 7
    assert made["small"]["resources"]["limits"] == {"memory": "2Gi"}
    assert of_kind(render({"machineSizes": {"install": False}}), "MachineSize") == []


@pytest.mark.parametrize("mode", [{}, SOME], ids=["all", "some"])
def test_no_object_comes_twice(mode: Mapping[str, Any]) -> None:
    made = render(with_values(EVERYTHING, mode))
    assert len(by_key(made)) == len(made)


@pytest.mark.parametrize("mode", [{}, SOME], ids=["all", "some"])
def test_two_releases_share_nothing_but_the_machine_sizes(mode: Mapping[str, Any]) -> None:
    values = with_values(EVERYTHING, mode)
    one = set(by_key(render(values)))
    for release, namespace in (("second", NAMESPACE), (RELEASE, "other")):
        # They look after different namespaces.
        elsewhere = with_values(values, {"watch": {"namespaces": ["c"]}} if mode else {})
        common = one & set(by_key(render(elsewhere, release, namespace)))
        shared = [one for one in common if not (mode == {} and one[1] == "jobs")]
        assert {kind for kind, _, _ in shared} == {"MachineSize"}


@pytest.mark.parametrize("mode", [{}, SOME], ids=["all", "some"])
def test_names_that_look_like_something_else_stay_names(mode: Mapping[str, Any]) -> None:
    for item in render(with_values(EVERYTHING, mode), "true", "2"):
        metadata = item["metadata"]
        texts = [metadata["name"], metadata.get("namespace", "")]
        texts += [*metadata["labels"].values(), *metadata.get("annotations", {}).values()]
        for subject in item.get("subjects") or []:
            texts += [subject["name"], subject["namespace"]]
        if item["kind"] in ("Deployment", "Service"):
            selector = item["spec"]["selector"]
            texts += selector.get("matchLabels", selector).values()
        assert all(isinstance(text, str) for text in texts), item


def test_everything_that_belongs_to_the_release_says_so() -> None:
    own = {"app.kubernetes.io/instance": "mine", "team": "maps"}
    for item in render(with_values(EVERYTHING, {"labels": own})):
        labels = item["metadata"]["labels"]
        assert labels["app.kubernetes.io/instance"] == RELEASE
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert labels["team"] == "maps"
