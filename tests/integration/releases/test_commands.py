"""``fairlead releases`` and ``kubectl fairlead`` against a real API server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.cluster.namespaces import Namespace
from tests.integration.command_line import Shell
from tests.integration.releases.conftest import flow

from fairlead.backends.kubernetes.kinds import CONFIGMAPS, JOBS, RELEASES
from fairlead.backends.kubernetes.rest import RestClient


def publish(shell: Shell, name: str, version: str, says: str) -> None:
    """Publish a program; names decide which of two is newer that are made in one second."""
    shell.program("flow.py", flow(version, says))
    assert shell.json("releases", "publish", "flow.py", "--name", name)["new"]


def test_a_program_is_published_listed_and_shown(shell: Shell, namespace: Namespace) -> None:
    shell.program("flow.py", flow())
    first = shell.json("releases", "publish", "flow.py", "--description", "what is new")
    assert first["new"]
    assert first["name"] == f"flow-{first['sha256'][:8]}"
    assert not shell.json("releases", "publish", "flow.py")["new"]
    (listed,) = shell.json("releases", "list")
    assert (listed["name"], listed["description"]) == (first["name"], "what is new")
    shown = shell.json("releases", "show", first["name"])
    assert shown["tasks"][0]["entry_point"] == "flow:Root"
    text = shell("releases", "show", first["name"])
    assert "example.com/flow/Root  v1.0     flow:Root" in text
    assert first["name"] in namespace.kubectl("get", "flrel")


def test_a_package_is_published_by_its_name(shell: Shell) -> None:
    package = shell.folder / "acme"
    package.mkdir()
    (package / "__init__.py").write_text("from acme.flow import Root\n")
    (package / "flow.py").write_text(flow())
    (package / "words.txt").write_text("hello")
    done = shell.json("releases", "publish", "acme", "--data", "--name", "acme-1")
    assert done["files"] == ["acme/__init__.py", "acme/flow.py", "acme/words.txt"]
    assert shell.json("releases", "publish", "acme.flow", "--name", "acme-2")["files"] == [
        "acme/__init__.py",
        "acme/flow.py",
    ]


def test_a_dry_run_prints_what_kubectl_can_apply(shell: Shell, namespace: Namespace) -> None:
    file = shell.program("flow.py", flow())
    objects = shell("releases", "publish", "flow.py", "--dry-run", "--output", "yaml")
    assert shell.json("releases", "list") == []
    file.with_suffix(".yaml").write_text(objects)
    namespace.kubectl("apply", "-f", str(file.with_suffix(".yaml")))
    name = yaml.safe_load(objects)["items"][-1]["metadata"]["name"]
    assert not shell.json("releases", "publish", "flow.py", "--name", name)["new"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import absent_part\n", "flow.py:1 imports absent_part, which cannot be found"),
        ("x = \n", "flow.py:1 is not valid Python"),
        ("x = 1\n", "define no task"),
        ("raise ValueError('no')\n", "ValueError: no"),
    ],
)
def test_what_cannot_be_published_is_said_in_one_line(
    shell: Shell, text: str, message: str
) -> None:
    shell.program("flow.py", text + (flow() if "x = 1" not in text else ""))
    said = shell("releases", "publish", "flow.py", code=2)
    assert message in said
    assert len(said.splitlines()) == 1


def test_rolling_back_gives_way_to_the_release_before(
    shell: Shell, rest: RestClient, namespace: Namespace
) -> None:
    publish(shell, "flow-1", "v1.0", "first")
    publish(shell, "flow-2", "v1.1", "second")
    publish(shell, "flow-3", "v1.1", "third")
    successor = {"identifier": "example.com/flow/Root", "version": "v1.1"}
    for name, release, runs in (("flow-3", "flow-2", "v1.1"), ("flow-2", "flow-1", "v1.0")):
        expected = [successor | {"release": release, "runs": runs}]
        dry = shell.json("releases", "rollback", name, "--dry-run")
        assert (dry["deleted"], dry["tasks"]) == (False, expected)
        done = shell.json("releases", "rollback", name)
        assert (done["deleted"], done["tasks"]) == (True, expected)
    assert "no other release has" in shell("releases", "rollback", "flow-1", code=2)
    assert [one["name"] for one in shell.json("releases", "list")] == ["flow-1"]
    shell("releases", "rollback", "flow-1", "--force")
    assert rest.list(RELEASES, namespace.name) == []
    assert rest.list(CONFIGMAPS, namespace.name, labels="fairlead.dev/release") == []


def test_a_release_that_an_unfinished_job_names_stays(
    shell: Shell, rest: RestClient, namespace: Namespace
) -> None:
    publish(shell, "flow-1", "v1.0", "first")
    publish(shell, "flow-2", "v1.0", "second")
    rest.create(JOBS, namespace.name, job("nightly", "flow-2"))
    said = shell("releases", "rollback", "flow-2", code=2)
    assert "unfinished jobs ask for flow-2 by name: nightly" in said
    status = {"state": "Completed", "run": 1}
    rest.patch(JOBS, namespace.name, "nightly", {"status": status}, part="status")
    shell("releases", "rollback", "flow-2")


def job(name: str, release: str) -> dict[str, Any]:
    task = {"name": "root", "identifier": "example.com/flow/Root", "version": "v1.0"}
    return {
        "apiVersion": "fairlead.dev/v1beta1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"release": release, "tasks": [task]},
    }


def test_pruning_removes_old_development_releases_only(
    shell: Shell, rest: RestClient, namespace: Namespace
) -> None:
    publish(shell, "kept", "v1.0", "first")
    body = rest.get(RELEASES, namespace.name, "kept")
    for number in range(3):
        spec = body["spec"] | {"stage": "Development"}
        rest.create(
            RELEASES, namespace.name, body | {"metadata": {"name": f"dev-{number}"}, "spec": spec}
        )
    rest.create(JOBS, namespace.name, job("nightly", "dev-0"))
    assert shell.json("releases", "prune")["found"] == []  # none is a week old
    assert shell.json("releases", "prune", "--days", "0", "--dry-run")["found"] == ["dev-1"]
    assert shell.json("releases", "prune", "--days", "0")["removed"] == ["dev-1"]
    names = {one["name"] for one in shell.json("releases", "list", "--all")}
    assert names == {"kept", "dev-0", "dev-2"}


def test_what_is_not_there_and_who_cannot_be_asked(shell: Shell, tmp_path: Path) -> None:
    assert "no Release is called 'absent'" in shell("releases", "show", "absent", code=3)
    assert "leave --backend out" in shell("--backend", "local", "releases", "list", code=2)
    shell.env["KUBECONFIG"] = str(tmp_path / "absent")
    assert "no cluster is chosen" in shell("releases", "list", code=4)


def test_kubectl_runs_the_same_commands(shell: Shell, namespace: Namespace, tmp_path: Path) -> None:
    shell.program("flow.py", flow())
    shell("releases", "publish", "flow.py", "--name", "one")
    plugin = tmp_path / "bin" / "kubectl-fairlead"
    plugin.parent.mkdir()
    plugin.write_text(f'#!/bin/sh\nexec {sys.executable} -m fairlead.cli.kubectl "$@"\n')
    plugin.chmod(0o755)
    del shell.env["KUBECONFIG"], shell.env["FAIRLEAD_NAMESPACE"]
    path = f"{plugin.parent}{os.pathsep}{os.environ['PATH']}"
    env = shell.env | {"PATH": path, "KUBECONFIG": str(tmp_path / "absent")}
    where = ["--kubeconfig", str(namespace.cluster.kubeconfig), "-n", namespace.name]
    command = [str(namespace.cluster.kubectl), "fairlead", "releases", "list", *where]
    ran = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert "one   PUBLISHED" in ran.stdout
