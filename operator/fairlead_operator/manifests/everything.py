"""All objects of an installation, in the order in which they can be applied."""

from __future__ import annotations

from fairlead_operator.manifests.deployment import deployment
from fairlead_operator.manifests.fence import fence
from fairlead_operator.manifests.install import Install, Manifest
from fairlead_operator.manifests.options import Options
from fairlead_operator.manifests.rbac import people, rbac, runner_access
from fairlead_operator.manifests.store import store_volumes

RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
"""What holds every pod of a namespace to the restricted profile."""


def everything(install: Install, options: Options) -> list[Manifest]:
    """Return all objects of an installation but the definitions of its kinds.

    The definitions outlive installations; they are in ``crds/``.
    """
    return [*surroundings(install, options), deployment(install, options)]


def surroundings(install: Install, options: Options) -> list[Manifest]:
    """Return all but the operator itself: what one needs that runs somewhere else."""
    made = [namespace(install, name) for name in _namespaces(install, options)]
    made += [*rbac(install), *people(install), *fence(install)]
    if install.watched is None:
        for name in options.namespaces:
            made += runner_access(install, name)
    if options.store.volume is not None:
        made += store_volumes(install, options.store.volume, job_namespaces(install, options))
    return [*made, *options.sizes]


def job_namespaces(install: Install, options: Options) -> tuple[str, ...]:
    """Return the namespaces that are known to have jobs."""
    return options.namespaces if install.watched is None else install.watched


def namespace(install: Install, name: str) -> Manifest:
    """Return a namespace whose pods keep to the restricted profile."""
    metadata = {"name": name, "labels": {**install.labels, **RESTRICTED}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _namespaces(install: Install, options: Options) -> list[str]:
    if not options.make_namespaces:
        return []
    return list(dict.fromkeys([install.namespace, *job_namespaces(install, options)]))
