"""Making a site, and taking it away without a trace."""

import shutil
import tempfile
import uuid
from pathlib import Path

from tests.cluster.kubeapi import MERGE, KubeApi, until
from tests.cluster.kubectl import apply_all, delete_all, kubectl
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.paths import PROJECT
from tests.cluster.provider import Cluster
from tests.cluster.shell import UnsupportedError
from tests.site import folder, images
from tests.site.access import kubeconfig_of
from tests.site.process import LocalOperator
from tests.site.site import Site
from tests.site.sizes import tiny_sizes

from fairlead.api.meta import API_VERSION
from fairlead_operator.manifests.deployment import environment
from fairlead_operator.manifests.everything import everything, surroundings
from fairlead_operator.manifests.install import Install, Manifest
from fairlead_operator.manifests.options import Options, Store, Volume

CRDS = PROJECT / "crds"
AUTHOR = "author"
"""The account of whoever submits jobs from this machine."""

CLUSTER_WIDE = (
    "ClusterRole",
    "ClusterRoleBinding",
    "PersistentVolume",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
)
"""What does not go with the site's namespaces; machine sizes belong to all sites."""


def make_site(
    cluster: Cluster,
    namespace: str = "",
    *,
    deployed: bool = False,
    outlives: bool = False,
    shared: bool = True,
) -> Site:
    """Install Fairlead over a fresh namespace, and wait until its rules are in force.

    Parameters
    ----------
    cluster
        A cluster that is up.
    namespace
        What the namespace of its jobs is called; made up, if not given.
    deployed
        Whether the operator runs in the cluster; else it is a process of this machine, and
        the caller starts it.
    outlives
        Whether such a process goes on when this one ends.
    shared
        Whether runners share a folder with this machine, which is their store then; else they
        have none.
    """
    if shared and not isinstance(cluster, NativeCluster):
        raise UnsupportedError("only nodes of the native cluster share a folder with this machine")
    name = namespace or f"site-{uuid.uuid4().hex[:8]}"
    install = Install("fairlead", f"{name}-system", (name,))
    store = folder.make(name)
    (store / "shared").mkdir()
    options = _options(cluster, store if shared else None, deployed)
    apply_definitions(cluster)
    objects = (everything if deployed else surroundings)(install, options)
    apply_all(cluster, [*objects, *author(install, name)])
    private = Path(tempfile.mkdtemp(prefix="fairlead-site-"))
    kubeconfig_of(cluster, AUTHOR, name, private / "author.kubeconfig")
    settings = environment(install, options)
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
    site = Site(install, options, name, cluster, api, store, private, operator)
    _wait_enforced(site)
    if deployed:
        wait_rolled_out(site)
    return site


def wait_rolled_out(site: Site) -> None:
    """Wait until the deployed operator is ready."""
    install = site.install
    what = ["deployment", install.operator_account, "--timeout=120s"]
    kubectl(site.cluster, "rollout", "status", *what, namespace=install.namespace, timeout=150)


def remove_site(site: Site) -> None:
    """End the operator and remove everything that belongs to the site, however that ends."""
    try:
        site.operator.stop()
    finally:
        remove_objects(site.cluster, site.install, site.options)
        site.api.close()
        shutil.rmtree(site.private, ignore_errors=True)
        folder.remove(site.folder)


def remove_objects(cluster: Cluster, install: Install, options: Options) -> None:
    """Remove a site's objects, and wait until its pods have ended."""
    objects = surroundings(install, options)
    namespaces = [item["metadata"]["name"] for item in objects if item["kind"] == "Namespace"]
    kubectl(cluster, "delete", "namespace", "--ignore-not-found", *namespaces, timeout=180)
    delete_all(cluster, [item for item in objects if item["kind"] in CLUSTER_WIDE])


def apply_definitions(cluster: Cluster) -> None:
    """Let the API server know our kinds, as the checkout has them."""
    kubectl(cluster, "apply", "--server-side", "--force-conflicts", "-f", str(CRDS))
    names = [f"crd/{path.stem}.fairlead.dev" for path in sorted(CRDS.glob("*.yaml"))]
    kubectl(cluster, "wait", "--for=condition=Established", "--timeout=60s", *names)


def author(install: Install, namespace: str) -> list[Manifest]:
    """An account that may do in the namespace what Kubernetes' own role `admin` allows."""
    metadata = {"name": AUTHOR, "namespace": namespace, "labels": dict(install.labels)}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"}
    subject = {"kind": "ServiceAccount", "name": AUTHOR, "namespace": namespace}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "subjects": [subject],
            "roleRef": role,
        },
    ]


def _options(cluster: Cluster, store: Path | None, deployed: bool) -> Options:
    runner = images.runner()
    cluster.load(runner)
    operator = ""
    if deployed:
        built = images.operator()
        cluster.load(built)
        operator = built.name
    volume = Volume(mount=str(store), host_folder=str(store)) if store else None
    return Options(
        operator_image=operator,
        runner_image=runner.name,
        store=Store(volume=volume),
        sizes=tiny_sizes(),
        resources={
            "requests": {"cpu": "10m", "memory": "64Mi"},
            "limits": {"memory": "512Mi"},
        },
        log_level="debug",
    )


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
