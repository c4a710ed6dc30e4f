"""The operator's part, played by a test, and agents that it starts."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

import yaml
from tests.cluster.kubeapi import MERGE, Object, until
from tests.integration.api.actors import Pod, Site, collection
from tests.integration.api.actors import job as job_of

from fairlead.api import labels
from fairlead.api.meta import API_VERSION

PROGRAMS = Path(__file__).with_name("programs")


@dataclass
class Released:
    """A program as a release: its archive, and the tasks that it lists."""

    data: bytes
    tasks: list[Object]

    @property
    def sum(self) -> str:
        """The archive's sum."""
        return sha256(self.data).hexdigest()


def released(program: str, *names: str, version: str = "v0.0", **more: Any) -> Released:
    """Return a program of these tests as a release that lists some tasks of it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(PROGRAMS / f"{program}.py", f"{program}.py")
    tasks = [
        {"identifier": name, "version": version, "entryPoint": f"{program}:{name}", **more}
        for name in names
    ]
    return Released(packed.getvalue(), tasks)


@dataclass
class AgentProcess:
    """A running agent.

    Attributes
    ----------
    pod
        The pod that it believes to be in.
    log
        What it writes to both of its streams.
    """

    pod: Pod
    process: subprocess.Popen[bytes]
    log: Path
    work: Path
    began: float = field(default_factory=time.monotonic)

    def age(self) -> float:
        """How many seconds ago it was started."""
        return time.monotonic() - self.began

    def said(self) -> str:
        """What it has written so far."""
        return self.log.read_text(errors="replace")

    def terminate(self) -> None:
        """Tell it to end, as the kubelet does."""
        self.process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float = 60) -> int:
        """Wait for its end; its exit code."""
        return self.process.wait(seconds)

    def kill(self) -> None:
        """End it and everything that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)


