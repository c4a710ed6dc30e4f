"""Breaking a native cluster on purpose: its components, its store, its nodes, its API."""

import base64
import json
import signal
import ssl
import urllib.error
import urllib.request
from typing import Any

from tests.cluster.kubeapi import KubeApi, until
from tests.cluster.native import components, lifecycle, network, node, process, supervise
from tests.cluster.native.components import Component
from tests.cluster.native.layout import Layout, Node
from tests.cluster.native.process import Process
from tests.cluster.proxy.client import ProxyClient
from tests.cluster.shell import ClusterError, HopelessError


class Faults:
    """The fault verbs of one native cluster.

    A component is named as `status` shows it: ``apiserver``, ``etcd``, ``scheduler``,
    ``controller-manager``, ``kwok``, ``proxy``, ``node1/kubelet``, ``node1/containerd``,
    ``node1/kube-proxy``. A node's name alone means all that runs in the node, pods included.
    Nothing is started again by itself.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def components(self) -> list[str]:
        """The names of all components."""
        return [item.name for item in components.all_of(self.layout)]

    def stop(self, name: str) -> None:
        """Tell a component to end, and wait until it has."""
        supervise.stop(self.layout, self._component(name))

    def kill(self, name: str) -> None:
        """End a component, or a whole node, without warning."""
        own = self.layout.node(name)
        if own is None:
            supervise.kill(self.layout, self._component(name))
            return
        everything = node.everything(self.layout, own)
        everything[-1].send(signal.SIGKILL)
        if process.wait_ended(everything, supervise.STOP_SECONDS):
            raise ClusterError(f"{name} survives being killed")

    def freeze(self, name: str) -> None:
        """Halt a component, or a whole node: it keeps its connections and says nothing."""

        def halted() -> bool:
            # Again and again: a node may start processes while it is being halted.
            self._signal(name, signal.SIGSTOP)
            return all(found.state != "running" for found in self._processes(name))

        until(f"{name} stands still", halted, timeout=10, every=0.02)

    def resume(self, name: str) -> None:
        """Let a frozen component, or a whole node, continue as if nothing had been."""
        self._signal(name, signal.SIGCONT)

    def start(self, name: str) -> None:
        """Start a component that was stopped or killed, or a node that was."""
        own = self.layout.node(name)
        if own is None:
            supervise.start(self.layout, self._component(name))
        elif process.read(self.layout.pids / name) is None:
            lifecycle.restart_node(self.layout, own)

    def restart(self, name: str) -> None:
        """Stop a component and start it again."""
        self.stop(name)
        self.start(name)

    def state(self, name: str) -> str:
        """``running``, ``frozen`` or ``ended``."""
        file = name if self.layout.node(name) else self._component(name).file_name
        found = process.read(self.layout.pids / file)
        return found.state if found else "ended"

    def restore(self) -> None:
        """Undo whatever was broken, and wait until the cluster is ready again."""
        for own in self.layout.nodes:
            if self.state(own.name) == "ended":
                self.start(own.name)
            network.heal(self.layout, own)
            self.resume(own.name)
        for item in components.all_of(self.layout):
            found = supervise.running(self.layout, item)
            if found is not None:
                found.send(signal.SIGCONT)
            elif item.name != "proxy":
                supervise.start(self.layout, item)
        if self.state("proxy") == "running":
            self.proxy().remove()
        lifecycle.wait_api(self.layout)
        lifecycle.wait_ready(self.layout, KubeApi(self.layout.kubeconfig))

    def cut(self, name: str) -> None:
        """Take a node off the network; what runs there goes on and reaches nobody."""
        network.cut(self.layout, self._node(name))

    def heal(self, name: str) -> None:
        """Put a node on the network again."""
        network.heal(self.layout, self._node(name))

    def compact(self) -> int:
        """Make etcd forget all but the present; the revision up to which it forgot.

        The API server still remembers what passed through it lately: see `forget`.
        """
        revision = int(self._etcd("kv/range", {"key": "AA=="})["header"]["revision"])
        self._etcd("kv/compaction", {"revision": revision, "physical": True})
        return revision

    def forget(self) -> int:
        """Make the whole control plane forget the past; the revision up to which it forgot.

        The store is compacted and the API server restarted, which breaks all watches. Every
        list or watch that asks for an older version then gets 410 Gone.
        """
        revision = self.compact()
        # Not stopped: it would wait for its open watches.
        self.kill("apiserver")
        self.start("apiserver")
        lifecycle.wait_api(self.layout)
        return revision

    def etcd_keys(self, prefix: str, revision: int = 0) -> list[str]:
        """The keys in the store that begin with a text, as of a revision; 0 is now.

        Raises
        ------
        ClusterError
            If etcd has forgotten that revision.
        """
        first = prefix.encode()
        end = first[:-1] + bytes([first[-1] + 1])
        body = {"key": _base64(first), "range_end": _base64(end), "keys_only": True}
        found = self._etcd("kv/range", {**body, "revision": revision}).get("kvs", [])
        return [base64.b64decode(item["key"]).decode() for item in found]

    def proxy(self) -> ProxyClient:
        """The fault proxy in front of the API server, started if it does not run."""
        component = components.fault_proxy(self.layout)
        supervise.start(self.layout, component)
        address = f"https://{self.layout.host}:{self.layout.port('proxy')}"
        config = self.layout.folder / "proxied.kubeconfig"
        config.write_text(lifecycle.kubeconfig(self.layout, "admin", address))
        client = ProxyClient(self.layout.folder / "proxy.sock", config)
        api = KubeApi(config, timeout=5)
        until("the fault proxy", lambda: api.raw("GET", "/readyz")[0], timeout=20)
        api.close()
        return client

    def _etcd(self, method: str, body: dict[str, Any]) -> Any:
        pki = self.layout.pki
        tls = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        tls.load_cert_chain(pki / "etcd.crt", pki / "etcd.key")
        request = urllib.request.Request(
            f"https://127.0.0.1:{self.layout.port('etcd')}/v3/{method}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, context=tls, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            raise ClusterError(f"etcd refuses: {refusal.read().decode()}") from refusal
        except OSError as problem:
            raise ClusterError(f"etcd does not answer: {problem}") from problem

    def _signal(self, name: str, number: signal.Signals) -> None:
        for found in self._processes(name):
            found.send(number)

    def _processes(self, name: str) -> list[Process]:
        own = self.layout.node(name)
        if own is not None:
            return node.everything(self.layout, own)
        found = supervise.running(self.layout, self._component(name))
        if found is None:
            raise HopelessError(f"{name} does not run")
        return [found]

    def _component(self, name: str) -> Component:
        found = components.named(self.layout, name)
        if found is None:
            raise ClusterError(f"no component is called {name!r}; there are {self.components()}")
        return found

    def _node(self, name: str) -> Node:
        found = self.layout.node(name)
        if found is None:
            raise ClusterError(f"no node is called {name!r}")
        return found


def _base64(text: bytes) -> str:
    return base64.b64encode(text).decode()
