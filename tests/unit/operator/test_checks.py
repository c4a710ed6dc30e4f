"""What the cluster must have and allow, judged from what it says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fairlead.api.crds import KINDS, crd
from fairlead_operator.checks import (
    FIELDS,
    definitions_problem,
    fields,
    fields_problem,
    version_problem,
)
from fairlead_operator.kube.kinds import GROUP, OWN_KINDS, VERSION
from fairlead_operator.manifests.rbac import OPERATOR_RULES, SIZE_STATUS_RULES
from fairlead_operator.problems import MISSING_DEFINITIONS, OLD_SERVER
from fairlead_operator.rights import MOST_NAMED, Right, needed, told

PLURALS = {kind.plural for kind in OWN_KINDS}


@pytest.mark.parametrize(
    ("major", "minor", "fit"),
    [("1", "32", True), ("1", "34+", True), ("2", "0", True), ("1", "31", False), ("", "", False)],
)
def test_a_cluster_must_be_new_enough(major: str, minor: str, fit: bool) -> None:
    found = version_problem({"major": major, "minor": minor, "gitVersion": "v1.x"})
    assert (found is None) == fit
    if found is not None:
        assert found.cause is OLD_SERVER
        assert "needs 1.32 or later" in found.because


def test_a_cluster_must_have_the_definitions() -> None:
    assert definitions_problem(PLURALS | {"tasks/status"}) is None
    found = definitions_problem(PLURALS - {"tasks"})
    assert found is not None
    assert found.cause is MISSING_DEFINITIONS
    assert "tasks.fairlead.dev" in found.because
    assert "jobs" not in found.because


# --- fields of the definitions -------------------------------------------------------------


def document(*without: str) -> dict[str, Any]:
    """The description that a server gives of our group, where some fields are unknown to it."""

    def schemas() -> Iterator[tuple[str, Any]]:
        for kind in KINDS:
            schema = crd(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
            for path in without:
                name, *words = path.split(".")
                if name == kind.name:
                    below = schema
                    for word in words[:-1]:
                        below = below["properties"][word]
                    del below["properties"][words[-1]]
            mark = {"group": GROUP, "version": VERSION, "kind": kind.name}
            yield f"dev.fairlead.{kind.name}", {**schema, "x-kubernetes-group-version-kind": [mark]}

    return {"components": {"schemas": dict(schemas())}}


def test_the_definitions_of_this_version_have_all_fields() -> None:
    assert fields_problem(document()) is None
    wanted = FIELDS.read_text().split()
    assert {path.partition(".")[0] for path in wanted} == {kind.name for kind in KINDS}
    assert "Task.status.outcome" in wanted


def test_older_definitions_are_named_with_what_they_lack() -> None:
    found = fields_problem(document("Task.status.outcome", "Job.spec.priority"))
    assert found is not None
    assert found.cause is MISSING_DEFINITIONS
    assert "older definitions" in found.because
    assert "Job.spec.priority, Task.status.outcome" in found.because
    assert "fairlead crds apply" in found.because


def test_newer_definitions_are_as_good() -> None:
    newer = document()
    schema = newer["components"]["schemas"]["dev.fairlead.Task"]
    schema["properties"]["spec"]["properties"]["afterAll"] = {"type": "string"}
    assert fields_problem(newer) is None


def test_what_is_not_described_is_not_judged() -> None:
    assert fields_problem({}) is None
    one = document()
    del one["components"]["schemas"]["dev.fairlead.Release"]
    assert fields_problem(one) is None


def test_fields_are_found_in_lists_and_maps() -> None:
    leaf = {"type": "string"}
    schema = {
        "properties": {
            "metadata": {"properties": {"name": leaf}},
            "one": {"items": {"properties": {"a": leaf}}},
            "two": {"additionalProperties": {"properties": {"b": leaf}}},
            "three": {"additionalProperties": True},
        }
    }
    assert list(fields("K", schema)) == ["K.one", "K.one[].a", "K.two", "K.two{}.b", "K.three"]


# --- rights --------------------------------------------------------------------------------


def all_of(rules: Any) -> int:
    return sum(len(rule["resources"]) * len(rule["verbs"]) for rule in rules)


def test_the_rights_are_those_of_the_roles() -> None:
    everywhere = set(needed(None, "system"))
    assert Right("patch", GROUP, "tasks", "status") in everywhere
    assert Right("get", "coordination.k8s.io", "leases", "", "system") in everywhere
    assert Right("patch", GROUP, "machinesizes", "status") in everywhere
    assert {right.namespace for right in everywhere} == {"", "system"}


def test_a_namespaced_operator_needs_its_namespaces_and_no_more() -> None:
    found = needed(["a", "b"], "system")
    assert len(found) == len(set(found))
    for namespace in ("a", "b"):
        own = [right for right in found if right.namespace == namespace]
        assert len(own) == all_of(OPERATOR_RULES)
    everywhere = {right.what for right in found if not right.namespace}
    assert everywhere == {"machinesizes.fairlead.dev"}
    assert all_of(SIZE_STATUS_RULES)
    assert not [right for right in found if right.sub == "status" and not right.namespace]


def test_missing_rights_are_told_by_place_and_kind() -> None:
    rights = [
        Right("list", GROUP, "jobs", "", "a"),
        Right("watch", GROUP, "jobs", "", "a"),
        Right("patch", GROUP, "tasks", "status", "a"),
        Right("list", "", "pods"),
    ]
    assert told(rights) == (
        "list/watch jobs.fairlead.dev, patch tasks.fairlead.dev/status in namespace a; "
        "list pods in the whole cluster"
    )


def test_of_very_many_missing_rights_only_some_are_told() -> None:
    rights = [Right("get", "", f"kind{number}") for number in range(MOST_NAMED + 3)]
    assert told(rights).endswith("; and 3 more")
    assert told(rights[:MOST_NAMED]).count(",") == MOST_NAMED - 1
