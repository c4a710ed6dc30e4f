"""What `down` leaves: nothing, whatever state the cluster was in."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import pytest
from tests.cluster import images
from tests.cluster.kubeapi import KubeApi, until
from tests.cluster.namespaces import restricted_pod
from tests.cluster.native import cgroups, layout
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.native.node import COVERED, SHIELDED
from tests.cluster.paths import PROJECT
from tests.cluster.provider import Cluster
from tests.cluster.shell import run

NAME = "passing"

PROGRAMS = re.compile(r"^(pause|etcd|kube|containerd|runc|coredns|kwok|ctr|nsenter)")


@dataclass(frozen=True)
class Traces:
    """What a cluster could leave on a machine, listed."""

    processes: frozenset[str]
    mounts: frozenset[str]
    links: frozenset[str]
    routes: frozenset[str]
    rules: str
    groups: frozenset[str]
    files: frozenset[str]
    settings: tuple[str, ...]

    def beyond(self, before: "Traces") -> dict[str, object]:
        """What is here and was not before; settings and rules if they differ at all."""
        found: dict[str, object] = {}
        for item in fields(self):
            now, then = getattr(self, item.name), getattr(before, item.name)
            new = now - then if isinstance(now, frozenset) else now if now != then else None
            if new:
                found[item.name] = new
        return found


def processes() -> frozenset[str]:
    """Everything a cluster runs, of this cluster or of others, as id, start and command.

    Python is listed where it runs the cluster's own modules.
    """
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            name = (entry / "comm").read_text().strip()
        except OSError:
            continue
        # A process that has ended and was not yet reaped has no command.
        python = name.startswith("python")
        ours = "tests.cluster" in command if python else PROGRAMS.match(name)
        if command and ours:
            found.add(f"{entry.name} {command}")
    return frozenset(found)


def traces() -> Traces:
    """List everything."""
    links = run(["ip", "-oneline", "link"]).splitlines()
    files = [layout.folder_of(NAME), *COVERED, Path("/run/containerd"), Path("/run/netns")]
    files += [Path("/var/log/pods"), Path("/var/log/containers")]
    files += [Path("/var/lib/containerd"), Path("/opt/cni"), Path("/opt/containerd")]
    groups = [group for top in cgroups.hierarchies() for group in top.glob("fairlead-*/*")]
    return Traces(
        processes=processes(),
        mounts=frozenset(_mounts()),
        links=frozenset(line.split(":")[1].split("@")[0].strip() for line in links),
        routes=frozenset(run(["ip", "route", "show", "table", "all"]).splitlines()),
        rules=run(["nft", "list", "ruleset"]),
        groups=frozenset(str(group) for group in groups),
        files=frozenset([*(str(file) for file in files if file.exists()), *_touched()]),
        settings=tuple(
            Path(file).read_text() for file in (*SHIELDED, "/proc/sys/net/ipv4/ip_forward")
        ),
    )


def _touched() -> list[str]:
    """When something was last put into the folders that the host's own kubelet would use."""
    inner = [file for folder in COVERED for file in folder.glob("*")]
    return [f"{file} as of {file.stat().st_mtime_ns}" for file in inner]


def _mounts() -> list[str]:
    """Where something is mounted; not below the folder where other programs build things."""
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [point for point in points if not point.startswith(f"{tempfile.gettempdir()}/")]


def nothing_left(before: Traces) -> None:
    """Hold that nothing stayed. The kernel may need a moment to forget what has ended."""
    end = time.monotonic() + 5
    while (left := traces().beyond(before)) and time.monotonic() < end:
        time.sleep(0.1)
    assert left == {}


@pytest.fixture
def passing(cluster: Cluster) -> Iterator[NativeCluster]:
    """A native cluster of its own, besides the session's; not yet up."""
    if not isinstance(cluster, NativeCluster):
        pytest.skip(f"the provider {cluster.provider!r} cleans up in its own way")
    made = NativeCluster(NAME)
    made.down()
    yield made
    made.down()


def test_down_leaves_nothing_of_a_cluster_with_running_pods(passing: NativeCluster) -> None:
    before = traces()
    passing.up()
    api = KubeApi(passing.kubeconfig)
    pods = "/api/v1/namespaces/default/pods"
    until("the account", lambda: api.get("/api/v1/namespaces/default/serviceaccounts/default"))
    for pool in layout.POOLS:
        api.create(pods, restricted_pod(pool, ("sleep",), pool=pool))
    until(
        "both pods run",
        lambda: all(item["status"]["phase"] == "Running" for item in api.get(pods)["items"]),
        timeout=60,
    )
    passing.faults.proxy()
    during = traces().beyond(before)
    assert {"processes", "links", "routes", "groups", "files"} <= set(during)

    passing.down()

    nothing_left(before)
    assert not passing.is_up()


def test_down_twice_is_as_good_as_once(passing: NativeCluster) -> None:
    before = traces()

    passing.down()
    passing.down()

    assert traces().beyond(before) == {}


@pytest.mark.parametrize("seconds", [0.5, 2.0, 5.0])
def test_down_leaves_nothing_of_a_start_that_was_killed(
    passing: NativeCluster, seconds: float
) -> None:
    before = traces()
    command = [sys.executable, "-m", "tests.cluster", "--name", NAME, "up"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    with subprocess.Popen(command, cwd=PROJECT, env=environment) as starting:
        until("it has begun", (layout.folder_of(NAME) / "pids").exists, timeout=30, every=0.01)
        time.sleep(seconds)
        starting.send_signal(signal.SIGKILL)

    passing.down()

    nothing_left(before)


def test_up_again_finds_the_cluster_that_runs(cluster: Cluster) -> None:
    if not isinstance(cluster, NativeCluster):
        pytest.skip("only native clusters show their processes")
    before = cluster.status()

    cluster.up()

    assert cluster.status() == before
    assert before["apiserver"] == "running"


def test_an_image_can_be_loaded_while_the_cluster_runs(cluster: Cluster) -> None:
    cluster.load(images.pause())

    api = KubeApi(cluster.kubeconfig)
    for item in api.get("/api/v1/nodes")["items"]:
        known = [name for image in item["status"]["images"] for name in image["names"]]
        assert any("pause" in name for name in known)
