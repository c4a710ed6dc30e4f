"""The command line: ``python -m tests.site COMMAND``."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.cluster.kubectl import apply_all
from tests.cluster.native import process
from tests.cluster.progress import say
from tests.cluster.provider import choose
from tests.cluster.shell import ClusterError
from tests.site import demo, folder, helm, images
from tests.site.process import end
from tests.site.setup import apply_definitions, make_site, remove_objects
from tests.site.site import Site
from tests.site.sizes import tiny_sizes

from fairlead_operator.manifests.install import Install


def _images(given: argparse.Namespace) -> None:
    for build in (images.runner, images.operator, images.store):
        image = build()
        print(f"{image.name} {image.archive}")
    print(f"helm {helm.build()}")


def _sizes(given: argparse.Namespace) -> None:
    apply_definitions(choose())
    apply_all(choose(), tiny_sizes())


def _up(given: argparse.Namespace) -> None:
    if _note(given.namespace).exists():
        raise ClusterError(f"the site {given.namespace!r} is there; end it with `down` first")
    cluster = choose()
    cluster.build()
    cluster.up()
    site = make_site(cluster, given.namespace, deployed=given.deployed, outlives=True)
    _note(given.namespace).write_text(str(site.private))
    settings = [f"{name}={value}" for name, value in site.operator.settings.items()]
    (site.private / "operator.env").write_text("\n".join(settings) + "\n")
    say(f"settings of its operator: {site.private / 'operator.env'}")
    if given.operator and not given.deployed:
        _start(site)
    for name, value in site.environment.items():
        print(f"export {name}={value}")


def _start(site: Site) -> None:
    try:
        site.operator.start()
    except ClusterError as problem:
        # A site without its operator is of use too: somebody may be working on that.
        say(f"the operator does not start: {problem}")
    running = site.operator.process
    if running is not None:
        process.write(site.private / "operator.pid", running)
    say(f"its log: {site.operator.log}")


def _demo(given: argparse.Namespace) -> None:
    demo.run(choose(), keep=given.keep)


def _down(given: argparse.Namespace) -> None:
    note = _note(given.namespace)
    if note.exists():
        private = Path(note.read_text())
        running = process.read(private / "operator.pid")
        if running is not None:
            end(running)
        folder.remove(private)
    name = given.namespace
    install = Install("fairlead", f"{name}-system", (name,))
    remove_objects(choose(), install)
    folder.remove(folder.ROOM / f"fairlead-{name}")
    note.unlink(missing_ok=True)


def _note(namespace: str) -> Path:
    """The file that says where a site's private folder is."""
    return Path(tempfile.gettempdir()) / f"fairlead-site-{namespace}.txt"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.site", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    def add(
        name: str, does: Callable[[argparse.Namespace], None], about: str
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=about)
        command.set_defaults(does=does)
        return command

    add("images", _images, "build the images of runner, operator and store, and helm")
    add("sizes", _sizes, "apply the definitions, and machine sizes that fit a test cluster")
    up = add("up", _up, "install Fairlead over a namespace; print what programs need to use it")
    up.add_argument("--deployed", action="store_true", help="run the operator in the cluster")
    up.add_argument("--no-operator", dest="operator", action="store_false", help="start none")
    shown = add("demo", _demo, "run a job of kubectl's on a cluster, from nothing to its results")
    shown.add_argument("--keep", action="store_true", help="leave cluster and installation there")
    down = add("down", _down, "take it away")
    for command in (up, down):
        command.add_argument("--namespace", default="site", help="where its jobs run")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 1 if it failed, with the reason on standard error."""
    given = _parser().parse_args(argv)
    try:
        given.does(given)
    except ClusterError as problem:
        print(f"site: {problem}", file=sys.stderr)
        return 1
    return 0
