"""The embedded store as somebody outside the cluster reaches it."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.cluster.shell import ClusterError, direct
from tests.site.helm import Helm

SERVER = re.compile(r"Forwarding from (127\.0\.0\.1:\d+)")


@contextmanager
def store_of(helm: Helm, secret: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Variables by which a program uses the store of a release, for as long as a block."""
    where = ["--kubeconfig", str(helm.cluster.kubeconfig), "--namespace", helm.namespace]
    command = [helm.cluster.kubectl, *where, "port-forward", f"svc/{helm.release}-store", ":7070"]
    forwarding = subprocess.Popen(
        command, env=helm.cluster.environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert forwarding.stdout is not None
        found = SERVER.match(forwarding.stdout.readline())
        if found is None:
            raise ClusterError("kubectl forwards no port to the store")
        known = {name: base64.b64decode(value).decode() for name, value in secret.items()}
        yield known | {"AWS_ENDPOINT": f"http://{found[1]}", "FAIRLEAD_STORE": "s3://fairlead"}
    finally:
        forwarding.terminate()
        forwarding.wait(30)


def read(helm: Helm, namespace: str, store: Mapping[str, str], code: str) -> str:
    """What a program of the SDK prints that uses a release and its store from this machine."""
    told = {
        "FAIRLEAD_BACKEND": "kubernetes",
        "FAIRLEAD_NAMESPACE": namespace,
        "KUBECONFIG": str(helm.cluster.kubeconfig),
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**direct(), **told, **store},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
