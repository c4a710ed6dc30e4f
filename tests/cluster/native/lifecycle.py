"""Bringing a native cluster up and taking it down."""

import json
import os
import platform
import shutil
import signal
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from tests.cluster import build, images
from tests.cluster.kubeapi import ApiError, KubeApi, until
from tests.cluster.lock import locked
from tests.cluster.native import addons, cgroups, components, network, node, pki, process, supervise
from tests.cluster.native.components import Component
from tests.cluster.native.layout import SLOTS, Layout, Node, folder_of, load
from tests.cluster.paths import state_root
from tests.cluster.progress import part, say
from tests.cluster.shell import ClusterError, HopelessError, UnsupportedError, run, succeeds

READY_SECONDS = 90
"""How long a cluster may take to be ready, on a machine that is busy with other things."""


LOCK_SECONDS = 300
"""How long a command waits for another one that works on the same cluster."""


def check_machine() -> None:
    """Say why a native cluster cannot run here, if that is so.

    Raises
    ------
    UnsupportedError
        With the reason.
    """
    if platform.system() != "Linux":
        raise UnsupportedError("a native cluster needs Linux")
    if os.geteuid() != 0:
        raise UnsupportedError("a native cluster needs root")


def up(name: str, *, nodes: int = 2, fake_nodes: int = 0) -> Layout:
    """Start a cluster, or return the one that runs.

    Parameters
    ----------
    name
        What to call it.
    nodes
        How many real nodes it gets.
    fake_nodes
        How many nodes kwok plays.

    Raises
    ------
    ClusterError
        If it does not become ready; it is left as it is, for its logs, until `down`.
    """
    check_machine()
    absent = build.missing()
    if absent:
        raise UnsupportedError(f"not built yet: {', '.join(absent)}; run `make cluster` first")
    started = time.monotonic()
    with locked(folder_of(name), LOCK_SECONDS):
        found = load(name)
        if found is not None and is_up(found):
            # What the images are made from may have changed since it was started.
            for own in found.nodes:
                node.load(own, images.probe())
            return found
        _down(name)
        with locked("slots of clusters", LOCK_SECONDS):
            layout = Layout(name, _free_slot(), nodes, fake_nodes)
            layout.folder.mkdir(parents=True, mode=0o700)
            layout.save()
            network.make_bridge(layout)
        _start(layout)
    say(f"  up: cluster {name!r} ready after {time.monotonic() - started:.1f} s")
    return layout


def _free_slot() -> int:
    """A slot that no cluster has, be it only half started or that of another cache."""
    found = [load(file.parent.name) for file in state_root().glob("*/cluster.json")]
    taken = {layout.slot for layout in found if layout}
    for slot in range(SLOTS):
        bridge = Layout("", slot).bridge
        if slot not in taken and not succeeds(["ip", "link", "show", bridge]):
            return slot
    raise ClusterError(f"{SLOTS} native clusters run already")


def _start(layout: Layout) -> None:
    layout.logs.mkdir()
    with part("keys and control groups"):
        pki.make(layout)
        _write_kubeconfigs(layout)
        components.write_settings(layout)
        shutil.copy(Path(__file__).with_name("kwok.yaml"), layout.folder / "kwok.yaml")
        if layout.nodes:
            cgroups.make(layout)
            _make_covered(layout)
    for component in (components.etcd(layout), components.apiserver(layout)):
        supervise.start(layout, component)
    with ThreadPoolExecutor(max_workers=2 * len(layout.nodes) + 1) as pool:
        started = [pool.submit(_start_node, layout, own) for own in layout.nodes]
        # The tests' own image is the largest, and nothing waits for it.
        loaded = [
            pool.submit(_load_after, start, own)
            for start, own in zip(started, layout.nodes, strict=True)
        ]
        api = _start_control_plane(layout)
        with part("nodes ready"):
            _gather(started)
            wait_ready(layout, api)
        with part("images loaded"):
            _gather(loaded)


def _gather(futures: Sequence[Future[None]]) -> None:
    for future in futures:
        future.result()


def _load_after(started: Future[None], own: Node) -> None:
    started.result()
    node.load(own, images.probe())


def _start_node(layout: Layout, own: Node) -> None:
    pause = images.pause()
    node.make(layout, own, pause)
    supervise.start(layout, components.kube_proxy(layout, own))
    node.load(own, pause, images.coredns())
    supervise.start(layout, components.kubelet(layout, own))


def restart_node(layout: Layout, own: Node) -> None:
    """Start a node whose processes have all ended, as a machine starts after a power cut."""
    network.disconnect(layout, own)
    _start_node(layout, own)


def _start_control_plane(layout: Layout) -> KubeApi:
    with part("API server ready"):
        wait_api(layout)
    supervise.start(layout, components.controller_manager(layout))
    supervise.start(layout, components.scheduler(layout))
    if layout.fake_nodes:
        supervise.start(layout, components.kwok(layout))
    api = KubeApi(layout.kubeconfig)
    if layout.nodes:
        addons.apply_dns(api, images.coredns().name, len(layout.nodes))
    _make_fake_nodes(layout, api)
    return api


def _make_covered(layout: Layout) -> None:
    """Make the folders that nodes mount over, and remember those that were not there."""
    absent = [folder for folder in node.COVERED if not folder.exists()]
    # Written down first: an interrupted start is cleaned up too.
    _remember_made(layout.folder, [str(folder) for folder in absent])
    for folder in absent:
        folder.mkdir(parents=True, exist_ok=True)


def _made(folder: Path) -> list[str]:
    """The host's folders that the cluster in ``folder`` is to remove."""
    file = folder / "made.json"
    return list(json.loads(file.read_text())) if file.exists() else []


