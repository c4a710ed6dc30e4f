"""The operator's Deployment."""

from __future__ import annotations

from fairlead.api import labels
from fairlead_operator.manifests.install import Install, Manifest
from fairlead_operator.manifests.options import Options

PORT = 8080
"""Where the operator says whether it is well, and how much it does."""

OPERATOR_COMPONENT = "operator"
USER = 65532


def environment(install: Install, options: Options) -> dict[str, str]:
    """Return the settings of an operator of this installation, as environment variables."""
    store = options.store
    found = {
        "FAIRLEAD_OPERATOR_RELEASE": install.release,
        "FAIRLEAD_OPERATOR_NAMESPACE": install.namespace,
        "FAIRLEAD_OPERATOR_WATCH": ",".join(install.watched or ()),
        "FAIRLEAD_OPERATOR_LOG_LEVEL": options.log_level,
        "FAIRLEAD_RUNNER_IMAGE": options.runner_image,
        "FAIRLEAD_RUNNER_IMAGE_PULL_POLICY": options.pull_policy,
        "FAIRLEAD_RUNNER_STORE": store.runner_url,
        "FAIRLEAD_RUNNER_STORE_SECRET": store.secret,
        "FAIRLEAD_RUNNER_STORE_CLAIM": store.volume and store.volume.claim,
        "FAIRLEAD_RUNNER_STORE_MOUNT": store.volume and store.volume.mount,
    }
    return {name: value for name, value in found.items() if value}


def deployment(install: Install, options: Options) -> Manifest:
    """Return the Deployment of the operator.

    An update ends the old operator before the new one starts: two versions never take turns.
    """
    name = install.operator_account
    chosen = {**install.labels, labels.COMPONENT: OPERATOR_COMPONENT}
    # What a Deployment selects can never be changed, so it is as little as tells pods apart.
    selected = {
        key: chosen[key]
        for key in ("app.kubernetes.io/name", "app.kubernetes.io/instance", labels.COMPONENT)
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": install.namespace, "labels": chosen},
        "spec": {
            "replicas": options.replicas,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": selected},
            "template": {"metadata": {"labels": chosen}, "spec": _pod(install, options)},
        },
    }


def _pod(install: Install, options: Options) -> Manifest:
    return {
        "serviceAccountName": install.operator_account,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 15,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(install, options)],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }


def _container(install: Install, options: Options) -> Manifest:
    variables: list[Manifest] = [
        {"name": name, "value": value} for name, value in environment(install, options).items()
    ]
    variables.append({"name": "FAIRLEAD_OPERATOR_PORT", "value": str(PORT)})
    variables.append(
        {
            "name": "FAIRLEAD_OPERATOR_IDENTITY",
            "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
        }
    )
    return {
        "name": "operator",
        "image": options.operator_image,
        "imagePullPolicy": options.pull_policy,
        "command": ["python3", "-m", "fairlead_operator"],
        "env": variables,
        "ports": [{"name": "http", "containerPort": PORT}],
        # Slow to begin is not dead: nothing is asked of it in its first minute.
        "startupProbe": _probe("/healthz", period=1, failures=60),
        "livenessProbe": _probe("/healthz", period=10, failures=3),
        "readinessProbe": _probe("/readyz", period=2, failures=3),
        "resources": {kind: dict(amounts) for kind, amounts in options.resources.items()},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }


def _probe(path: str, *, period: int, failures: int) -> Manifest:
    return {
        "httpGet": {"path": path, "port": "http"},
        "periodSeconds": period,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    }
