"""What one native cluster is called, where its files are, and which addresses it uses."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.cluster.paths import state_root

DEFAULT_NAME = "main"
SLOTS = 8
"""How many native clusters one machine can run at a time."""

POOL_LABEL = "fairlead.dev/pool"
POOLS = ("small", "large")
"""Node 1 is the pool of small machines, for everyone; node 2 is the tainted pool of large."""

SERVICES = "10.96.0.0/16"
API_SERVICE = "10.96.0.1"
DNS_SERVICE = "10.96.0.10"
DOMAIN = "cluster.local"


@dataclass(frozen=True)
class Node:
    """One real node: its name, its pool, and its place in the cluster's network."""

    name: str
    pool: str
    address: str
    pods: str
    folder: Path

    @property
    def tainted(self) -> bool:
        """Whether only pods that tolerate the pool's taint come here."""
        return self.pool != POOLS[0]

    @property
    def containerd(self) -> Path:
        """The socket of the node's containerd."""
        return self.folder / "containerd.sock"


_PORTS = ("etcd", "etcd-peer", "apiserver", "controller-manager", "scheduler", "kwok", "proxy")


@dataclass(frozen=True)
class Layout:
    """One native cluster.

    Attributes
    ----------
    name
        What it is called; one machine may run several.
    slot
        Number that keeps its ports and subnets apart from the others'.
    nodes_wanted
        How many real nodes it has.
    fake_nodes
        How many nodes kwok plays.
    """

    name: str
    slot: int
    nodes_wanted: int = 2
    fake_nodes: int = 0

    @property
    def folder(self) -> Path:
        """All files of the running cluster."""
        return folder_of(self.name)

    @property
    def pki(self) -> Path:
        """Keys and certificates."""
        return self.folder / "pki"

    @property
    def logs(self) -> Path:
        """One log for each component, and the audit log."""
        return self.folder / "log"

    @property
    def pids(self) -> Path:
        """One file for each process started."""
        return self.folder / "pids"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.kubeconfig_of("admin")

    def kubeconfig_of(self, user: str) -> Path:
        """The kubeconfig of one of the cluster's own users."""
        return self.folder / f"{user}.kubeconfig"

    @property
    def bridge(self) -> str:
        """The link on the host that the nodes hang on."""
        return f"flbr{self.slot}"

    @property
    def host(self) -> str:
        """The host's address on the bridge: the API server's address."""
        return f"10.89.{self.slot}.1"

    @property
    def pod_range(self) -> str:
        """The range that all nodes' pod subnets come from."""
        return f"10.{200 + self.slot}.0.0/16"

    def port(self, of: str) -> int:
        """The port of a component on the host."""
        return 21000 + 20 * self.slot + _PORTS.index(of)

    @property
    def server(self) -> str:
        """The address of the API server."""
        return f"https://{self.host}:{self.port('apiserver')}"

    @property
    def cgroup(self) -> str:
        """The control group, in every hierarchy, that all the nodes' groups are below."""
        return f"fairlead-{self.slot}"

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The real nodes."""
        return tuple(
            Node(
                name=f"node{number}",
                pool=POOLS[min(number, len(POOLS)) - 1],
                address=f"10.89.{self.slot}.{10 + number}",
                pods=f"10.{200 + self.slot}.{number}.0/24",
                folder=self.folder / f"node{number}",
            )
            for number in range(1, self.nodes_wanted + 1)
        )

    def node(self, name: str) -> Node | None:
        """The real node of that name."""
        return next((node for node in self.nodes if node.name == name), None)

    def save(self) -> None:
        """Write this down where :func:`load` finds it."""
        (self.folder / "cluster.json").write_text(json.dumps(asdict(self)))


def folder_of(name: str) -> Path:
    """The folder of the cluster of that name."""
    return state_root() / name


def load(name: str) -> Layout | None:
    """The running cluster of that name, or what an interrupted start left of it."""
    file = folder_of(name) / "cluster.json"
    try:
        return Layout(**json.loads(file.read_text()))
    except FileNotFoundError:
        return None
