"""One installation of Fairlead in a test cluster, over one namespace of its own."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.kubeapi import ApiError, KubeApi, Object, until
from tests.cluster.kubectl import apply_all, kubectl, tried
from tests.cluster.provider import Cluster
from tests.cluster.shell import direct, run
from tests.site.process import LocalOperator

from fairlead.api import labels
from fairlead.api.meta import API_VERSION
from fairlead_operator.manifests.install import Install

PATH = f"/apis/{API_VERSION}"
RUNNERS = f"{labels.COMPONENT}={labels.RUNNER_COMPONENT}"
OURS = "jobs.fairlead.dev,tasks.fairlead.dev,releases.fairlead.dev,machinegroups.fairlead.dev"


@dataclass
class Site:
    """An installed Fairlead.

    Attributes
    ----------
    install
        What is installed: names of accounts and namespaces.
    runner_image
        The image of its runners.
    store
        The folder that is its store, at the same path here and in pods; None: it has none.
    namespace
        Where its jobs run.
    cluster
        The cluster it is in.
    api
        A client that may do everything the fence lets it, for this thread.
    folder
        Shared with the pods, at the same path; the store and the gates are in it.
    private
        A folder for kubeconfigs and logs.
    operator
        The operator, where it is a process of this machine; not started yet.
    """

    install: Install
    runner_image: str
    store: Path | None
    namespace: str
    cluster: Cluster
    api: KubeApi
    folder: Path
    private: Path
    operator: LocalOperator

    # --- for programs -----------------------------------------------------------

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig of somebody who may run jobs and publish code, and no more."""
        return self.private / "author.kubeconfig"

    @property
    def shared(self) -> Path:
        """A folder for gates and ledgers, at the same path here and in pods."""
        return self.folder / "shared"

    @property
    def environment(self) -> dict[str, str]:
        """What a program on this machine is told to use the site."""
        needed = {
            "FAIRLEAD_BACKEND": "kubernetes",
            "KUBECONFIG": str(self.kubeconfig),
            "FAIRLEAD_NAMESPACE": self.namespace,
        }
        return {**needed, "FAIRLEAD_STORE": f"file://{self.store}"} if self.store else needed

    # --- objects ----------------------------------------------------------------

    def path(self, plural: str, name: str = "") -> str:
        """The path of our objects of one kind, or of one of them."""
        return f"{PATH}/namespaces/{self.namespace}/{plural}" + (f"/{name}" if name else "")

    def core(self, plural: str, name: str = "") -> str:
        """The path of Kubernetes' own objects of one kind, or of one of them."""
        path = f"/api/v1/namespaces/{self.namespace}/{plural}"
        return path + (f"/{name}" if name else "")

    def get(self, plural: str, name: str) -> Object | None:
        """One of our objects; None if it is not there."""
        return self._get(self.path(plural, name))

    def pod(self, name: str) -> Object | None:
        """A pod; None if it is not there."""
        return self._get(self.core("pods", name))

    def _get(self, path: str) -> Object | None:
        try:
            return dict(self.api.get(path))
        except ApiError as absent:
            if absent.status != 404:
                raise
            return None

    def tasks(self, job: str) -> list[Object]:
        """All Tasks of a Job."""
        selected = f"{labels.JOB}={job}"
        return list(self.api.get(self.path("tasks"), labelSelector=selected)["items"])

    def pods(self, job: str = "") -> list[Object]:
        """All runner pods, or those of one Job."""
        selected = f"{RUNNERS},{labels.JOB}={job}" if job else RUNNERS
        return list(self.api.get(self.core("pods"), labelSelector=selected)["items"])

    def apply(self, *objects: Mapping[str, Any]) -> None:
        """Apply objects as kubectl does, into the site's namespace if they name none."""
        apply_all(self.cluster, objects, namespace=self.namespace)

    def kubectl(self, *words: str, feed: str | None = None, timeout: float = 120) -> str:
        """What kubectl prints when it is run in the site's namespace, as an administrator."""
        return kubectl(self.cluster, *words, namespace=self.namespace, feed=feed, timeout=timeout)

    def publish(self, program: Path, name: str) -> None:
        """Publish a program's code as a Release, as its author does."""
        fairlead = Path(sys.executable).with_name("fairlead")
        run(
            [fairlead, "releases", "publish", program, "--name", name],
            env=direct() | self.environment,
            timeout=120,
        )

    # --- waiting ----------------------------------------------------------------

    def wait_condition(
        self, plural: str, name: str, condition: str, timeout: float = 120
    ) -> Object:
        """Wait until a condition of an object is True; the object."""

        def reached() -> Object | None:
            found = self.get(plural, name)
            return found if found and condition_of(found, condition) == "True" else None

        return until(f"{plural} {name}: {condition}", reached, timeout=timeout)

    def wait_finished(self, job: str, timeout: float = 120) -> Object:
        """Wait until a Job has ended, however that is; the Job."""
        return self.wait_condition("jobs", job, "Finished", timeout)

    def wait_idle(self, timeout: float = 90) -> None:
        """Wait until no runner is left that could do anything; those that ended may be seen."""

        def idle() -> bool:
            phases = [pod["status"].get("phase") for pod in self.pods()]
            return all(phase in ("Succeeded", "Failed") for phase in phases)

        until("no runner is alive", idle, timeout=timeout)

    def wait_no_pods(self, job: str = "", timeout: float = 90) -> None:
        """Wait until every runner is gone, or every one of a job, as after its deletion."""
        until("no runner is left", lambda: not self.pods(job), timeout=timeout)

    # --- looking at it ----------------------------------------------------------

    def report(self) -> str:
        """Everything worth reading after a failure."""
        parts = [
            self._try("get", "events", "--sort-by=.lastTimestamp"),
            self._try("get", OURS, "--output=wide"),
            self._try("get", "pods", "--output=wide"),
            self._try("get", "jobs.fairlead.dev,tasks.fairlead.dev", "--output=yaml")[-20_000:],
        ]
        pods = [pod["metadata"]["name"] for pod in self.pods()][-10:]
        parts += [self._try("logs", pod, "--all-containers", "--tail=100") for pod in pods]
        return "\n".join([*parts, "--- the operator", self.operator.said()])

    def _try(self, *words: str) -> str:
        return tried(self.cluster, *words, namespace=self.namespace)

    @contextmanager
    def operating(self) -> Iterator[LocalOperator]:
        """Run the operator as a process here until the block ends."""
        self.operator.start()
        try:
            yield self.operator
        finally:
            self.operator.stop()


def condition_of(found: Object, name: str) -> str:
    """The status of an object's condition: True, False, Unknown, or nothing yet."""
    for condition in found.get("status", {}).get("conditions", []):
        if condition["type"] == name:
            return str(condition["status"])
    return ""