def _remember_made(folder: Path, paths: Sequence[str]) -> None:
    known = _made(folder)
    (folder / "made.json").write_text(json.dumps(sorted({*known, *paths})))


def _write_kubeconfigs(layout: Layout) -> None:
    for certificate in pki.certificates(layout):
        config = kubeconfig(layout, certificate.file, layout.server)
        layout.kubeconfig_of(certificate.file).write_text(config)


def kubeconfig(layout: Layout, user: str, server: str) -> str:
    """A kubeconfig, as JSON, which is YAML too."""
    name = f"fairlead-{layout.name}"
    authority = str(layout.pki / "ca.crt")
    keys = {"client-certificate": f"{user}.crt", "client-key": f"{user}.key"}
    paths = {key: str(layout.pki / file) for key, file in keys.items()}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": name, "cluster": {"server": server, "certificate-authority": authority}}
        ],
        "users": [{"name": user, "user": paths}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": user}}],
        "current-context": name,
    }
    return json.dumps(config, indent=1)


def _make_fake_nodes(layout: Layout, api: KubeApi) -> None:
    for number in range(1, layout.fake_nodes + 1):
        try:
            api.create("/api/v1/nodes", addons.fake_node(number))
        except ApiError as known:
            if known.status != 409:
                raise


def wait_api(layout: Layout) -> None:
    """Wait until the API server says it is ready."""
    api = KubeApi(layout.kubeconfig, timeout=5)

    def ready() -> bool:
        _still_running(layout, "etcd", "apiserver")
        return api.raw("GET", "/readyz")[0] == 200

    until("the API server's readiness", ready, timeout=READY_SECONDS, every=0.05)
    api.close()


def _still_running(layout: Layout, *names: str) -> None:
    for name in names:
        component = components.named(layout, name)
        if component and supervise.running(layout, component) is None:
            said = supervise.log_tail(layout, component)
            raise HopelessError(f"{name} has ended; its last words:\n{said}")


def not_ready(layout: Layout, api: KubeApi) -> list[str]:
    """The nodes that are not Ready, and DNS if it does not answer on any node."""
    seen = {
        item["metadata"]["name"]: {
            condition["type"]: condition["status"]
            for condition in item["status"].get("conditions", [])
        }.get("Ready")
        for item in api.get("/api/v1/nodes")["items"]
    }
    fake = [f"fake-{number:04d}" for number in range(1, layout.fake_nodes + 1)]
    wanted = [*(one.name for one in layout.nodes), *fake]
    missing = [name for name in wanted if seen.get(name) != "True"]
    if layout.nodes:
        path = "/apis/apps/v1/namespaces/kube-system/deployments/coredns"
        if not api.get(path)["status"].get("readyReplicas"):
            missing.append("DNS")
    return missing


def wait_ready(layout: Layout, api: KubeApi) -> None:
    """Wait for all nodes and for DNS."""
    last: list[str] = []

    def ready() -> bool:
        _still_running(layout, *(item.name for item in expected(layout)))
        last[:] = not_ready(layout, api)
        return not last

    try:
        until("nodes and DNS", ready, timeout=READY_SECONDS)
    except ClusterError as late:
        raise ClusterError(f"{late}; not ready: {', '.join(last)}") from None


def expected(layout: Layout) -> list[Component]:
    """The components that run in a cluster that is up; the fault proxy need not."""
    return [item for item in components.all_of(layout) if item.name != "proxy"]


def is_up(layout: Layout) -> bool:
    """Whether all components run and the API server answers."""
    if not all(supervise.running(layout, item) for item in expected(layout)):
        return False
    try:
        return KubeApi(layout.kubeconfig, timeout=5).raw("GET", "/readyz")[0] == 200
    except OSError:
        return False


def down(name: str) -> None:
    """End a cluster and remove all that is left of it, however it was started or ended.

    Doing so twice is as good as once.
    """
    started = time.monotonic()
    with locked(folder_of(name), LOCK_SECONDS):
        _down(name)
    say(f"  down: cluster {name!r} gone after {time.monotonic() - started:.1f} s")


def _down(name: str) -> None:
    folder = folder_of(name)
    layout = load(name)
    _end_processes(folder)
    if layout is not None:
        network.remove(layout)
        cgroups.remove(layout)
    _remove_files(folder)


def _end_processes(folder: Path) -> None:
    """End everything at once: there is nothing to save.

    Killing a node's first process ends all that runs in the node, pods included, and with
    the last of them its mounts, links and rules. The second look is for what was started
    while the first one was taken.
    """
    for _ in range(2):
        remembered = [process.read(file) for file in folder.glob("pids/*")]
        found = {*process.marked(folder), *(one for one in remembered if one)}
        for one in found:
            one.send(signal.SIGKILL)
        left = process.wait_ended(list(found), 20)
        if left:
            raise ClusterError(f"these processes survive being killed: {left}")


def _remove_files(folder: Path) -> None:
    ours = _made(folder)
    others = [file.parent for file in folder.parent.glob("*/cluster.json")]
    heirs = [other for other in others if other != folder]
    if ours and heirs:
        # Another cluster uses it still, and removes it when it goes.
        _remember_made(heirs[0], ours)
        ours = []
    for mounted in _mounts_below(folder):
        run(["umount", "--lazy", mounted])
    if folder.exists():
        shutil.rmtree(folder)
    for path in ours:
        if Path(path).is_dir() and not any(Path(path).iterdir()):
            Path(path).rmdir()
    if folder.parent.is_dir() and not any(folder.parent.iterdir()):
        folder.parent.rmdir()


def _mounts_below(folder: Path) -> list[str]:
    """What is mounted below a folder as the host sees it, innermost first."""
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return sorted((point for point in points if point.startswith(f"{folder}/")), reverse=True)
