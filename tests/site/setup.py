"""Making a site, and taking it away without a trace."""

import shutil
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.cluster.kubeapi import MERGE, KubeApi, until
from tests.cluster.kubectl import apply_all, delete_all, kubectl
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.paths import PROJECT
from tests.cluster.provider import Cluster
from tests.cluster.shell import UnsupportedError
from tests.site import folder, images, objects, values
from tests.site.access import kubeconfig_of
from tests.site.helm import Helm
from tests.site.objects import AUTHOR, CLUSTER_WIDE
from tests.site.process import LocalOperator
from tests.site.site import Site
from tests.site.sizes import tiny_sizes

from fairlead.api.meta import API_VERSION
from fairlead_operator.manifests.install import Install, Manifest

CRDS = PROJECT / "crds"


def make_site(
    cluster: Cluster,
    namespace: str = "",
    *,
    deployed: bool = False,
    outlives: bool = False,
    shared: bool = True,
    others: Sequence[str] = (),
    more: Mapping[str, Mapping[str, Any]] | None = None,
) -> Site:
    """Install Fairlead over a fresh namespace, and wait until its rules are in force.

    Parameters
    ----------
    cluster
        A cluster that is up.
    namespace
        What the namespace of its jobs is called; made up, if not given.
    deployed
        Whether the operator runs in the cluster, where helm installs it; else it is a process
        of this machine, and the caller starts it.
    outlives
        Whether such a process goes on when this one ends.
    shared
        Whether runners share a folder with this machine, which is their store then; else they
        have none.
    others
        More namespaces that its operator looks after.
    more
        More of the chart's values, for a deployed operator; they take precedence.
    """
    if shared and not isinstance(cluster, NativeCluster):
        raise UnsupportedError("only nodes of the native cluster share a folder with this machine")
    name = namespace or f"site-{uuid.uuid4().hex[:8]}"
    install = Install("fairlead", f"{name}-system", (name, *others))
    store = folder.make(name)
    (store / "shared").mkdir()
    used = store if shared else None
    runner = images.runner()
    cluster.load(runner)
    apply_definitions(cluster)
    apply_all(cluster, [*_objects(install, used), *tiny_sizes()])
    if deployed:
        _deploy(cluster, install, used, more or {})
    else:
        apply_all(cluster, objects.access(install))
    private = Path(tempfile.mkdtemp(prefix="fairlead-site-"))
    kubeconfig_of(cluster, AUTHOR, name, private / "author.kubeconfig")
    settings = objects.environment(install, runner.name, used)
    # One that is started again takes its lease back at once.
    settings["FAIRLEAD_OPERATOR_IDENTITY"] = f"operator-of-{name}"
    # Nobody starts it again where a busy machine keeps it from renewing its lease in time.
    settings["FAIRLEAD_OPERATOR_LEASE_SECONDS"] = "90"
    settings["KUBECONFIG"] = str(
        kubeconfig_of(
            cluster, install.operator_account, install.namespace, private / "operator.kubeconfig"
        )
    )
    operator = LocalOperator(settings, private, outlives=outlives)
    api = KubeApi(cluster.kubeconfig)
    site = Site(install, runner.name, used, name, cluster, api, store, private, operator)
    _wait_enforced(site)
    return site


def _objects(install: Install, store: Path | None) -> list[Manifest]:
    """What a site has however its operator comes to run."""
    watched = install.watched or ()
    made = [*objects.namespaces(install), *objects.author(install, watched[0])]
    return made + (objects.volumes(install, store, watched) if store else [])


def _deploy(
    cluster: Cluster, install: Install, store: Path | None, more: Mapping[str, Mapping[str, Any]]
) -> None:
    chosen = values.on_folder(values.loaded(cluster), store)
    for section, given in more.items():
        chosen[section] = {**chosen.get(section, {}), **given}
    own = {"watch": {"namespaces": list(install.watched or ())}}
    Helm(cluster, install.namespace, install.release).install(chosen | own)


def remove_site(site: Site) -> None:
    """End the operator and remove everything that belongs to the site, however that ends."""
    try:
        site.operator.stop()
    finally:
        remove_objects(site.cluster, site.install)
        site.api.close()
        shutil.rmtree(site.private, ignore_errors=True)
        folder.remove(site.folder)


def remove_objects(cluster: Cluster, install: Install) -> None:
    """Remove a site's objects, and wait until its pods have ended."""
    found = [*_objects(install, Path("/")), *objects.access(install)]
    spaces = [item["metadata"]["name"] for item in found if item["kind"] == "Namespace"]
    kubectl(cluster, "delete", "namespace", "--ignore-not-found", *spaces, timeout=180)
    delete_all(cluster, [item for item in found if item["kind"] in CLUSTER_WIDE])


def apply_definitions(cluster: Cluster) -> None:
    """Let the API server know our kinds, as the checkout has them."""
    kubectl(cluster, "apply", "--server-side", "--force-conflicts", "-f", str(CRDS))
    names = [f"crd/{path.stem}.fairlead.dev" for path in sorted(CRDS.glob("*.yaml"))]
    kubectl(cluster, "wait", "--for=condition=Established", "--timeout=60s", *names)


def _wait_enforced(site: Site) -> None:
    """The API server learns of roles and policies a moment after they are stored."""
    operator = KubeApi(Path(site.operator.settings["KUBECONFIG"]))
    author = KubeApi(site.kubeconfig)
    probe = f"{site.path('tasks')}/probe"

    def in_force() -> bool:
        # A rule's refusal of the administrator shows that the fence is there.
        body = {"status": {"display": "probe"}}
        return site.api.raw("PATCH", f"{probe}/status?dryRun=All", body, kind=MERGE)[0] == 422

    try:
        until("the operator's role", lambda: operator.create(site.path("tasks"), _probe_task()))
        until("the author's role", lambda: author.get(site.path("releases")))
        until("the fence", in_force)
    finally:
        operator.delete(probe)
        operator.close()
        author.close()


def _probe_task() -> Manifest:
    return {
        "apiVersion": API_VERSION,
        "kind": "Task",
        "metadata": {"name": "probe", "labels": {"fairlead.dev/job": "probe"}},
        "spec": {
            "jobName": "probe",
            "jobUID": "probe",
            "run": 1,
            "key": "0",
            "identifier": "fairlead.dev/Probe",
            "version": "v0.0",
        },
    }
