"""What runs in every native cluster from the start: DNS, and fake nodes where wanted."""

from typing import Any

from tests.cluster.kubeapi import KubeApi
from tests.cluster.native.layout import DNS_SERVICE, DOMAIN, POOL_LABEL, POOLS

Object = dict[str, Any]

DNS_PORT = 1053
"""Above 1024, so that the server needs no privilege."""

COREFILE = f"""\
{DOMAIN}:{DNS_PORT} in-addr.arpa:{DNS_PORT} {{
    errors
    health :8080
    ready :8181
    kubernetes {DOMAIN} in-addr.arpa {{
        pods insecure
        ttl 5
    }}
    cache 5
}}
# Nothing is forwarded: a name that is not the cluster's does not exist.
.:{DNS_PORT} {{
    template ANY ANY {{
        rcode NXDOMAIN
    }}
}}
"""


def apply_dns(api: KubeApi, image: str, replicas: int) -> None:
    """Install CoreDNS: its account, what it may read, its settings, its pods, its address."""
    for path, body in _dns(image, replicas):
        api.apply(f"{path}/{body['metadata']['name']}", body)


def _dns(image: str, replicas: int) -> list[tuple[str, Object]]:
    core = "/api/v1/namespaces/kube-system"
    rights = "/apis/rbac.authorization.k8s.io/v1"
    return [
        (f"{core}/serviceaccounts", _object("v1", "ServiceAccount")),
        (f"{core}/configmaps", _object("v1", "ConfigMap", data={"Corefile": COREFILE})),
        (f"{rights}/clusterroles", _role()),
        (f"{rights}/clusterrolebindings", _binding()),
        (f"{core}/services", _service()),
        ("/apis/apps/v1/namespaces/kube-system/deployments", _deployment(image, replicas)),
    ]


def _object(version: str, kind: str, **more: Any) -> Object:
    metadata = {"name": "coredns", "labels": {"k8s-app": "kube-dns"}}
    if not kind.startswith("Cluster"):
        metadata["namespace"] = "kube-system"
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **more}


def _role() -> Object:
    read = ["list", "watch"]
    rules = [
        {"apiGroups": [""], "resources": ["services", "pods", "namespaces"], "verbs": read},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": read},
    ]
    return _object("rbac.authorization.k8s.io/v1", "ClusterRole", rules=rules)


def _binding() -> Object:
    group = "rbac.authorization.k8s.io"
    return _object(
        f"{group}/v1",
        "ClusterRoleBinding",
        roleRef={"apiGroup": group, "kind": "ClusterRole", "name": "coredns"},
        subjects=[{"kind": "ServiceAccount", "name": "coredns", "namespace": "kube-system"}],
    )


def _service() -> Object:
    ports = [
        {"name": name, "port": 53, "targetPort": DNS_PORT, "protocol": protocol}
        for name, protocol in (("dns", "UDP"), ("dns-tcp", "TCP"))
    ]
    selector = {"k8s-app": "kube-dns"}
    return _object(
        "v1", "Service", spec={"clusterIP": DNS_SERVICE, "selector": selector, "ports": ports}
    )


def _deployment(image: str, replicas: int) -> Object:
    labels = {"k8s-app": "kube-dns"}
    apart = {
        "labelSelector": {"matchLabels": labels},
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
    }
    pod = {
        "serviceAccountName": "coredns",
        "priorityClassName": "system-cluster-critical",
        "tolerations": [
            {"key": POOL_LABEL, "operator": "Exists"},
            _leave_after(30, "node.kubernetes.io/not-ready"),
            _leave_after(30, "node.kubernetes.io/unreachable"),
        ],
        "affinity": {"nodeAffinity": _real_nodes_only()},
        "topologySpreadConstraints": [apart],
        # Not the cluster's own resolver: it cannot ask itself.
        "dnsPolicy": "Default",
        "containers": [_dns_container(image)],
        "volumes": [{"name": "settings", "configMap": {"name": "coredns"}}],
    }
    return _object(
        "apps/v1",
        "Deployment",
        spec={
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    )


def _leave_after(seconds: int, taint: str) -> Object:
    return {
        "key": taint,
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": seconds,
    }


def _real_nodes_only() -> Object:
    real = {"key": POOL_LABEL, "operator": "In", "values": list(POOLS)}
    terms = [{"matchExpressions": [real]}]
    return {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}


def _dns_container(image: str) -> Object:
    return {
        "name": "coredns",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": ["-conf", "/etc/coredns/Corefile"],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181}, "periodSeconds": 1},
        "volumeMounts": [{"name": "settings", "mountPath": "/etc/coredns", "readOnly": True}],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }


def fake_node(number: int) -> Object:
    """A node that kwok plays, in the pool ``fake`` and tainted so that nothing strays there."""
    name = f"fake-{number:04d}"
    amounts = {"cpu": "64", "memory": "256Gi", "pods": "250"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {"kubernetes.io/hostname": name, POOL_LABEL: "fake", "type": "kwok"},
        },
        "spec": {"taints": [{"key": POOL_LABEL, "value": "fake", "effect": "NoSchedule"}]},
        "status": {"allocatable": amounts, "capacity": amounts},
    }
