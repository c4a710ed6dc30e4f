"""The command line: ``python -m tests.cluster COMMAND``."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence

from tests.cluster import images, parts
from tests.cluster.build import build
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.native.layout import DEFAULT_NAME
from tests.cluster.progress import say
from tests.cluster.provider import Cluster, choose
from tests.cluster.shell import ClusterError, run

Command = Callable[[Cluster, argparse.Namespace], None]

FAULT_VERBS = {
    "stop": "tell a component to end",
    "kill": "end a component or a node without warning",
    "freeze": "halt a component or a node",
    "continue": "let a frozen component or node go on",
    "start": "start a component or a node that has ended",
    "restart": "stop a component and start it again",
    "cut": "take a node off the network",
    "heal": "put a node on the network again",
}


def _build(cluster: Cluster, given: argparse.Namespace) -> None:
    if cluster.provider == "native":
        build(given.extra)
        return
    cluster.build()
    for name in given.extra:
        parts.PROGRAMS[name].build()


def _prune(cluster: Cluster, given: argparse.Namespace) -> None:
    for folder in parts.prune():
        print(folder)


def _up(cluster: Cluster, given: argparse.Namespace) -> None:
    cluster.build()
    cluster.up()
    say(f"  cluster of the provider {cluster.provider!r} is up; its kubeconfig:")
    print(cluster.kubeconfig)


def _down(cluster: Cluster, given: argparse.Namespace) -> None:
    cluster.down()


def _status(cluster: Cluster, given: argparse.Namespace) -> None:
    for name, state in cluster.status().items():
        print(f"{name:24} {state}")
    if not cluster.is_up():
        raise ClusterError(f"no cluster of the provider {cluster.provider!r} is up")
    print(run([cluster.kubectl, "--kubeconfig", cluster.kubeconfig, "get", "nodes"]), end="")


def _kubeconfig(cluster: Cluster, given: argparse.Namespace) -> None:
    print(cluster.kubeconfig)


def _logs(cluster: Cluster, given: argparse.Namespace) -> None:
    print(cluster.logs(given.component))


def _load(cluster: Cluster, given: argparse.Namespace) -> None:
    image = images.find(given.image)
    cluster.load(image)
    print(image.name)


def _fault(cluster: Cluster, given: argparse.Namespace) -> None:
    verb = "resume" if given.command == "continue" else given.command
    getattr(cluster.faults, verb)(given.component)


def _compact(cluster: Cluster, given: argparse.Namespace) -> None:
    faults = cluster.faults
    print(faults.forget() if given.command == "forget" else faults.compact())


def _proxy(cluster: Cluster, given: argparse.Namespace) -> None:
    proxy = cluster.faults.proxy()
    match given.order, given.argument:
        case "up", None:
            print(proxy.kubeconfig)
        case "add", str(rule):
            print(proxy.add(**json.loads(rule)))
        case "remove", number:
            proxy.remove(int(number) if number else None)
        case "release", str(number):
            proxy.release(int(number))
        case "cut", path:
            print(proxy.cut_watches(path or ""))
        case ("rules" | "log") as what, None:
            for line in getattr(proxy, what)():
                print(json.dumps(line))
        case _:
            raise ClusterError(f"`proxy {given.order}` needs other arguments")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    parser.add_argument("--name", default=DEFAULT_NAME, help="of a native cluster")
    parser.add_argument("--fake-nodes", type=int, default=0, help="nodes that kwok plays")
    parser.add_argument("--nodes", type=int, default=2, help="real nodes of a native cluster")
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name: str, does: Command, about: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=about)
        command.set_defaults(does=does)
        return command

    extra = add("build", _build, "make everything ahead of time; done parts are kept")
    extra.add_argument(
        "--with", dest="extra", action="append", default=[], choices=sorted(parts.PROGRAMS)
    )
    add("prune", _prune, "remove programs of other versions from the cache")
    add("up", _up, "build what is missing and start the cluster")
    add("down", _down, "end the cluster and leave nothing of it")
    add("status", _status, "show what runs")
    add("kubeconfig", _kubeconfig, "print the path of the kubeconfig")
    add("logs", _logs, "print logs").add_argument("component", nargs="?", default="")
    add("load", _load, "put an image onto every node").add_argument("image")
    for verb, about in FAULT_VERBS.items():
        add(verb, _fault, about).add_argument("component")
    add("compact", _compact, "make etcd forget all but the present")
    add("forget", _compact, "compact, and restart the API server so that it forgets too")
    proxy = add("proxy", _proxy, "give orders to the fault proxy; it is started if need be")
    orders = ("up", "add", "remove", "release", "cut", "rules", "log")
    proxy.add_argument("order", choices=orders)
    proxy.add_argument("argument", nargs="?")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 1 if it failed, with the reason on standard error."""
    given = _parser().parse_args(argv)
    try:
        named = given.name != DEFAULT_NAME or given.fake_nodes or given.nodes != 2
        cluster = (
            NativeCluster(given.name, nodes=given.nodes, fake_nodes=given.fake_nodes)
            if named
            else choose()
        )
        given.does(cluster, given)
    except ClusterError as problem:
        print(f"cluster: {problem}", file=sys.stderr)
        return 1
    return 0
