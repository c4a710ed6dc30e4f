"""The native cluster as a provider."""

import shutil
from pathlib import Path

from tests.cluster import build, packages, parts
from tests.cluster.images import Image
from tests.cluster.native import components, lifecycle, network, node, supervise
from tests.cluster.native.faults import Faults
from tests.cluster.native.layout import DEFAULT_NAME, Layout, load
from tests.cluster.provider import Cluster
from tests.cluster.shell import ClusterError, UnsupportedError


class NativeCluster(Cluster):
    """A cluster of this machine's own processes.

    Parameters
    ----------
    name
        What to call it; several can run at a time.
    nodes
        How many real nodes it gets.
    fake_nodes
        How many nodes kwok plays.
    """

    provider = "native"

    def __init__(self, name: str = DEFAULT_NAME, *, nodes: int = 2, fake_nodes: int = 0) -> None:
        self.name = name
        self._nodes = nodes
        self._fake_nodes = fake_nodes

    def check(self) -> None:
        lifecycle.check_machine()
        if packages.absent() and shutil.which("apt-get") is None:
            raise UnsupportedError(f"there is no apt to install {', '.join(packages.absent())}")
        if parts.missing() and shutil.which("go") is None:
            raise UnsupportedError("there is no Go to build it with")

    def build(self) -> None:
        build.build()

    def up(self) -> None:
        lifecycle.up(self.name, nodes=self._nodes, fake_nodes=self._fake_nodes)

    def down(self) -> None:
        lifecycle.down(self.name)

    def is_up(self) -> bool:
        found = load(self.name)
        return found is not None and lifecycle.is_up(found)

    @property
    def layout(self) -> Layout:
        """Where its files and addresses are.

        Raises
        ------
        ClusterError
            If it does not run.
        """
        found = load(self.name)
        if found is None:
            raise ClusterError(f"there is no native cluster {self.name!r}; run `make cluster`")
        return found

    @property
    def kubeconfig(self) -> Path:
        return self.layout.kubeconfig

    @property
    def kubectl(self) -> str:
        return str(parts.program("kubectl"))

    def load(self, image: Image) -> None:
        for own in self.layout.nodes:
            node.load(own, image)

    def logs(self, component: str = "") -> str:
        wanted = [
            item
            for item in components.all_of(self.layout)
            if component in ("", item.name) or item.name.startswith(f"{component}/")
        ]
        if not wanted:
            raise ClusterError(f"no component is called {component!r}")
        size = 200_000 if component else 3_000
        return "\n".join(
            f"== {item.name}\n{supervise.log_tail(self.layout, item, size)}" for item in wanted
        )

    def status(self) -> dict[str, str]:
        """The state of each node and component."""
        layout = load(self.name)
        if layout is None:
            return {}
        faults = Faults(layout)
        nodes = {own.name: faults.state(own.name) for own in layout.nodes}
        for own in layout.nodes:
            if nodes[own.name] == "running" and network.is_cut(layout, own):
                nodes[own.name] = "running, cut off"
        states = {name: faults.state(name) for name in faults.components()}
        if states["proxy"] == "ended":
            del states["proxy"]
        return nodes | states

    @property
    def faults(self) -> Faults:
        return Faults(self.layout)

    @property
    def audit_log(self) -> Path:
        return components.audit_log(self.layout)
