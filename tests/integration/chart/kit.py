"""What the tests of the chart do to a cluster, and look at."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.kubeapi import ApiError, KubeApi, Object, until
from tests.cluster.kubectl import tried
from tests.cluster.provider import Cluster
from tests.cluster.shell import direct, run
from tests.site.helm import Helm
from tests.site.site import OURS, PATH, RUNNERS, condition_of

from fairlead.api.meta import API_VERSION

PROGRAM = Path(__file__).with_name("held.py")
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
RELEASE = "held"


@dataclass(frozen=True)
class Place:
    """A namespace where jobs run, and how they are looked at."""

    cluster: Cluster
    api: KubeApi
    namespace: str

    def path(self, plural: str, name: str = "") -> str:
        """The path of our objects of one kind, or of one of them."""
        return f"{PATH}/namespaces/{self.namespace}/{plural}" + (f"/{name}" if name else "")

    def publish(self) -> None:
        """Publish the tasks of these tests."""
        fairlead = Path(sys.executable).with_name("fairlead")
        told = {"KUBECONFIG": str(self.cluster.kubeconfig), "FAIRLEAD_NAMESPACE": self.namespace}
        command = [fairlead, "releases", "publish", PROGRAM, "--name", RELEASE]
        run(command, env=direct() | told | {"FAIRLEAD_BACKEND": "kubernetes"}, timeout=120)

    def submit(self, name: str, gate: str, length: int) -> Object:
        """Submit a job whose first task waits at a gate, and whose second measures its result."""
        hold = {
            "name": "hold",
            "identifier": "chart.test/Hold",
            "version": "v1.0",
            "input": {"gate": gate, "length": length},
        }
        measure = {
            "name": "measure",
            "identifier": "chart.test/Measure",
            "version": "v1.0",
            "input": {"text": None},
            "inputFrom": [{"path": "/text", "task": "hold"}],
        }
        job = {
            "apiVersion": API_VERSION,
            "kind": "Job",
            "metadata": {"name": name},
            "spec": {"tasks": [hold, measure]},
        }
        return dict(self.api.create(self.path("jobs"), job))

    def job(self, name: str) -> Object:
        """A job."""
        return dict(self.api.get(self.path("jobs", name)))

    def task(self, job: str, key: str) -> Object:
        """One task of a job; empty until there is one."""
        selected = f"fairlead.dev/job={job},fairlead.dev/key={key}"
        found = self.api.get(self.path("tasks"), labelSelector=selected)["items"]
        return dict(found[0]) if found else {}

    def wait_running(self, job: str, key: str, timeout: float = 90) -> Object:
        """Wait until a task runs; the task."""

        def running() -> Object | None:
            found = self.task(job, key)
            return found if found.get("status", {}).get("state") == "Running" else None

        return until(f"task {key} of {job} runs", running, timeout=timeout)

    def wait_complete(self, job: str, timeout: float = 120) -> Object:
        """Wait until a job has ended, and see that it ended well; the job."""

        def ended() -> Object | None:
            found = self.job(job)
            return found if condition_of(found, "Finished") == "True" else None

        found = until(f"job {job} has ended", ended, timeout=timeout)
        assert condition_of(found, "Complete") == "True", found["status"]
        return found

    def result(self, job: str, key: str) -> str:
        """The result of a task as it is written down."""
        return str(self.task(job, key)["status"]["result"])

    def runners(self) -> list[Object]:
        """The pods that execute tasks."""
        path = f"/api/v1/namespaces/{self.namespace}/pods"
        return list(self.api.get(path, labelSelector=RUNNERS)["items"])

    def names(self, plural: str) -> list[str]:
        """The names of our objects of one kind."""
        return [item["metadata"]["name"] for item in self.api.get(self.path(plural))["items"]]

    def report(self) -> str:
        """Everything worth reading after a failure."""
        looks = (
            ("get", "events", "--sort-by=.lastTimestamp"),
            ("get", f"pods,{OURS}", "--output=wide"),
            ("get", "jobs.fairlead.dev,tasks.fairlead.dev", "--output=yaml"),
            ("logs", "--selector", RUNNERS, "--all-containers", "--tail=100", "--prefix"),
        )
        return "\n".join(
            tried(self.cluster, *look, namespace=self.namespace)[-20_000:] for look in looks
        )


def unrunnable(name: str, **metadata: object) -> Object:
    """A Job whose release nobody publishes: its task waits for ever."""
    task = {"name": "one", "identifier": "chart.test/None", "version": "v1.0"}
    return {
        "apiVersion": API_VERSION,
        "kind": "Job",
        "metadata": {"name": name, **metadata},
        "spec": {"release": "none", "tasks": [task]},
    }


def leader(helm: Helm, api: KubeApi) -> Object:
    """The operator's pod that holds the lease; empty if none of the release does."""
    leases = f"/apis/coordination.k8s.io/v1/namespaces/{helm.namespace}/leases"
    holder = api.get(f"{leases}/{helm.release}-operator")["spec"].get("holderIdentity")
    return next((pod for pod in _pods(helm, api) if pod["metadata"]["name"] == holder), {})


def pods(helm: Helm, api: KubeApi, component: str = "operator") -> list[str]:
    """The unique ids of a release's pods that do not end."""
    found = _pods(helm, api, component)
    return [pod["metadata"]["uid"] for pod in found if "deletionTimestamp" not in pod["metadata"]]


def _pods(helm: Helm, api: KubeApi, component: str = "operator") -> list[Object]:
    path = f"/api/v1/namespaces/{helm.namespace}/pods"
    selected = f"app.kubernetes.io/instance={helm.release},fairlead.dev/component={component}"
    return list(api.get(path, labelSelector=selected)["items"])


def credentials(helm: Helm, api: KubeApi, namespace: str) -> Mapping[str, str]:
    """The credentials of a release's store in a namespace, as they are stored."""
    name = f"{helm.release}-{helm.namespace}-store"
    return dict(api.get(f"/api/v1/namespaces/{namespace}/secrets/{name}")["data"])


def definition(api: KubeApi, plural: str) -> Object:
    """A definition of ours; empty if there is none."""
    try:
        return dict(api.get(f"{DEFINITIONS}/{plural}.fairlead.dev"))
    except ApiError as absent:
        if absent.status != 404:
            raise
        return {}
