"""``python -m fairlead_operator.manifests ... | kubectl apply --server-side -f -``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import get_args

from fairlead_operator.manifests.everything import everything
from fairlead_operator.manifests.install import Install
from fairlead_operator.manifests.options import (
    STORE_MOUNT,
    Options,
    PullPolicy,
    Store,
    Volume,
)
from fairlead_operator.manifests.sizes import default_sizes


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the objects of an installation as one List in JSON, which is YAML too."""
    given = parser().parse_args(arguments)
    install, options = read(given)
    whole = {"apiVersion": "v1", "kind": "List", "items": everything(install, options)}
    json.dump(whole, sys.stdout, indent=2)
    print()
    return 0


def read(given: argparse.Namespace) -> tuple[Install, Options]:
    """Return what the arguments say."""
    watched = tuple(given.watch) or None
    install = Install(given.release, given.namespace, watched)
    volume = None
    if given.store_claim or given.store_folder:
        named = given.store_claim or Volume.claim
        volume = Volume(named, given.store_mount, given.store_folder)
    options = Options(
        operator_image=given.operator_image,
        runner_image=given.runner_image,
        pull_policy=given.pull_policy,
        replicas=given.replicas,
        namespaces=tuple(given.jobs_in),
        sizes=default_sizes() if given.sizes else (),
        store=Store(given.store, volume, given.store_secret),
        log_level=given.log_level,
    )
    return install, options


def parser() -> argparse.ArgumentParser:
    """Return the parser of the arguments."""
    made = argparse.ArgumentParser(
        prog="python -m fairlead_operator.manifests", description=__doc__
    )
    add = made.add_argument
    add("--release", default="fairlead", help="what the installation is called")
    add("--namespace", default="fairlead-system", help="where its operator runs")
    add(
        "--watch",
        action="append",
        default=[],
        metavar="NAMESPACE",
        help="look after this namespace only; may be given several times",
    )
    add(
        "--jobs-in",
        action="append",
        default=[],
        metavar="NAMESPACE",
        help="without --watch: a namespace to prepare for jobs",
    )
    add("--operator-image", required=True)
    add("--runner-image", required=True)
    add("--pull-policy", choices=get_args(PullPolicy), default="IfNotPresent")
    add("--replicas", type=int, default=1, help="operators; one acts, the others stand by")
    add("--store", metavar="URL", help="where large values, logs and files go: s3://bucket, ...")
    add("--store-secret", metavar="NAME", help="a Secret with the store's credentials")
    add("--store-claim", metavar="NAME", help="the store is this PersistentVolumeClaim")
    add("--store-mount", metavar="PATH", default=STORE_MOUNT, help="where runners mount it")
    add(
        "--store-folder",
        metavar="PATH",
        help="make volumes and claims of this folder, which all nodes share",
    )
    add("--no-sizes", dest="sizes", action="store_false", help="leave the machine sizes out")
    add("--log-level", choices=("debug", "info", "warning", "error"), default="info")
    return made


if __name__ == "__main__":
    sys.exit(main())
