"""The programs that the chart runs once: what they may do, and what they say if they cannot."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.cluster.kubeapi import ApiError, KubeApi, Object, until
from tests.cluster.kubectl import apply_all, kubectl
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.shell import direct
from tests.integration.chart import older
from tests.integration.chart.kit import DEFINITIONS, Place, definition, unrunnable
from tests.site.access import kubeconfig_of
from tests.site.helm import CHART, Helm
from tests.site.setup import apply_definitions

from fairlead.api.crds import KINDS

NAMES = [kind.crd_name for kind in KINDS]
PLURALS = [name.partition(".")[0] for name in NAMES]
NAMESPACE = "chart-chores"


def chore(kubeconfig: Path, program: str, *words: str) -> tuple[int, list[str], list[str]]:
    """Exit code and lines of one of the programs, as somebody of a kubeconfig."""
    done = subprocess.run(
        [sys.executable, "-m", f"fairlead_operator.{program}", *words],
        env=direct() | {"KUBECONFIG": str(kubeconfig)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()


@pytest.fixture(scope="module")
def hook(cluster: NativeCluster, values: dict[str, Any]) -> Iterator[list[Any]]:
    """The objects by which the chart's hook may write definitions."""
    chosen = ["--show-only", "templates/hooks/definitions.yaml", "--kube-version", "1.34.0"]
    rendered = Helm(cluster, NAMESPACE).template(values, *chosen)
    made = [item for item in yaml.safe_load_all(rendered) if item["kind"] != "Job"]
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    apply_all(cluster, [namespace, *made])
    yield made
    for item in made:
        kind = item["kind"].lower()
        where = item["metadata"].get("namespace", "")
        name = item["metadata"]["name"]
        kubectl(cluster, "delete", kind, name, "--ignore-not-found", namespace=where)
    kubectl(cluster, "delete", "namespace", NAMESPACE, "--ignore-not-found")
    apply_definitions(cluster)


@pytest.fixture
def account(cluster: NativeCluster, hook: list[Any], tmp_path: Path) -> Path:
    """A kubeconfig of the hook's account."""
    [name] = [item["metadata"]["name"] for item in hook if item["kind"] == "ServiceAccount"]
    return kubeconfig_of(cluster, name, NAMESPACE, tmp_path / "hook.kubeconfig")


def test_definitions_come_by_these_rights_and_nothing_else_does(
    api: KubeApi, bare: None, account: Path, tmp_path: Path
) -> None:
    own = KubeApi(account)
    # Rights come a moment after they are stored; then what is absent is only not found.
    until("the hook's rights", lambda: _status(own, "GET", NAMES[0]) == 404)
    assert chore(account, "definitions") == (0, [f"{name} created" for name in NAMES], [])
    assert chore(account, "definitions") == (0, [f"{name} unchanged" for name in NAMES], [])

    tasks = yaml.safe_load((older.chart(tmp_path) / "crds" / "tasks.yaml").read_text())
    api.request("PUT", f"{DEFINITIONS}/tasks.fairlead.dev", _over(tasks, api))
    assert not older.knows(definition(api, "tasks"))
    code, said, _ = chore(account, "definitions")
    assert code == 0
    assert "tasks.fairlead.dev updated" in said
    assert older.knows(definition(api, "tasks"))

    assert [_status(own, verb, NAMES[0]) for verb in ("GET", "DELETE", "PUT")] == [200, 403, 403]
    assert _status(own, "GET", "") == 403
    assert _status(own, "GET", "widgets.example.com") == 403
    own.close()


def _status(own: KubeApi, verb: str, name: str) -> int:
    body = {"metadata": {"name": name}} if verb == "PUT" else None
    return own.raw(verb, f"{DEFINITIONS}/{name}".rstrip("/"), body)[0]


def _over(wanted: Any, api: KubeApi) -> Any:
    """A definition that takes the place of the one that is there."""
    version = definition(api, "tasks")["metadata"]["resourceVersion"]
    return {**wanted, "metadata": {**wanted["metadata"], "resourceVersion": version}}


