"""The nodes' network: a bridge on the host, and one cable from it to each node.

Nothing is forwarded by the host and nothing leaves the machine: a node reaches the host, the
other nodes and their pods, and that is all. No rule is written on the host; routes go when
the bridge goes, and a node's own links and rules when the node does.
"""

from collections.abc import Sequence

from tests.cluster.native.layout import SERVICES, Layout, Node
from tests.cluster.native.process import Process
from tests.cluster.shell import run, succeeds


def cable(layout: Layout, node: Node) -> str:
    """The host's end of a node's cable."""
    return f"{layout.bridge}-{node.name[-1]}"


def make_bridge(layout: Layout) -> None:
    """Make the bridge with the host's address."""
    _ip("link", "add", layout.bridge, "type", "bridge")
    _ip("address", "add", f"{layout.host}/24", "dev", layout.bridge)
    _ip("link", "set", layout.bridge, "up")


def connect(layout: Layout, node: Node, first: Process) -> None:
    """Give a node its cable, its address and its routes, and the host the way to its pods."""
    end = cable(layout, node)
    peer = ("peer", "name", "eth0", "netns", str(first.pid))
    _ip("link", "add", end, "mtu", "1500", "type", "veth", *peer)
    _ip("link", "set", end, "master", layout.bridge, "up")
    _ip("route", "replace", node.pods, "via", node.address, "dev", layout.bridge)
    commands = [
        ("link", "set", "lo", "up"),
        ("address", "add", f"{node.address}/24", "dev", "eth0"),
        ("link", "set", "eth0", "up"),
        *_routes(layout, node),
    ]
    inside(first, "ip", "-batch", "-", feed="\n".join(" ".join(words) for words in commands))
    inside(first, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")


def _routes(layout: Layout, node: Node) -> list[Sequence[str]]:
    # Services need some route, so that a packet gets as far as being redirected.
    services = ("route", "add", SERVICES, "via", layout.host)
    others = [other for other in layout.nodes if other.name != node.name]
    return [services, *(("route", "add", other.pods, "via", other.address) for other in others)]


def cut(layout: Layout, node: Node) -> None:
    """Pull a node's cable: what runs there goes on, and reaches nobody."""
    _ip("link", "set", cable(layout, node), "down")


def heal(layout: Layout, node: Node) -> None:
    """Plug a node's cable in again."""
    _ip("link", "set", cable(layout, node), "up")
    # The route to its pods hangs on the bridge, which stayed up.


def is_cut(layout: Layout, node: Node) -> bool:
    """Whether a node's cable is pulled."""
    flags = run(["ip", "-oneline", "link", "show", cable(layout, node)]).split(">")[0]
    return "UP" not in flags.split("<")[1].split(",")


def disconnect(layout: Layout, node: Node) -> None:
    """Take a node's cable away, if it has not gone with the node."""
    succeeds(["ip", "link", "delete", cable(layout, node)])


def remove(layout: Layout) -> None:
    """Take the cables and the bridge away, with the routes on them."""
    for node in layout.nodes:
        disconnect(layout, node)
    succeeds(["ip", "link", "delete", layout.bridge])


def inside(first: Process, *argv: str, feed: str | None = None) -> str:
    """Run a command in a node and return what it printed."""
    enter = ["nsenter", "--target", str(first.pid), "--mount", "--uts", "--ipc", "--net", "--pid"]
    return run([*enter, "--", *argv], feed=feed, timeout=30)


def _ip(*words: str) -> None:
    run(["ip", *words])