@dataclass
class Stand:
    """Makes Tasks, pods and agents in one namespace, and ends the agents after the test."""

    site: Site
    folder: Path
    agents: list[AgentProcess] = field(default_factory=list)
    job: str = ""
    job_uid: str = ""

    def __enter__(self) -> Stand:
        # A real one: the garbage collector removes subtasks whose Job is not there.
        path = collection(self.site.namespace, "jobs")
        made = self.site.admin.create(path, job_of(f"job-{uuid4().hex[:8]}"))
        self.job, self.job_uid = made["metadata"]["name"], made["metadata"]["uid"]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for agent in self.agents:
            agent.kill()
            if error is not None:
                print(f"--- {agent.pod.name}\n{agent.said()}")

    @property
    def store(self) -> Path:
        """The folder of the object store that agents are given."""
        return self.folder / "store"

    # --- Tasks ------------------------------------------------------------------------

    def pod(self, prefix: str = "pod") -> Pod:
        """Make a pod that runs nowhere."""
        return self.site.runner(f"{prefix}-{uuid4().hex[:10]}")

    def make(
        self,
        identifier: str,
        value: Any = None,
        *,
        name: str = "",
        **spec: Any,
    ) -> str:
        """Make a Task as the operator does; its name."""
        own = name or f"task-{uuid4().hex[:12]}"
        self.site.operator.create(self.site.tasks, self.body(own, identifier, value, **spec))
        return own

    def body(
        self,
        name: str,
        identifier: str,
        value: Any = None,
        *,
        key: str = "0",
        group: str = "",
        **spec: Any,
    ) -> Object:
        """A Task; ``group`` is the label that its siblings share, the top level's by default."""
        filled = {
            "jobName": self.job,
            "jobUID": self.job_uid,
            "run": 1,
            "key": key,
            "id": uuid4().hex[:25],
            "identifier": identifier,
            "version": "v0.0",
            "input": None if "inputRef" in spec else json.dumps(value or {}),
            **spec,
        }
        shared = group or labels.parent_attempt(self.job_uid, 0)
        return {
            "apiVersion": API_VERSION,
            "kind": "Task",
            "metadata": {
                "name": name,
                "labels": {labels.JOB: self.job, labels.KEY: key, labels.PARENT_ATTEMPT: shared},
            },
            "spec": {name: value for name, value in filled.items() if value is not None},
        }

    def assign(self, task: str, pod: Pod, attempt: int = 1, **status: Any) -> None:
        """Give a Task to a pod."""
        fields = {"podName": pod.name, "attempt": attempt, "reason": "Starting", **status}
        self.patch(task, **fields)

    def patch(self, task: str, **status: Any) -> Object:
        """Write a Task's status as the operator."""
        return self.site.set_status(f"{self.site.tasks}/{task}", **status)

    def task(self, name: str) -> Object:
        """A Task as it is now."""
        return dict(self.site.operator.get(f"{self.site.tasks}/{name}"))

    def status(self, name: str) -> Object:
        """A Task's status as it is now."""
        return dict(self.task(name)["status"])

    def wait_status(self, name: str, *wanted: str, seconds: float = 60) -> Object:
        """Wait until a Task's status has some fields; the status."""

        def there() -> Object | None:
            found = self.status(name)
            return found if all(one in found for one in wanted) else None

        return until(f"{name} has {', '.join(wanted)}", there, timeout=seconds, every=0.05)

    def wait_change(self, name: str, field: str, before: object, seconds: float = 60) -> None:
        """Wait until a field of a Task's status is there with another value."""

        def changed() -> bool:
            return self.status(name).get(field, before) != before

        until(f"{field} of {name} changes", changed, timeout=seconds, every=0.05)

    def wait_outcome(self, name: str, seconds: float = 60) -> Object:
        """Wait until a Task's attempt has been reported; its status."""
        return self.wait_status(name, "outcome", seconds=seconds)

    def children(self, name: str, attempt: int = 1) -> list[Object]:
        """The Tasks that an attempt has made, by their numbers."""
        uid = self.task(name)["metadata"]["uid"]
        selector = f"{labels.PARENT_ATTEMPT}={uid}.{attempt}"
        found = self.site.operator.get(self.site.tasks, labelSelector=selector)["items"]
        return sorted(found, key=lambda one: int(one["spec"]["key"]))

    # --- agents -----------------------------------------------------------------------

    def start(
        self,
        pod: Pod,
        program: Released,
        task: str | None = None,
        *,
        attempt: int = 1,
        kubeconfig: Path | None = None,
        store: bool = True,
        env: dict[str, str] | None = None,
        **order: Any,
    ) -> AgentProcess:
        """Start the agent of a pod; ``order`` adds to what the operator tells it."""
        home = self.folder / pod.name
        for name in ("package", "work", "tmp"):
            (home / name).mkdir(parents=True)
        half = len(program.data) // 2
        (home / "package" / "00").write_bytes(program.data[:half])
        (home / "package" / "01").write_bytes(program.data[half:])
        told = {
            "task": task,
            "attempt": attempt if task else None,
            "reuse": "Never",
            "release": {
                "name": "dev-program",
                "sha256": program.sum,
                "size": len(program.data),
                "package": True,
                "archive": None,
                "tasks": program.tasks,
            },
            **order,
        }
        variables = {
            **os.environ,
            **self._access(pod, home, kubeconfig),
            "FAIRLEAD_RUNNER": json.dumps(told),
            "FAIRLEAD_POD_NAME": pod.name,
            "FAIRLEAD_POD_UID": pod.uid,
            "FAIRLEAD_NAMESPACE": self.site.namespace,
            "FAIRLEAD_PACKAGE_FOLDER": str(home / "package"),
            "FAIRLEAD_WORK_FOLDER": str(home / "work"),
            "FAIRLEAD_TMP_FOLDER": str(home / "tmp"),
            "FAIRLEAD_HEALTH_PORT": "0",
            "TEST_FOLDER": str(self.folder),
            **({"FAIRLEAD_STORE": f"file://{self.store}"} if store else {}),
            **(env or {}),
        }
        log = home / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "fairlead.runner.pod"],
                env=variables,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        agent = AgentProcess(pod, process, log, home / "work")
        self.agents.append(agent)
        return agent

    def _access(self, pod: Pod, home: Path, kubeconfig: Path | None) -> dict[str, str]:
        """Where the API server is and the pod's token, in files as the kubelet has them."""
        by_token = self.site.folder / (
            f"{self.site.namespace}-{self.site.install.runner_account}-{pod.name}.kubeconfig"
        )
        config = yaml.safe_load(by_token.read_text())
        token, authority = home / "token", home / "ca.crt"
        token.write_text(config["users"][0]["user"]["token"])
        cluster = config["clusters"][0]["cluster"]
        authority.write_bytes(Path(cluster["certificate-authority"]).read_bytes())
        server = cluster["server"]
        if kubeconfig is not None:
            server = yaml.safe_load(kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
        return {
            "FAIRLEAD_API_SERVER": server,
            "FAIRLEAD_API_TOKEN_FILE": str(token),
            "FAIRLEAD_API_CA_FILE": str(authority),
        }

    def run(self, program: Released, identifier: str, value: Any = None, **spec: Any) -> Object:
        """Run one task in a pod of its own; the Task's status at its end."""
        task, pod = self.make(identifier, value, **spec), self.pod()
        self.assign(task, pod)
        agent = self.start(pod, program, task)
        status = self.wait_outcome(task)
        assert agent.wait() == 0
        return status


__all__ = ["MERGE", "AgentProcess", "Released", "Stand", "released"]
