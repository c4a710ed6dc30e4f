"""Control groups of the nodes: one below the root of every hierarchy, for either version."""

import os
import signal
import time
from pathlib import Path

from tests.cluster.native.layout import Layout
from tests.cluster.shell import ClusterError

ROOT = Path("/sys/fs/cgroup")


def hierarchies() -> list[Path]:
    """Where control groups can be made: one place in version 2, one per controller in 1."""
    if (ROOT / "cgroup.controllers").exists():
        return [ROOT]
    links = (entry for entry in ROOT.iterdir() if entry.is_dir() and not entry.is_symlink())
    return sorted(entry for entry in links if (entry / "cgroup.procs").exists())


def make(layout: Layout) -> None:
    """Make the groups that the kubelets are rooted at."""
    for top in hierarchies():
        for node in layout.nodes:
            group = top
            for name in (layout.cgroup, node.name):
                _pass_controllers(group)
                parent, group = group, group / name
                group.mkdir(exist_ok=True)
                _inherit_cpus(parent, group)


def _inherit_cpus(parent: Path, group: Path) -> None:
    """In version 1 a new group has no processors, and accepts no process, until it is told."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        if (group / name).exists() and not (group / "cgroup.controllers").exists():
            (group / name).write_text((parent / name).read_text())


def _pass_controllers(group: Path) -> None:
    """In version 2 a group hands to its children only the controllers it is told to."""
    controllers = group / "cgroup.controllers"
    if not controllers.exists():
        return
    for name in controllers.read_text().split():
        try:
            (group / "cgroup.subtree_control").write_text(f"+{name}")
        except OSError:
            # A controller that cannot be passed on is one the pods go without.
            continue


def groups(layout: Layout) -> list[Path]:
    """Every group of the cluster, children before their parents."""
    found = []
    for top in hierarchies():
        for folder, _, _ in os.walk(top / layout.cgroup, topdown=False):
            found.append(Path(folder))
    return found


def remove(layout: Layout) -> None:
    """End whatever still runs in the groups and remove them.

    Raises
    ------
    ClusterError
        If a group stays busy.
    """
    end = time.monotonic() + 10
    while left := groups(layout):
        for group in left:
            _remove_one(group)
        if time.monotonic() > end:
            raise ClusterError(f"these control groups stay busy: {left}")


def _remove_one(group: Path) -> None:
    try:
        group.rmdir()
    except FileNotFoundError:
        return
    except OSError:
        for pid in (group / "cgroup.procs").read_text().split():
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.02)
