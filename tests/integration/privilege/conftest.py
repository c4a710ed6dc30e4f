"""The chart installed on a control plane without nodes, to see what each identity may do.

Nothing runs there: tokens are bound to pods that stay pending, and the API server decides as
everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.cluster.fixtures import brought_up
from tests.cluster.kubeapi import KubeApi, Object, until
from tests.cluster.kubectl import apply_all
from tests.cluster.namespaces import temporary
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.provider import Cluster, choose
from tests.integration.api.actors import PATH, Pod, Site, job, task
from tests.site.helm import CHART, Helm
from tests.site.setup import apply_definitions

from fairlead.api.meta import API_VERSION
from fairlead_operator.manifests.install import Install

PEOPLE = ("view", "edit", "admin")
"""Kubernetes' own roles, each of which somebody has in the namespace of the jobs."""

SECRET = "of-nobody-s-concern"
"""What is in the secret that nobody may read."""


@dataclass
class Installed:
    """A release of the chart, and everybody who has a token.

    Attributes
    ----------
    site
        Where it is, and its operator.
    wide
        Whether it looks after all namespaces.
    other
        A namespace that has jobs but is not looked after by a release for some namespaces.
    runner
        A runner's pod with its token.
    people
        Somebody with each of Kubernetes' own roles.
    """

    site: Site
    wide: bool
    other: str
    runner: Pod
    people: dict[str, KubeApi]

    def api(self, who: str) -> KubeApi:
        """The client of ``operator``, ``runner`` or one of the people."""
        return {"operator": self.site.operator, "runner": self.runner.api, **self.people}[who]


@pytest.fixture(scope="session")
def control_plane(cluster_turn: None) -> Iterator[Cluster]:
    """An API server with our definitions: an own one where it can be had in seconds."""
    chosen = choose()
    made = NativeCluster("rights", nodes=0) if chosen.provider == "native" else chosen
    with brought_up(made):
        apply_definitions(made)
        yield made


@pytest.fixture(scope="module", params=["some", "all"])
def installed(
    control_plane: Cluster, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installed]:
    """The chart, for one namespace or for all of them."""
    wide = request.param == "all"
    with (
        temporary(control_plane, "system", ready=False) as home,
        temporary(control_plane, "jobs", ready=False) as jobs,
        temporary(control_plane, "other", ready=False) as other,
    ):
        helm = Helm(control_plane, home.name)
        where = f"jobs.namespaces={{{jobs.name}}}" if wide else f"watch.namespaces={{{jobs.name}}}"
        # Not to wait: there is no node on which anything could become ready.
        helm("install", helm.release, CHART, "--set", where)
        install = Install(helm.release, home.name, None if wide else (jobs.name,))
        admin = home.api
        folder = tmp_path_factory.mktemp("tokens")
        site = Site(install, jobs.name, control_plane, admin, admin, folder)
        try:
            site.operator = site.account(install.operator_account, home.name)
            yield _furnished(site, wide, other.name)
        finally:
            helm("uninstall", helm.release)


def _furnished(site: Site, wide: bool, other: str) -> Installed:
    """Everybody, and something for each to find."""
    apply_all(site.cluster, [item for name in PEOPLE for item in _person(site.namespace, name)])
    people = {name: site.account(name, site.namespace) for name in PEOPLE}
    for namespace in (site.namespace, other, site.install.namespace):
        core = f"/api/v1/namespaces/{namespace}"
        meta = {"metadata": {"name": "mine"}}
        site.admin.create(f"{core}/secrets", {**meta, "stringData": {"word": SECRET}})
        site.admin.create(f"{core}/configmaps", {**meta, "data": {"word": "known"}})
        path = f"{PATH}/namespaces/{namespace}"
        site.admin.create(f"{path}/jobs", job("mine", desired="Suspended"))
        site.admin.create(f"{path}/releases", release())
        until(
            f"a task in {namespace}",
            lambda path=path: site.admin.create(f"{path}/tasks", task("mine", job="mine")),
        )
    # The API server learns of roles a moment after they are stored.
    jobs = f"{PATH}/namespaces/{site.namespace}/jobs"
    for api in (site.operator, *people.values()):
        until("a role", lambda api=api: api.get(jobs))
    runner = site.runner("mine")
    until("the runners' role", lambda: runner.api.get(site.tasks))
    return Installed(site, wide, other, runner, people)


def _person(namespace: str, role: str) -> list[Object]:
    meta = {"name": role, "namespace": namespace}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": meta,
            "subjects": [{"kind": "ServiceAccount", **meta}],
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": role,
            },
        },
    ]


def release(name: str = "mine") -> Object:
    """A Release with one task."""
    tasks = [{"identifier": "A", "version": "v0.0", "entryPoint": "a:A"}]
    meta = {"apiVersion": API_VERSION, "kind": "Release", "metadata": {"name": name}}
    return {**meta, "spec": {"image": "x", "tasks": tasks}}
