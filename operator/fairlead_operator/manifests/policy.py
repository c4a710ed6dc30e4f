"""How a ValidatingAdmissionPolicy and its binding are written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairlead.api.meta import GROUP
from fairlead_operator.manifests.install import Install, Manifest

API = "admissionregistration.k8s.io/v1"

POD_NAME = "authentication.kubernetes.io/pod-name"
POD_UID = "authentication.kubernetes.io/pod-uid"


def _from_token(key: str) -> str:
    return f"request.userInfo.?extra[?'{key}'].orValue([''])[0]"


TOKEN_VARIABLES: Mapping[str, str] = {
    "podName": _from_token(POD_NAME),
    "podUID": _from_token(POD_UID),
}
"""The pod that the writer's token is bound to; empty texts for a token of no pod."""


def refuse_unless(expression: str, message: str) -> Manifest:
    """Return a validation: what must hold, and what the writer is told if it does not."""
    return {"expression": expression, "message": message}


def policy(
    install: Install,
    name: str,
    *,
    resources: Sequence[str],
    operations: Sequence[str],
    validations: Sequence[Manifest],
    variables: Mapping[str, str] | None = None,
) -> list[Manifest]:
    """Return a policy that binds everybody but the operator, and its binding.

    A writer that cannot be checked is refused: ``failurePolicy`` is Fail.
    """
    full_name = install.cluster_name(name)
    rule = {
        "apiGroups": [GROUP],
        "apiVersions": ["*"],
        "operations": list(operations),
        "resources": list(resources),
    }
    not_operator = {
        "name": "not-the-operator",
        "expression": f"request.userInfo.username != '{install.operator_username}'",
    }
    spec: Manifest = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [rule]},
        "matchConditions": [not_operator],
        "variables": [{"name": key, "expression": text} for key, text in (variables or {}).items()],
        "validations": list(validations),
    }
    binding = {
        "policyName": full_name,
        "validationActions": ["Deny"],
        "matchResources": {"namespaceSelector": install.namespace_selector()},
    }
    return [
        _object(install, "ValidatingAdmissionPolicy", full_name, spec),
        _object(install, "ValidatingAdmissionPolicyBinding", full_name, binding),
    ]


def _object(install: Install, kind: str, name: str, spec: Manifest) -> Manifest:
    metadata = {"name": name, "labels": dict(install.labels)}
    return {"apiVersion": API, "kind": kind, "metadata": metadata, "spec": spec}
