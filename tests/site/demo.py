"""A demonstration: from nothing to the results of a job, with the commands that people use."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.kubeapi import Object
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.paths import PROJECT
from tests.cluster.progress import say
from tests.cluster.provider import Cluster
from tests.cluster.shell import ClusterError, direct
from tests.site.setup import make_site, remove_site
from tests.site.site import Site, condition_of

NAMESPACE = "fairlead-demo"
JOB = "primes"
FOLDER = PROJECT / "examples" / "kubernetes"
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
    with cluster.running(keep=keep), _installed(cluster, keep) as site:
        _show(site)


@contextmanager
def _installed(cluster: Cluster, keep: bool) -> Iterator[Site]:
    say("Fairlead, its operator as a Deployment")
    shared = isinstance(cluster, NativeCluster)
    site = make_site(cluster, NAMESPACE, deployed=True, shared=shared)
    try:
        yield site
    finally:
        if keep:
            for name, value in site.environment.items():
                print(f"export {name}={value}")
        else:
            remove_site(site)


def _show(site: Site) -> None:
    _run(site, "kubectl", "get", "deployments,pods", "--namespace", site.install.namespace)
    _run(site, "kubectl", "get", "flsize")
    _run(site, "fairlead", "releases", "publish", str(FOLDER / "primes.py"))
    _run(site, "kubectl", "apply", "-f", str(FOLDER / "primes.yaml"))
    job = _follow(site)
    _run(site, "kubectl", "wait", "--for=condition=Finished", f"fljob/{JOB}", "--timeout=1m")
    _run(site, "kubectl", "get", "fljob")
    _run(site, "kubectl", "get", "fltask", "-o", RESULTS)
    _run(site, "fairlead", "jobs", "tree", JOB)
    if condition_of(job, "Complete") != "True":
        raise ClusterError(f"the job did not end well:\n{site.report()}")


def _run(site: Site, *words: str) -> None:
    """Run a command as somebody would who uses the site, and let it print."""
    print(f"\n$ {shlex.join(_short(word) for word in words)}", flush=True)
    programs = {"kubectl": site.cluster.kubectl, "fairlead": _fairlead()}
    command = [programs[words[0]], *words[1:]]
    environment = direct() | site.environment
    if words[0] == "kubectl":
        # The installation and the machine sizes are not for users of a namespace to see.
        environment["KUBECONFIG"] = str(site.cluster.kubeconfig)
        if "--namespace" not in words:
            command += ["--namespace", site.namespace]
    done = subprocess.run(command, env=environment, timeout=120, check=False)
    if done.returncode != 0:
        raise ClusterError(f"{shlex.join(words)} ended with {done.returncode}\n{site.report()}")


def _short(word: str) -> str:
    """A path as it is from the project's folder."""
    return os.path.relpath(word, PROJECT) if word.startswith(str(PROJECT)) else word


def _fairlead() -> str:
    return str(Path(sys.executable).with_name("fairlead"))


def _follow(site: Site) -> Object:
    """Print each change of the job and of its pods until the job has ended; the job."""
    end = time.monotonic() + SECONDS
    last: dict[str, str] = {}
    print("\nthe job and its pods, as they change:", flush=True)
    while time.monotonic() < end:
        job = site.get("jobs", JOB) or {}
        for name, state in {**_states(site.pods(JOB)), f"job {JOB}": _progress(job)}.items():
            if last.get(name) != state:
                print(f"  {name:48} {state}", flush=True)
                last[name] = state
        if condition_of(job, "Finished") == "True":
            return job
        time.sleep(0.2)
    raise ClusterError(f"the job has not ended after {SECONDS} s\n{site.report()}")


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
