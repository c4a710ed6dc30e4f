"""One real node: made, started, taken away."""

from pathlib import Path

from tests.cluster.images import Image
from tests.cluster.kubeapi import until
from tests.cluster.native import components, network, process, supervise
from tests.cluster.native.layout import Layout, Node
from tests.cluster.native.process import Process
from tests.cluster.parts import program
from tests.cluster.shell import ClusterError, run, succeeds

HIDDEN = ("/run", "/var/log")
"""Folders with fixed paths that the kubelet and containerd write to."""

COVERED = (Path("/var/lib/cni"), Path("/var/lib/kubelet"))
"""More of them, which may have to be made on the host first, empty.

Wherever its root is, a kubelet empties and uses the second one's folder of device plugins:
in the open it would cut the plugins of a kubelet of the host's own off."""

SHIELDED = tuple(
    f"/proc/sys/{name}"
    for name in (
        "kernel/keys/root_maxbytes",
        "kernel/keys/root_maxkeys",
        "kernel/panic",
        "kernel/panic_on_oops",
        "vm/overcommit_memory",
        "vm/panic_on_oom",
    )
)
"""Settings of the whole machine that a kubelet changes when it starts."""


def make(layout: Layout, node: Node, pause: Image) -> None:
    """Make a node's namespaces and network, and start its containerd."""
    components.write_node_settings(layout, node)
    config = node.folder / "containerd.toml"
    config.write_text(config.read_text().replace("@PAUSE@", pause.name))
    options = ["--node", node.name]
    for folder in (*HIDDEN, *map(str, COVERED)):
        options += ["--hide", folder]
    for file in SHIELDED:
        options += ["--shield", file]
    log = layout.logs / f"{node.name}.log"
    first = process.launch([program("pause")], log=log, folder=layout.folder, options=options)
    process.write(layout.pids / node.name, first)
    until(f"{node.name}'s first process", lambda: _settled(first, log), timeout=10, every=0.01)
    network.connect(layout, node, first)
    supervise.start(layout, components.containerd(layout, node))


def _settled(first: Process, log: Path) -> bool:
    """Whether the first process has become the program that waits: its mounts are made."""
    if not first.alive:
        raise ClusterError(f"a node's first process ended: {log.read_text()}")
    return Path(f"/proc/{first.pid}/exe").resolve() == program("pause").resolve()


def load(node: Node, *images: Image) -> None:
    """Put images into a node's containerd."""
    ctr: list[object] = ["ctr", "--address", node.containerd, "--namespace", "k8s.io"]
    until(
        f"{node.name}'s containerd",
        lambda: succeeds([*ctr, "version"], timeout=5),
        timeout=20,
        every=0.05,
    )
    present = run([*ctr, "images", "list", "--quiet"], timeout=30).split()
    for image in images:
        if image.name not in present:
            run([*ctr, "images", "import", image.archive], timeout=300)


def first_process(layout: Layout, node: Node) -> Process:
    """The process that holds a node's namespaces.

    Raises
    ------
    ClusterError
        If the node is gone.
    """
    first = process.read(layout.pids / node.name)
    if first is None:
        raise ClusterError(f"{node.name} does not run")
    return first


def everything(layout: Layout, node: Node) -> list[Process]:
    """All processes of a node, those of its pods included; the first process comes last.

    The node's own programs are found by their process tree, those of pods, which have trees
    of their own, by their control group.
    """
    first = first_process(layout, node)
    tree = Path(f"/proc/{first.pid}/ns/pid").readlink()
    group = f"/{layout.cgroup}/{node.name}/"
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or entry.name == str(first.pid):
            continue
        try:
            inside = (entry / "ns/pid").readlink() == tree
            inside = inside or group in (entry / "cgroup").read_text()
        except OSError:
            continue
        other = Process.of(int(entry.name)) if inside else None
        if other:
            found.append(other)
    return [*found, first]
