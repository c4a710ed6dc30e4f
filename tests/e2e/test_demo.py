"""``make cluster-demo``: the chart as its users install it, code published, a job of kubectl's."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from tests.cluster.kubeapi import KubeApi, until
from tests.cluster.paths import PROJECT
from tests.cluster.provider import Cluster
from tests.site.demo import NAMESPACE


@pytest.mark.timeout(900, func_only=True)
def test_the_demonstration_shows_a_job_from_nothing_to_its_results(cluster: Cluster) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.site", "demo"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    shown = done.stdout
    assert done.returncode == 0, f"{shown}\n{done.stderr}"
    assert "$ helm install fairlead charts/fairlead" in shown
    assert "deployment.apps/fairlead-operator" in shown
    assert "acme.example/CountPrimes" in shown
    assert "job.fairlead.dev/primes condition met" in shown
    # The result of the second task, which has that of the first as its input.
    assert json.dumps("148933 primes below 2000000; about 148053 were expected") in shown
    # Pods were seen to come and go, on the node that is for small machines.
    assert re.search(r"pod primes-\S+ +Running \S+", shown)
    assert re.search(r"job primes +Completed 9/9", shown)
    # What the chart's own test said at last, which helm repeats among its messages.
    assert "the operator has counted 2 attempts that succeeded" in shown + done.stderr

    api = KubeApi(cluster.kubeconfig)
    until("it has taken everything away again", lambda: not left(api), timeout=30)
    api.close()


def left(api: KubeApi) -> list[str]:
    """What the demonstration made for the whole cluster and has not taken away."""
    names = []
    for path in ("/api/v1/namespaces", "/apis/rbac.authorization.k8s.io/v1/clusterroles"):
        names += [item["metadata"]["name"] for item in api.get(path)["items"]]
    return [name for name in names if NAMESPACE in name]
