"""A demonstration: from nothing to the results of a job, with the commands that people use."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from tests.cluster.kubeapi import KubeApi, Object
from tests.cluster.kubectl import kubectl, tried
from tests.cluster.paths import PROJECT
from tests.cluster.progress import say
from tests.cluster.provider import Cluster
from tests.cluster.shell import ClusterError, direct
from tests.site import helm
from tests.site.site import OURS, PATH, RUNNERS, condition_of
from tests.site.values import loaded

from fairlead.api import labels

NAMESPACE = "fairlead-demo"
JOB = "primes"
FOLDER = PROJECT / "examples" / "kubernetes"
VALUES = PROJECT / "build" / "cluster-demo.yaml"
RESULTS = (
    "custom-columns=TASK:.metadata.name,STATE:.status.state,RUNNER:.status.podName,"
    "RESULT:.status.result"
)
SECONDS = 300


def run(cluster: Cluster, *, keep: bool = False) -> None:
    """Start the cluster if it is not up, install Fairlead, run the job, print what comes out.

    Parameters
    ----------
    cluster
        Where to.
    keep
        Whether to leave everything there afterwards.

    Raises
    ------
    ClusterError
        If the job does not end well.
    """
    say("a cluster")
    with cluster.running(keep=keep):
        demo = Demo(cluster)
        with demo.installed(keep):
            demo.show()


@dataclass(frozen=True)
class Demo:
    """What is shown on a cluster."""

    cluster: Cluster

    @property
    def environment(self) -> dict[str, str]:
        """What a user has set."""
        return {
            "KUBECONFIG": str(self.cluster.kubeconfig),
            "FAIRLEAD_BACKEND": "kubernetes",
            "FAIRLEAD_NAMESPACE": NAMESPACE,
        }

    @contextmanager
    def installed(self, keep: bool) -> Iterator[None]:
        """Install the chart for a block, as its users do."""
        say("Fairlead, by its chart")
        VALUES.parent.mkdir(exist_ok=True)
        # Others may be using the cluster: it is for its own namespace only.
        chosen = {"watch": {"namespaces": [NAMESPACE]}, **loaded(self.cluster)}
        VALUES.write_text(yaml.safe_dump(chosen, sort_keys=False))
        try:
            self.run("cat", str(VALUES))
            words = ["install", "fairlead", str(helm.CHART), "--create-namespace"]
            self.run("helm", *words, "--values", str(VALUES), "--wait", "--timeout=3m")
            yield
        finally:
            if keep:
                for name, value in self.environment.items():
                    print(f"export {name}={value}")
            else:
                helm.Helm(self.cluster, NAMESPACE).uninstall()
                words = ["namespace", NAMESPACE, "--ignore-not-found"]
                kubectl(self.cluster, "delete", *words, timeout=180)

    def show(self) -> None:
        """Run the job, and show what becomes of it."""
        self.run("kubectl", "get", "deployments,pods")
        self.run("kubectl", "get", "flsize")
        self.run("fairlead", "releases", "publish", str(FOLDER / "primes.py"))
        self.run("kubectl", "apply", "-f", str(FOLDER / "primes.yaml"))
        job = self.follow()
        self.run("kubectl", "wait", "--for=condition=Finished", f"fljob/{JOB}", "--timeout=1m")
        self.run("kubectl", "get", "fljob")
        self.run("kubectl", "get", "fltask", "-o", RESULTS)
        self.run("fairlead", "jobs", "tree", JOB)
        if condition_of(job, "Complete") != "True":
            raise ClusterError(f"the job did not end well:\n{self.report()}")
        self.run("helm", "test", "fairlead")

    def run(self, *words: str) -> None:
        """Run a command as somebody would who uses it, and let it print."""
        where = ["--namespace", NAMESPACE] if words[0] in ("kubectl", "helm") else []
        shown = [_short(word) for word in [words[0], *words[1:], *where]]
        print(f"\n$ {shlex.join(shown)}", flush=True)
        programs = {
            "kubectl": self.cluster.kubectl,
            "helm": str(helm.build()),
            "fairlead": str(Path(sys.executable).with_name("fairlead")),
        }
        command = [programs.get(words[0], words[0]), *words[1:], *where]
        environment = {"HOME": str(Path.home()), **direct(), **self.environment}
        done = subprocess.run(command, env=environment, timeout=SECONDS, check=False)
        if done.returncode != 0:
            raise ClusterError(f"{shlex.join(shown)} ended with {done.returncode}\n{self.report()}")

    def follow(self) -> Object:
        """Print each change of the job and of its pods until the job has ended; the job."""
        api = KubeApi(self.cluster.kubeconfig)
        end = time.monotonic() + SECONDS
        last: dict[str, str] = {}
        print("\nthe job and its pods, as they change:", flush=True)
        try:
            while time.monotonic() < end:
                job = api.get(f"{PATH}/namespaces/{NAMESPACE}/jobs/{JOB}")
                selected = f"{RUNNERS},{labels.JOB}={JOB}"
                pods = api.get(f"/api/v1/namespaces/{NAMESPACE}/pods", labelSelector=selected)
                states = {**_states(pods["items"]), f"job {JOB}": _progress(job)}
                for name, state in states.items():
                    if last.get(name) != state:
                        print(f"  {name:48} {state}", flush=True)
                        last[name] = state
                if condition_of(job, "Finished") == "True":
                    return dict(job)
                time.sleep(0.2)
        finally:
            api.close()
        raise ClusterError(f"the job has not ended after {SECONDS} s\n{self.report()}")

    def report(self) -> str:
        """Everything worth reading after a failure."""
        looks = (
            ("get", "events", "--sort-by=.lastTimestamp"),
            ("get", f"pods,{OURS}", "--output=wide"),
            ("logs", "deployment/fairlead-operator", "--tail=100"),
            ("logs", "--selector", RUNNERS, "--all-containers", "--tail=100", "--prefix"),
        )
        return "\n".join(tried(self.cluster, *look, namespace=NAMESPACE) for look in looks)


def _short(word: str) -> str:
    """A path as it is from the project's folder."""
    return os.path.relpath(word, PROJECT) if word.startswith(str(PROJECT)) else word


def _states(pods: list[Object]) -> dict[str, str]:
    return {
        f"pod {pod['metadata']['name']}": (
            f"{pod['status'].get('phase', '')} {pod['spec'].get('nodeName', '')}".strip()
        )
        for pod in pods
    }


def _progress(job: Object) -> str:
    status = job.get("status", {})
    return f"{status.get('state', '')} {status.get('progress', '')}".strip()
