"""The components of a native cluster: which program each is, and how it is told what to do.

A component is started from what is written here and nothing else, so that one that was
stopped or killed can be started again exactly as it was.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.native.layout import (
    DNS_SERVICE,
    DOMAIN,
    POOL_LABEL,
    SERVICES,
    Layout,
    Node,
)
from tests.cluster.parts import program
from tests.cluster.paths import PROJECT

Words = Sequence[object]


@dataclass(frozen=True)
class Component:
    """One process of the cluster.

    Attributes
    ----------
    name
        What the commands call it; a node's components have the node's name in front.
    argv
        Program and arguments.
    node
        The node it runs in; none is the host.
    """

    name: str
    argv: tuple[str, ...]
    node: Node | None = None

    @property
    def file_name(self) -> str:
        """Its name as part of a file's name."""
        return self.name.replace("/", ".")


def _component(name: str, argv: Words, node: Node | None = None) -> Component:
    return Component(name, tuple(str(word) for word in argv), node)


def all_of(layout: Layout) -> list[Component]:
    """Every component a cluster may run, in the order in which they start."""
    found = [etcd(layout), apiserver(layout), controller_manager(layout), scheduler(layout)]
    if layout.fake_nodes:
        found.append(kwok(layout))
    for node in layout.nodes:
        found += [containerd(layout, node), kubelet(layout, node), kube_proxy(layout, node)]
    return [*found, fault_proxy(layout)]


def named(layout: Layout, name: str) -> Component | None:
    """The component of that name."""
    return next((item for item in all_of(layout) if item.name == name), None)


def etcd(layout: Layout) -> Component:
    """The store, with its usual promise: what is acknowledged is on the disk."""
    client, peer = (f"https://127.0.0.1:{layout.port(name)}" for name in ("etcd", "etcd-peer"))
    trust = layout.pki / "ca.crt"
    certificate, key = layout.pki / "etcd.crt", layout.pki / "etcd.key"
    return _component(
        "etcd",
        [
            program("etcd"),
            f"--data-dir={layout.folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            f"--trusted-ca-file={trust}",
            f"--cert-file={certificate}",
            f"--key-file={key}",
            "--client-cert-auth",
            f"--peer-trusted-ca-file={trust}",
            f"--peer-cert-file={certificate}",
            f"--peer-key-file={key}",
            "--peer-client-cert-auth",
            "--log-level=warn",
            "--quota-backend-bytes=8589934592",
        ],
    )


def apiserver(layout: Layout) -> Component:
    """The API server, which takes the fault proxy's word on who a client is."""
    pki = layout.pki
    limits = ["--max-requests-inflight=3000", "--max-mutating-requests-inflight=1500"]
    return _component(
        "apiserver",
        [
            program("kube-apiserver"),
            f"--etcd-servers=https://127.0.0.1:{layout.port('etcd')}",
            f"--etcd-cafile={pki / 'ca.crt'}",
            f"--etcd-certfile={pki / 'etcd.crt'}",
            f"--etcd-keyfile={pki / 'etcd.key'}",
            f"--bind-address={layout.host}",
            f"--advertise-address={layout.host}",
            f"--secure-port={layout.port('apiserver')}",
            f"--tls-cert-file={pki / 'apiserver.crt'}",
            f"--tls-private-key-file={pki / 'apiserver.key'}",
            f"--client-ca-file={pki / 'ca.crt'}",
            f"--service-cluster-ip-range={SERVICES}",
            f"--service-account-key-file={pki / 'accounts.pub'}",
            f"--service-account-signing-key-file={pki / 'accounts.key'}",
            f"--service-account-issuer=https://kubernetes.default.svc.{DOMAIN}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            f"--kubelet-client-certificate={pki / 'kubelet-client.crt'}",
            f"--kubelet-client-key={pki / 'kubelet-client.key'}",
            f"--kubelet-certificate-authority={pki / 'ca.crt'}",
            "--kubelet-preferred-address-types=InternalIP",
            f"--requestheader-client-ca-file={pki / 'ca.crt'}",
            "--requestheader-allowed-names=front-proxy",
            # Webhooks and aggregated APIs: the host knows the pods' addresses, not the services'.
            "--enable-aggregator-routing=true",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            f"--audit-policy-file={layout.folder / 'audit-policy.yaml'}",
            f"--audit-log-path={audit_log(layout)}",
            *(limits if layout.fake_nodes else []),
        ],
    )


