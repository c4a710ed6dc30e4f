"""Starting and stopping single components of a native cluster."""

import signal

from tests.cluster.native import process
from tests.cluster.native.components import Component
from tests.cluster.native.layout import Layout
from tests.cluster.native.process import Process
from tests.cluster.shell import ClusterError

STOP_SECONDS = 15
"""How long a component may take to end when told to, before it is made to."""


def running(layout: Layout, component: Component) -> Process | None:
    """The component's process, if it runs."""
    return process.read(layout.pids / component.file_name)


def start(layout: Layout, component: Component) -> Process:
    """Start a component that does not run."""
    found = running(layout, component)
    if found is not None:
        return found
    inside = None
    if component.node is not None:
        inside = process.read(layout.pids / component.node.name)
        if inside is None:
            raise ClusterError(f"{component.node.name} does not run")
    started = process.launch(
        component.argv,
        log=layout.logs / f"{component.file_name}.log",
        folder=layout.folder,
        inside=inside,
    )
    process.write(layout.pids / component.file_name, started)
    return started


def stop(layout: Layout, component: Component) -> None:
    """Tell a component to end, and make it if it does not."""
    found = running(layout, component)
    if found is None:
        return
    found.send(signal.SIGTERM)
    # A frozen process gets to see the first signal only when it continues.
    found.send(signal.SIGCONT)
    if process.wait_ended([found], STOP_SECONDS):
        kill(layout, component)


def kill(layout: Layout, component: Component) -> None:
    """End a component without warning."""
    found = running(layout, component)
    if found is None:
        return
    found.send(signal.SIGKILL)
    if process.wait_ended([found], STOP_SECONDS):
        raise ClusterError(f"{component.name} survives being killed")


def log_tail(layout: Layout, component: Component, characters: int = 3000) -> str:
    """The end of what a component printed."""
    file = layout.logs / f"{component.file_name}.log"
    return file.read_text(errors="replace")[-characters:] if file.exists() else ""
