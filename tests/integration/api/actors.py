"""Those who write to the API server in these tests: the operator, runners, people."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from tests.cluster.kubeapi import MERGE, ApiError, KubeApi, Object, until
from tests.cluster.kubectl import apply_all, delete_all
from tests.cluster.namespaces import restricted_pod
from tests.cluster.provider import Cluster

from fairlead.api.labels import JOB
from fairlead.api.meta import API_VERSION
from fairlead_operator.manifests.fence import fence
from fairlead_operator.manifests.install import Install
from fairlead_operator.manifests.rbac import people, rbac, runner_access

ROOT = Path(__file__).resolve().parents[3]

PATH = f"/apis/{API_VERSION}"


def collection(namespace: str, plural: str) -> str:
    """The path of one of our kinds in a namespace."""
    return f"{PATH}/namespaces/{namespace}/{plural}"


def kubectl(
    cluster: Cluster, *words: str, feed: object = None, namespace: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run kubectl to its end, whatever that is; an object to feed it goes in as JSON."""
    where = ["--kubeconfig", str(cluster.kubeconfig)]
    where += ["--namespace", namespace] if namespace else []
    text = feed if isinstance(feed, str | None) else json.dumps(feed)
    return subprocess.run(
        [cluster.kubectl, *where, *words], input=text, capture_output=True, text=True, timeout=60
    )


@dataclass
class Pod:
    """A pod with a token that is bound to it."""

    name: str
    uid: str
    api: KubeApi


@dataclass
class Site:
    """An installation of the fence and the roles that looks after one namespace.

    Attributes
    ----------
    admin
        May do everything, but is not exempt from the fence.
    operator
        The operator, by its service account.
    folder
        Where kubeconfigs of tokens are written.
    """

    install: Install
    namespace: str
    cluster: Cluster
    admin: KubeApi
    operator: KubeApi
    folder: Path

    @property
    def tasks(self) -> str:
        """The path of the namespace's Tasks."""
        return collection(self.namespace, "tasks")

    def by_token(self, name: str, token: str) -> KubeApi:
        """A client that carries a token."""
        config = yaml.safe_load(self.cluster.kubeconfig.read_text())
        config["users"] = [{"name": "token", "user": {"token": token}}]
        for entry in config["contexts"]:
            entry["context"]["user"] = "token"
        path = self.folder / f"{name}.kubeconfig"
        path.write_text(yaml.safe_dump(config))
        return KubeApi(path)

    def account(self, name: str, namespace: str, pod: Object | None = None) -> KubeApi:
        """A client under a service account; with a pod, its token is bound to that pod."""
        spec: Object = {"audiences": [], "expirationSeconds": 3600}
        if pod is not None:
            meta = {"name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]}
            spec["boundObjectRef"] = {"kind": "Pod", "apiVersion": "v1", **meta}
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        made = self.admin.create(path, {"spec": spec})
        called = f"{namespace}-{name}-{spec.get('boundObjectRef', {}).get('name', '')}"
        return self.by_token(called, made["status"]["token"])

    def runner(self, name: str, namespace: str = "", account: str = "") -> Pod:
        """A pod under the runners' account, and a client with its token."""
        where, under = namespace or self.namespace, account or self.install.runner_account
        body = restricted_pod(name, ("sleep",), serviceAccountName=under)
        made = self.admin.create(f"/api/v1/namespaces/{where}/pods", body)
        return Pod(name, made["metadata"]["uid"], self.account(under, where, made))

    def task(self, name: str, **spec: Any) -> str:
        """Let the operator make a Task; its path."""
        self.operator.create(self.tasks, task(name, **spec))
        return f"{self.tasks}/{name}"

    def held(self, name: str, pod: str, attempt: int = 1, **status: Any) -> str:
        """Let the operator make a Task and give it to a pod; its path."""
        path = self.task(name)
        self.set_status(path, podName=pod, attempt=attempt, **status)
        return path

    def set_status(self, path: str, **status: Any) -> Object:
        """Let the operator write a status."""
        return dict(self.operator.patch(f"{path}/status", {"status": status}))


def task(name: str, job: str = "job", **spec: Any) -> Object:
    """A Task as the operator makes it; ``spec`` replaces fields, None removes one."""
    filled = {
        "jobName": job,
        "jobUID": "0f0f",
        "run": 1,
        "key": "0",
        "identifier": "acme.example/Square",
        "version": "v1.0",
        **spec,
    }
    return {
        "apiVersion": API_VERSION,
        "kind": "Task",
        "metadata": {"name": name, "labels": {JOB: job}},
        "spec": {key: value for key, value in filled.items() if value is not None},
    }


def job(name: str, *tasks: Object, **spec: Any) -> Object:
    """A Job with some tasks, or with one."""
    listed = list(tasks) or [{"name": "one", "identifier": "acme.example/Square"}]
    return {
        "apiVersion": API_VERSION,
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"tasks": listed, **spec},
    }


def refused(api: KubeApi, method: str, path: str, body: Object | None = None) -> ApiError:
    """Make a request that must be refused; the refusal."""
    kind = MERGE if method == "PATCH" else "application/json"
    status, text = api.raw(method, path, body, kind=kind)
    assert status >= 400, f"{method} {path} was allowed: {text[:500]}"
    return ApiError(status, text)


def make_site(install: Install, namespace: str, cluster: Cluster, folder: Path) -> Site:
    """Install fence and roles over a namespace, and wait until they are in force."""
    admin = KubeApi(cluster.kubeconfig)
    home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": install.namespace}}
    apply_all(cluster, [home, *rbac(install), *people(install), *fence(install)])
    if install.watched is None:
        apply_all(cluster, runner_access(install, namespace))
    site = Site(install, namespace, cluster, admin, admin, folder)
    site.operator = site.account(install.operator_account, install.namespace)
    _wait_enforced(site)
    return site


def _wait_enforced(site: Site) -> None:
    """The API server learns of roles and policies a moment after they are stored."""
    path = f"{site.tasks}/probe"
    until("the operator's role", lambda: site.operator.create(site.tasks, task("probe")), every=0.1)

    def in_force() -> bool:
        body = {"status": {"display": "probe"}}
        by_policy = site.admin.raw("PATCH", f"{path}/status?dryRun=All", body, kind=MERGE)
        wrong = {"metadata": {"annotations": {"fairlead.dev/desired": "nonsense"}}}
        by_other = site.admin.raw("PATCH", f"{path}?dryRun=All", wrong, kind=MERGE)
        return by_policy[0] == 422 and by_other[0] == 422

    until("the fence", in_force, every=0.1)
    site.admin.delete(path)


def remove_site(site: Site) -> None:
    """Remove what belongs to the whole cluster; the rest goes with its namespaces."""
    install = site.install
    delete_all(site.cluster, [*fence(install), *rbac(install), *people(install)])
