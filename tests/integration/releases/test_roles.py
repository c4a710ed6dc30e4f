"""Who may publish: the installed roles allow all that the commands do, and to nobody else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cluster.kubeapi import until
from tests.integration.api.actors import Site
from tests.integration.command_line import Shell
from tests.integration.releases.conftest import flow

GROUP = "rbac.authorization.k8s.io"

Person = Callable[..., Shell]


@pytest.fixture
def person(site: Site, tmp_path: Path) -> Person:
    """Return the command line of somebody who has some of the installed roles."""

    def made(name: str, *roles: str) -> Shell:
        core = f"/api/v1/namespaces/{site.namespace}/serviceaccounts"
        site.admin.create(core, {"metadata": {"name": name}})
        for role in roles:
            own_role = site.install.cluster_name(role)
            body = {
                "metadata": {"name": f"{name}-{role}"},
                "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": own_role},
                "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": site.namespace}],
            }
            site.admin.create(f"/apis/{GROUP}/v1/namespaces/{site.namespace}/rolebindings", body)
        client = site.account(name, site.namespace)
        releases = f"/apis/fairlead.dev/v1beta1/namespaces/{site.namespace}/releases"
        until(f"{name}'s roles count", lambda: client.raw("GET", releases)[0] == 200)
        folder = tmp_path / name
        folder.mkdir()
        own = {
            "KUBECONFIG": str(site.folder / f"{site.namespace}-{name}-.kubeconfig"),
            "FAIRLEAD_NAMESPACE": site.namespace,
        }
        return Shell(folder, os.environ | own)

    return made


def test_a_publisher_may_do_all_that_the_commands_do(person: Person) -> None:
    shell = person("publisher", "view", "publish")
    for number in (1, 2):
        shell.program("flow.py", flow(says=str(number)))
        name = f"by-role-{number}"
        assert shell.json("releases", "publish", "flow.py", "--name", name)["new"]
    assert shell.json("releases", "rollback", "by-role-2")["deleted"]
    assert shell.json("releases", "rollback", "by-role-1", "--force")["deleted"]
    assert shell.json("releases", "prune")["removed"] == []
    assert shell.json("releases", "list", "--all") == []


def test_who_may_only_run_jobs_may_not_publish(person: Person) -> None:
    shell = person("editor", "view", "edit")
    shell.program("flow.py", flow())
    said = shell("releases", "publish", "flow.py", code=4)
    assert "does not allow it" in said
    assert len(said.splitlines()) == 1
    assert shell.json("releases", "list") == []