def audit_log(layout: Layout) -> Path:
    """Where the API server writes down every change, one JSON document a line."""
    return layout.logs / "audit.log"


def controller_manager(layout: Layout) -> Component:
    """The controllers. A node is lost after 20 s without a sign of life, not 50."""
    rates = ["--kube-api-qps=1000", "--kube-api-burst=2000"] if layout.fake_nodes else []
    return _component(
        "controller-manager",
        [
            program("kube-controller-manager"),
            f"--kubeconfig={layout.kubeconfig_of('controller-manager')}",
            f"--secure-port={layout.port('controller-manager')}",
            "--bind-address=127.0.0.1",
            f"--authentication-kubeconfig={layout.kubeconfig_of('controller-manager')}",
            f"--authorization-kubeconfig={layout.kubeconfig_of('controller-manager')}",
            f"--service-account-private-key-file={layout.pki / 'accounts.key'}",
            f"--root-ca-file={layout.pki / 'ca.crt'}",
            "--use-service-account-credentials",
            "--node-monitor-grace-period=20s",
            "--node-monitor-period=2s",
            "--leader-elect=false",
            *rates,
        ],
    )


def scheduler(layout: Layout) -> Component:
    """The scheduler."""
    return _component(
        "scheduler",
        [
            program("kube-scheduler"),
            f"--config={layout.folder / 'scheduler.json'}",
            f"--secure-port={layout.port('scheduler')}",
            "--bind-address=127.0.0.1",
            f"--authentication-kubeconfig={layout.kubeconfig_of('scheduler')}",
            f"--authorization-kubeconfig={layout.kubeconfig_of('scheduler')}",
        ],
    )


def kwok(layout: Layout) -> Component:
    """The player of fake nodes: it makes the pods bound to them Running, and lets them go."""
    return _component(
        "kwok",
        [
            program("kwok"),
            f"--kubeconfig={layout.kubeconfig_of('kwok')}",
            "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
            f"--server-address=127.0.0.1:{layout.port('kwok')}",
            f"--cidr=10.{220 + layout.slot}.0.1/16",
            "--node-lease-duration-seconds=40",
            f"--config={layout.folder / 'kwok.yaml'}",
        ],
    )


def containerd(layout: Layout, node: Node) -> Component:
    """The container runtime of a node."""
    config = node.folder / "containerd.toml"
    return _component(f"{node.name}/containerd", ["containerd", "--config", config], node)


def kubelet(layout: Layout, node: Node) -> Component:
    """The agent of a node."""
    return _component(
        f"{node.name}/kubelet",
        [
            program("kubelet"),
            f"--config={node.folder / 'kubelet.json'}",
            f"--kubeconfig={layout.kubeconfig_of(node.name)}",
            f"--hostname-override={node.name}",
            f"--node-ip={node.address}",
            f"--root-dir={node.folder / 'kubelet'}",
            f"--node-labels={POOL_LABEL}={node.pool}",
        ],
        node,
    )


def kube_proxy(layout: Layout, node: Node) -> Component:
    """What makes the addresses of services work on a node."""
    config = node.folder / "kube-proxy.json"
    words = [program("kube-proxy"), f"--config={config}", f"--hostname-override={node.name}"]
    return _component(f"{node.name}/kube-proxy", words, node)


def fault_proxy(layout: Layout) -> Component:
    """The proxy in front of the API server that breaks chosen requests; started on demand."""
    module = ["-m", "tests.cluster.proxy.main"]
    launcher = ["env", f"PYTHONPATH={PROJECT}", sys.executable, *module]
    return _component(
        "proxy",
        [
            *launcher,
            f"--listen={layout.host}:{layout.port('proxy')}",
            f"--upstream={layout.host}:{layout.port('apiserver')}",
            f"--pki={layout.pki}",
            f"--control={layout.folder / 'proxy.sock'}",
        ],
    )


