"""The fence and the roles, as objects: who is named in them, and where they apply."""

from __future__ import annotations

import pytest

from fairlead.api.machine import MachineSize
from fairlead.api.task import REPORTED, TaskStatus
from fairlead_operator.manifests.fence import fence, other_statuses, task_status
from fairlead_operator.manifests.install import Install, Manifest
from fairlead_operator.manifests.rbac import RUNNER_RULES, people, rbac, runner_access
from fairlead_operator.manifests.sizes import default_sizes

ONE = Install("fairlead", "tools", ("a", "b"))
EVERYWHERE = Install("fairlead", "tools")


def key(manifest: Manifest) -> tuple[str, str, str]:
    metadata = manifest["metadata"]
    return manifest["kind"], metadata.get("namespace", ""), metadata["name"]


@pytest.mark.parametrize("install", [ONE, EVERYWHERE])
def test_no_object_comes_twice(install: Install) -> None:
    made = [*fence(install), *rbac(install), *people(install), *runner_access(install, "jobs")]
    assert len({key(manifest) for manifest in made}) == len(made)


def test_two_installations_share_no_object() -> None:
    others = [Install("fairlead", "other", ("c",)), Install("second", "tools", ("a",))]
    everything = [ONE, *others]
    made = [key(each) for one in everything for each in (*fence(one), *rbac(one), *people(one))]
    assert len(set(made)) == len(made)


def test_a_policy_binds_everybody_but_its_own_operator() -> None:
    for manifest in fence(ONE):
        if manifest["kind"] == "ValidatingAdmissionPolicy":
            [condition] = manifest["spec"]["matchConditions"]
            operator = "system:serviceaccount:tools:fairlead-operator"
            assert condition["expression"] == f"request.userInfo.username != '{operator}'"
            assert manifest["spec"]["failurePolicy"] == "Fail"


def test_every_policy_is_bound_where_the_installation_looks_after() -> None:
    for install, selector in (
        (EVERYWHERE, {}),
        (
            ONE,
            {
                "matchExpressions": [
                    {
                        "key": "kubernetes.io/metadata.name",
                        "operator": "In",
                        "values": ["a", "b"],
                    }
                ]
            },
        ),
    ):
        made = fence(install)
        policies = [m for m in made if m["kind"] == "ValidatingAdmissionPolicy"]
        bindings = [m for m in made if m["kind"] == "ValidatingAdmissionPolicyBinding"]
        names = [policy["metadata"]["name"] for policy in policies]
        assert [binding["spec"]["policyName"] for binding in bindings] == names
        for binding in bindings:
            assert binding["spec"]["matchResources"]["namespaceSelector"] == selector
            assert binding["spec"]["validationActions"] == ["Deny"]


def test_every_field_of_the_status_is_either_reported_or_guarded() -> None:
    """A field that is added to the status is the operator's until it is listed."""
    policy, _ = task_status(ONE)
    text = " ".join(entry["expression"] for entry in policy["spec"]["validations"])
    for name, field in TaskStatus.model_fields.items():
        alias = field.alias or name
        if alias not in REPORTED:
            assert f"new.?{alias}" in text


def test_sizes_belong_to_whoever_looks_after_the_cluster() -> None:
    def guarded(install: Install) -> list[str]:
        rules = other_statuses(install)[0]["spec"]["matchConstraints"]["resourceRules"]
        resources = rules[0]["resources"]
        assert isinstance(resources, list)
        return resources

    assert "machinesizes/status" in guarded(EVERYWHERE)
    assert "machinesizes/status" not in guarded(ONE)


def test_an_installation_for_some_namespaces_has_one_role_in_the_cluster() -> None:
    roles = [manifest for manifest in rbac(ONE) if manifest["kind"] == "ClusterRole"]
    [role] = roles
    assert role["rules"] == [
        {
            "apiGroups": ["fairlead.dev"],
            "resources": ["machinesizes"],
            "verbs": ["get", "list", "watch"],
        }
    ]


def test_runners_get_an_account_that_jobs_may_name() -> None:
    account, role, binding = runner_access(ONE, "a")
    assert account["metadata"]["labels"]["fairlead.dev/runner"] == "true"
    assert role["rules"] == list(RUNNER_RULES)
    [subject] = binding["subjects"]
    assert (subject["name"], subject["namespace"]) == ("fairlead-runner", "a")


def test_only_administrators_publish() -> None:
    labels = {
        manifest["metadata"]["name"].partition(".")[0]: {
            label.rpartition("-")[2]
            for label in manifest["metadata"]["labels"]
            if "aggregate-to" in label
        }
        for manifest in people(ONE)
    }
    assert labels == {
        "view": {"view", "edit", "admin"},
        "edit": {"edit", "admin"},
        "publish": {"admin"},
    }


def test_the_default_sizes_are_sizes_and_grow_to_one_another() -> None:
    sizes = [MachineSize.model_validate(size) for size in default_sizes()]
    assert [size.metadata.name for size in sizes] == ["small", "medium", "large"]
    assert [size.spec.grows_to for size in sizes] == ["medium", "large", None]