def test_the_chart_brings_the_definitions_that_the_code_has(hook: list[Any]) -> None:
    [role] = [item for item in hook if item["kind"] == "ClusterRole"]
    [rule] = role["rules"]
    assert sorted(rule["resourceNames"]) == sorted(NAMES)
    packed = {
        yaml.safe_load(file.read_text())["metadata"]["name"]
        for file in (CHART / "crds").glob("*.yaml")
    }
    assert packed == set(NAMES)


def test_an_account_without_the_right_is_told_in_a_line(
    cluster: NativeCluster, hook: list[Any], tmp_path: Path
) -> None:
    target = tmp_path / "nobody.kubeconfig"
    # A namespace gets this account a moment after it is made.
    nobody = until("an account", lambda: kubeconfig_of(cluster, "default", NAMESPACE, target))
    code, said, problems = chore(nobody, "definitions")
    assert (code, said) == (1, [])
    [problem] = problems
    assert "this account may not bring the definitions up to date" in problem
    assert "fairlead crds apply" in problem


@pytest.mark.parametrize("program", ["definitions", "removal"])
def test_a_server_that_is_away_is_told_in_a_line(account: Path, program: str) -> None:
    config = yaml.safe_load(account.read_text())
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:9"
    account.write_text(yaml.safe_dump(config))
    code, said, problems = chore(account, program)
    assert (code, said) == (1, [])
    [problem] = problems
    assert "cannot reach" in problem


def test_what_does_not_go_is_named(cluster: NativeCluster, place: Place, api: KubeApi) -> None:
    apply_definitions(cluster)
    make(api, place, unrunnable("stays", finalizers=["chart.test/kept"]))
    words = ["--seconds", "1", place.namespace]
    try:
        code, said, problems = chore(cluster.kubeconfig, "removal", *words)
        assert (code, said) == (1, [f"deleted job {place.namespace}/stays"])
        [problem] = problems
        assert f"not everything is gone after 1 s: jobs {place.namespace}/stays" in problem
    finally:
        api.patch(place.path("jobs", "stays"), {"metadata": {"finalizers": None}})
    assert chore(cluster.kubeconfig, "removal", *words) == (0, [], [])


def make(api: KubeApi, place: Place, job: Object) -> None:
    """Make a Job, as soon as its kind is served."""

    def made() -> bool:
        try:
            return bool(api.create(place.path("jobs"), job))
        except ApiError as refused:
            return refused.status == 409

    until("the kind is served", made)


def test_the_chart_of_definitions_takes_them_over_and_deletes_none(
    cluster: NativeCluster, place: Place, api: KubeApi, tmp_path: Path
) -> None:
    apply_definitions(cluster)
    make(api, place, unrunnable("kept"))
    job = place.job("kept")["metadata"]["uid"]
    before = {name: definition(api, name)["metadata"]["uid"] for name in PLURALS}
    tasks = yaml.safe_load((older.chart(tmp_path) / "crds" / "tasks.yaml").read_text())
    api.request("PUT", f"{DEFINITIONS}/tasks.fairlead.dev", _over(tasks, api))
    assert not older.knows(definition(api, "tasks"))

    helm = Helm(cluster, place.namespace, release="fairlead-crds")
    chart = CHART.with_name("fairlead-crds")
    helm.upgrade({}, "--install", "--take-ownership", chart=chart)
    assert older.knows(definition(api, "tasks"))
    # Whoever brings them up to date in both ways has no trouble with it.
    assert chore(cluster.kubeconfig, "definitions")[0] == 0
    helm.upgrade({}, chart=chart)

    helm.uninstall()
    assert {name: definition(api, name)["metadata"]["uid"] for name in PLURALS} == before
    assert older.knows(definition(api, "tasks"))
    assert place.job("kept")["metadata"]["uid"] == job