def write_settings(layout: Layout) -> None:
    """Write the files that the components of the host read."""
    rates = {"qps": 1000, "burst": 2000} if layout.fake_nodes else {"qps": 100, "burst": 200}
    connection = {"kubeconfig": str(layout.kubeconfig_of("scheduler")), **rates}
    _write(
        layout.folder / "scheduler.json",
        {
            "apiVersion": "kubescheduler.config.k8s.io/v1",
            "kind": "KubeSchedulerConfiguration",
            "leaderElection": {"leaderElect": False},
            "clientConnection": connection,
        },
    )
    verbs = ["create", "update", "patch", "delete", "deletecollection"]
    _write(
        layout.folder / "audit-policy.yaml",
        {
            "apiVersion": "audit.k8s.io/v1",
            "kind": "Policy",
            "omitStages": ["RequestReceived"],
            "rules": [{"level": "Metadata", "verbs": verbs}, {"level": "None"}],
        },
    )


def write_node_settings(layout: Layout, node: Node) -> None:
    """Write the files that the components of a node read."""
    _write(node.folder / "kubelet.json", _kubelet_settings(layout, node))
    _write(
        node.folder / "kube-proxy.json",
        {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "nftables",
            "clusterCIDR": layout.pod_range,
            "clientConnection": {"kubeconfig": str(layout.kubeconfig_of("kube-proxy"))},
            "nftables": {"masqueradeAll": True},
            # The table of connections belongs to the host.
            "conntrack": {"maxPerCore": 0, "min": 0},
        },
    )
    (node.folder / "containerd.toml").write_text(_containerd_settings(node))
    _write(
        node.folder / "cni" / "10-pods.conflist",
        {
            "cniVersion": "0.4.0",
            "name": "pods",
            "plugins": [
                {
                    "type": "bridge",
                    "bridge": "cni0",
                    "isGateway": True,
                    "hairpinMode": True,
                    "ipam": {
                        "type": "host-local",
                        "dataDir": str(node.folder / "addresses"),
                        "ranges": [[{"subnet": node.pods}]],
                        "routes": [{"dst": "0.0.0.0/0"}],
                    },
                }
            ],
        },
    )


def _kubelet_settings(layout: Layout, node: Node) -> dict[str, object]:
    taints = [{"key": POOL_LABEL, "value": node.pool, "effect": "NoSchedule"}]
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(layout.pki / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(layout.pki / f"{node.name}.crt"),
        "tlsPrivateKeyFile": str(layout.pki / f"{node.name}.key"),
        "address": node.address,
        "healthzBindAddress": "127.0.0.1",
        "registerWithTaints": taints if node.tainted else [],
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{layout.cgroup}/{node.name}",
        "failSwapOn": False,
        "localStorageCapacityIsolation": False,
        "containerRuntimeEndpoint": f"unix://{node.containerd}",
        "podLogsDir": str(node.folder / "pod-logs"),
        "volumePluginDir": str(node.folder / "volume-plugins"),
        "clusterDNS": [DNS_SERVICE],
        "clusterDomain": DOMAIN,
        # The host's resolver is out of reach from a node, and must be.
        "resolvConf": "",
        "registryPullQPS": 0,
        "serializeImagePulls": False,
        "maxPods": 250,
        "makeIPTablesUtilChains": False,
        # Images are loaded, not pulled: one that is thrown away cannot be had again.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"memory.available": "50Mi", "nodefs.available": "1%"},
        "shutdownGracePeriod": "0s",
        "nodeStatusUpdateFrequency": "5s",
    }


def _containerd_settings(node: Node) -> str:
    unused = ("aufs", "btrfs", "devmapper", "zfs")
    disabled = json.dumps([f"io.containerd.snapshotter.v1.{name}" for name in unused])
    folder = node.folder / "containerd"
    return f"""\
version = 2
root = "{folder}"
state = "/run/containerd"
disabled_plugins = {disabled}
[grpc]
  address = "{node.containerd}"
[plugins."io.containerd.internal.v1.opt"]
  path = "{folder}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "@PAUSE@"
  # Without CAP_SYS_RESOURCE nothing may be made less likely to be killed than it is.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{node.folder}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
"""


def _write(file: Path, content: object) -> None:
    """Write JSON, which every program here reads where it expects YAML."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=1))
