"""No pod of the chart asks for a privilege, and no role gives one away."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from tests.unit.chart.rendering import (
    EVERYTHING,
    SOME,
    Object,
    lasting,
    of_kind,
    pods,
    render,
    with_values,
)

MODES = pytest.mark.parametrize("mode", [{}, SOME], ids=["all", "some"])


@MODES
def test_every_pod_keeps_to_the_restricted_profile(mode: Mapping[str, Any]) -> None:
    found = list(pods(render(with_values(EVERYTHING, mode))))
    assert "fairlead-operator" in [name for name, _ in found]
    for _, spec in found:
        context = spec["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] > 0
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        for volume in spec.get("volumes", []):
            allowed = {"emptyDir", "configMap", "secret", "projected", "persistentVolumeClaim"}
            assert volume.keys() - {"name"} <= allowed
        for container in [*spec["containers"], *spec.get("initContainers", [])]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
            assert "memory" in container["resources"]["limits"]
            assert not any("hostPort" in port for port in container.get("ports", []))


@MODES
def test_no_role_reads_secrets_or_says_everything(mode: Mapping[str, Any]) -> None:
    rules = list(_rules(render(with_values(EVERYTHING, mode))))
    assert rules
    for rule in rules:
        for named in ("apiGroups", "resources", "verbs"):
            assert "*" not in rule[named]
        assert not any(resource.split("/")[0] == "secrets" for resource in rule["resources"])
        # Neither may anybody get further rights by these.
        assert not {"escalate", "bind", "impersonate"} & set(rule["verbs"])
        assert "nonResourceURLs" not in rule


def _rules(objects: list[Object]) -> Iterator[Object]:
    for role in of_kind(objects, "Role", "ClusterRole"):
        yield from role["rules"]


def test_an_installation_for_some_namespaces_has_one_role_in_the_cluster() -> None:
    values = with_values(EVERYTHING, SOME, {"rbac": {"aggregate": False}})
    [role] = of_kind(render(values), "ClusterRole")
    assert role["rules"] == [
        {
            "apiGroups": ["fairlead.dev"],
            "resources": ["machinesizes"],
            "verbs": ["get", "list", "watch"],
        }
    ]


def test_the_roles_of_people_are_the_only_others_and_bound_to_nobody() -> None:
    made = lasting(render(SOME))
    bound = {item["roleRef"]["name"] for item in of_kind(made, "ClusterRoleBinding")}
    others = [
        item for item in of_kind(made, "ClusterRole") if item["metadata"]["name"] not in bound
    ]
    assert len(others) == 3
    for role in others:
        assert any("aggregate-to" in label for label in role["metadata"]["labels"])


@MODES
def test_pods_that_do_not_ask_the_api_server_have_no_token(mode: Mapping[str, Any]) -> None:
    for name, spec in pods(render(with_values(EVERYTHING, mode))):
        if "serviceAccountName" not in spec:
            assert spec["automountServiceAccountToken"] is False, name
