"""``fairlead releases publish``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.cli.cluster import Namespace, open_cluster
from fairlead.cli.options import Output
from fairlead.cli.output import OutputFormat, emit, note

if TYPE_CHECKING:
    from fairlead.releases import Packed


def publish(
    context: typer.Context,
    programs: Annotated[
        list[str],
        typer.Argument(
            metavar="MODULE|PATH...",
            help="The program: a Python file, a package's folder, or the dotted name of a module."
            "  Several become one release.",
            show_default=False,
        ),
    ],
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            help="The Release's name; else the program's, with the start of the code's sum.",
            show_default=False,
        ),
    ] = None,
    description: Annotated[
        str | None,
        typer.Option("--description", help="What is new in it, for people.", show_default=False),
    ] = None,
    image: Annotated[
        str | None,
        typer.Option(
            "--image",
            help="The image that runs it, with the packages it needs; else the installation's.",
            show_default=False,
        ),
    ] = None,
    data: Annotated[
        bool, typer.Option("--data", help="Also pack the files beside the modules of packages.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check/--no-check",
            help="Whether to see first, in a process of its own, that what was packed can be"
            " imported; leave it out where this machine lacks what the image has.",
        ),
    ] = True,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Publish nothing; as YAML or JSON, print the objects for `kubectl apply`.",
        ),
    ] = False,
    namespace: Namespace = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Publish a program: its own modules and the tasks that they define.

    The modules are found by their imports; installed packages are not packed, so the image
    has to contain them.  Publishing the same code again changes nothing.
    """
    from fairlead.cli.programs.pack import pack
    from fairlead.releases import checking

    packed = pack(programs, data=data)
    if check:
        checking.check(packed)
    name = name or _default_name(packed)
    more = {
        "stage": "Published",
        "description": description,
        "image": image,
        "source": ", ".join(programs)[:512],
    }
    if dry_run:
        _print_objects(packed, name, namespace, more, output)
        return
    _say_what_it_takes(packed)
    _publish(context, packed, name, namespace, more, output)


def _default_name(packed: Packed) -> str:
    from fairlead.releases.objects import content_name

    return content_name(packed, digits=8)


def _publish(
    context: typer.Context,
    packed: Packed,
    name: str,
    namespace: str | None,
    more: dict[str, Any],
    output: OutputFormat,
) -> None:
    from fairlead.releases import publish as publish_packed
    from fairlead.sdk import settings
    from fairlead.sdk.objectstore import open_store

    cluster = open_cluster(context, namespace)
    url = settings.store()
    store = None if url is None else open_store(url)
    done = publish_packed(cluster.rest, packed, name, cluster.namespace, store=store, **more)
    record = _record(packed, name, cluster.namespace) | {"new": done.is_new}
    said = "published" if done.is_new else "already published:"
    emit(record, output, lambda: f"{said} {name} in {cluster.namespace}\n{_text(packed)}")


def _print_objects(
    packed: Packed,
    name: str,
    namespace: str | None,
    more: dict[str, Any],
    output: OutputFormat,
) -> None:
    """Print what publishing would make, for people or for ``kubectl apply``."""
    from fairlead.releases import manifests

    maps, release = manifests(packed, name, namespace, **more)
    whole = {"apiVersion": "v1", "kind": "List", "items": [*maps, release]}
    emit(whole, output, lambda: f"would publish {name}\n{_text(packed)}")


def _say_what_it_takes(packed: Packed) -> None:
    """Say what the program needs of its image, and of jobs that are to run it."""
    from fairlead.releases.sources import RUNNER_PACKAGES

    lacking = sorted(packed.needs - RUNNER_PACKAGES)
    if lacking:
        note(f"the image has to contain what the program imports: {', '.join(lacking)}")
    if all(task.scope == "Release" for task in packed.tasks):
        note("its tasks have default identifiers: only jobs that name this release can run them")


def _record(packed: Packed, name: str, namespace: str) -> dict[str, Any]:
    return {
        "name": name,
        "namespace": namespace,
        "program": packed.program,
        "sha256": packed.sha256,
        "size": packed.size,
        "files": list(packed.files),
        "needs": sorted(packed.needs),
        "tasks": [
            {"identifier": task.identifier, "version": task.version, "scope": task.scope}
            for task in packed.tasks
        ],
    }


def _text(packed: Packed) -> str:
    from fairlead.cli.table import render_answer
    from fairlead.cli.words import count

    size = f"{packed.size / 1024:.1f} KiB"
    rows = [[task.identifier, task.version, task.entry_point, task.scope] for task in packed.tasks]
    table = render_answer(["IDENTIFIER", "VERSION", "ENTRY POINT", "SCOPE"], rows)
    return f"{count(len(packed.files), 'file')}, {size}, sum {packed.sha256[:16]}\n{table}"
