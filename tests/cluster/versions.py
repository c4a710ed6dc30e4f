"""Every version the test clusters are made of. Change one here and nowhere else.

The Go programs are pinned a second time, with the checksums of all they are built from, in
``modules/<name>/go.mod`` and ``go.sum``; a unit test holds that both agree.
"""

KUBERNETES = "1.34.4"
"""API server, controller manager, scheduler, kubelet, kube-proxy and kubectl.

The newest line that runs on cgroup v1 without being told to."""

GO_MODULES = {
    "kubernetes": ("k8s.io/kubernetes", f"v{KUBERNETES}"),
    "etcd": ("go.etcd.io/etcd/server/v3", "v3.6.4"),
    "coredns": ("github.com/coredns/coredns", "v1.15.0"),
    "kwok": ("sigs.k8s.io/kwok", "v0.8.0"),
    "kind": ("sigs.k8s.io/kind", "v0.33.0"),
    "helm": ("helm.sh/helm/v3", "v3.22.0"),
    "kube-score": ("github.com/zegl/kube-score", "v1.20.0"),
    "versitygw": ("github.com/versity/versitygw", "v1.8.0"),
}
"""The folder below ``modules/``, the module it requires and that module's version."""

DEBIAN_SUITE = "bookworm"

DEBIAN_PACKAGES = (
    "buildah",
    "containerd",
    "containernetworking-plugins",
    "debootstrap",
    "iproute2",
    "nftables",
    "openssl",
    "runc",
)
"""What the native cluster takes from Debian, at the version of its suite."""

PROMETHEUS = "2.42"
"""The line of Prometheus in that suite; its package is unpacked, not installed."""

BASE_PACKAGES = ("ca-certificates", "python3", "python3-venv")
"""What debootstrap puts into the base image where no registry can be reached."""

REGISTRY_BASE = (
    "docker.io/library/python:3.13-slim"
    "@sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285"
)
"""The base image where a registry can be reached."""

KIND_NODE = (
    "docker.io/kindest/node:v1.34.11"
    "@sha256:44e222ee2132dab25ff87301682f89eb82c7880ea3a1bf543bfe9708fd08d67d"
)
"""The node image of kind, the one published with the pinned kind for this Kubernetes line."""
