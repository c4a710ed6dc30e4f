"""Whether the cluster's network lets through what the chart's policies allow, and nothing else.

That is up to the network's plugin, and many enforce no policy at all. Where this one does not,
nothing is shown about the chart's, which is told at the end of the run as not run.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from tests.cluster.kubeapi import Object, until
from tests.cluster.kubectl import apply_all
from tests.cluster.namespaces import Namespace, restricted_pod
from tests.cluster.shell import ClusterError
from tests.unit.chart.rendering import RELEASE, of_kind, render

from fairlead.api import labels

PORT = 8000
"""What every pod listens on here."""

SETTLE_SECONDS = 5
"""How long a network may take to obey a policy that is older than the pods."""

CANARY = {"app": "canary"}
SHUT = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "canary"},
    "spec": {"podSelector": {"matchLabels": CANARY}, "policyTypes": ["Ingress"], "ingress": []},
}
"""The plainest policy there is: where even that is not obeyed, the chart's are not to blame."""

CONNECT = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=3).close()
except OSError:
    print("shut")
else:
    print("open")
"""

Way = tuple[str, str, int]
"""From which pod, to which address, to which port."""


def test_pods_reach_what_policies_allow_or_it_is_told_that_no_policy_counts(
    namespace: Namespace, not_run: Callable[[str], None]
) -> None:
    server, port = api_server(namespace)
    block = str(ipaddress.ip_network(server))
    limits = {
        "apiServer": {"cidrs": [block], "port": port},
        "runners": {"limitEgress": True},
    }
    objects = render({"networkPolicy": limits}, namespace=namespace.name)
    apply_all(
        namespace.cluster, [*of_kind(objects, "NetworkPolicy"), SHUT], namespace=namespace.name
    )

    told, metrics = operator_of(objects)
    at = addresses(
        namespace,
        pod("free", {"app": "free"}),
        pod("canary", CANARY),
        pod("runner", {labels.COMPONENT: labels.RUNNER_COMPONENT}),
        pod("operator", told, {PORT: "other", metrics: "http"}),
    )
    allowed: Mapping[Way, bool] = {
        ("free", at["runner"], PORT): False,
        ("free", at["operator"], metrics): True,
        ("free", at["operator"], PORT): False,
        ("runner", server, port): True,
        ("runner", at["free"], PORT): False,
    }

    def found() -> Mapping[Way, bool]:
        return {way: reached(namespace, *way) for way in allowed}

    until("a pod that no policy is for", lambda: reached(namespace, "canary", at["free"], PORT))
    if stays_open(namespace, "free", at["canary"], PORT):
        # No way is shut: a network that obeys some policies would have to obey all.
        assert found() == dict.fromkeys(allowed, True)
        not_run("network policies are not enforced by this cluster")
        return
    # A network may learn of one policy later than of another.
    with suppress(ClusterError):
        until("the policies are in force", lambda: found() == allowed, timeout=20)
    assert found() == allowed


def api_server(namespace: Namespace) -> tuple[str, int]:
    """Address and port of an API server behind the cluster's service."""
    path = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
    selected = f"{path}?labelSelector=kubernetes.io/service-name=kubernetes"
    [found, *_] = namespace.api.get(selected)["items"]
    return str(found["endpoints"][0]["addresses"][0]), int(found["ports"][0]["port"])


def operator_of(objects: list[Object]) -> tuple[dict[str, str], int]:
    """The labels of the chart's operator, and where it tells its numbers."""
    [template] = [
        one["spec"]["template"]
        for one in of_kind(objects, "Deployment")
        if one["metadata"]["name"] == f"{RELEASE}-operator"
    ]
    [container] = template["spec"]["containers"]
    [port] = [one["containerPort"] for one in container["ports"] if one["name"] == "http"]
    return template["metadata"]["labels"], port


def pod(name: str, marks: dict[str, str], ports: Mapping[int, str] | None = None) -> Object:
    """A pod that listens on named ports, each in a container of its own."""
    made = restricted_pod(name, ())
    made["metadata"]["labels"] = marks
    [plain] = made["spec"]["containers"]
    made["spec"]["containers"] = [
        {
            **plain,
            "name": called,
            "args": ["serve", str(port)],
            "ports": [{"name": called, "containerPort": port}],
        }
        for port, called in (ports or {PORT: "other"}).items()
    ]
    return made


def addresses(namespace: Namespace, *pods: Object) -> dict[str, str]:
    """Start pods and wait until they listen; their addresses by their names."""
    for one in pods:
        namespace.api.create(f"{namespace.core}/pods", one)
    return {one["metadata"]["name"]: _listening(namespace, one) for one in pods}


def _listening(namespace: Namespace, one: Object) -> str:
    name, number = one["metadata"]["name"], len(one["spec"]["containers"])

    def listens() -> bool:
        return namespace.kubectl("logs", name, "--all-containers").count("alive") == number

    namespace.wait_phase(name, "Running")
    until(f"{name} listens", listens)
    return str(namespace.pod(name)["status"]["podIP"])


def reached(namespace: Namespace, who: str, address: str, port: int) -> bool:
    """Whether a pod gets a connection."""
    words = ("exec", who, "--", "python3", "-c", CONNECT, address, str(port))
    return {"open": True, "shut": False}[namespace.kubectl(*words).strip()]


def stays_open(namespace: Namespace, who: str, address: str, port: int) -> bool:
    """Whether a pod gets connections for as long as a network may need to learn of a policy."""
    end = time.monotonic() + SETTLE_SECONDS
    while reached(namespace, who, address, port):
        if time.monotonic() > end:
            return True
    return False
