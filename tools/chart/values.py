"""The values of the chart: the one description that schema, defaults and reference come from.

A new value is a field here with its description below it, and is read by a template.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from chart.fields import (
    Amounts,
    Annotations,
    Cidr,
    Free,
    Labels,
    Names,
    Namespaces,
    OptionalDuration,
    OptionalName,
    OptionalNamespace,
    Port,
    Section,
    Sizes,
    Tolerations,
    by_namespace,
)
from fairlead_operator.manifests.sizes import default_sizes
from fairlead_operator.runners.pod_order import DEFAULT_LOAD_SECONDS
from fairlead_operator.runners.pod_order import Store as RunnerStore

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]


class Image(Section):
    """An image, as nodes pull it."""

    repository: Annotated[
        str,
        Field(
            min_length=1,
            max_length=255,
            pattern=r"^[a-zA-Z0-9]([-a-zA-Z0-9.]*(:[0-9]+)?)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$",
        ),
    ]
    """Its name, with the registry in front if it is not the nodes' own."""
    tag: Annotated[str, Field(max_length=128, pattern=r"^([A-Za-z0-9_][A-Za-z0-9_.-]*)?$")] = ""
    """Its tag; the chart's `appVersion` if empty."""
    digest: Annotated[str, Field(pattern=r"^(sha256:[0-9a-f]{64})?$")] = ""
    """Its digest, `sha256:...`, which takes precedence over the tag."""
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    """When nodes pull it."""


class Resources(Section):
    """What a container asks for and may use."""

    requests: Amounts
    """What a node must have free."""
    limits: Amounts
    """What it may use at most."""


def _image(name: str) -> Any:
    return Field(default=Image(repository=f"fairlead/{name}"))


class Operator(Section):
    """The operator."""

    image: Image = _image("operator")
    """Its image."""
    pull_secrets: Names = []
    """Secrets of the release's namespace with which its image is pulled, and that of the embedded
    store."""
    replicas: Annotated[int, Field(ge=1, le=5)] = 1
    """How many run. One acts, the others stand by and take over when its lease runs out."""
    lease_seconds: Annotated[int, Field(ge=3, le=3600)] = 15
    """How many seconds after the acting one's last sign of life another may take over."""
    relist_seconds: Annotated[int, Field(ge=1, le=86400)] = 240
    """After how many seconds everything is listed again, to find what watches should have told."""
    requests: Annotated[int, Field(ge=1, le=10000)] = 64
    """How many requests to the API server may be under way at once."""
    observe: Literal["watch", "kopf"] = "watch"
    """What tells of Jobs, Releases, sizes and groups: the operator's own watches, or kopf."""
    log_level: LogLevel = "info"
    """The least important lines of the log that are written."""
    log_format: LogFormat = "text"
    """How lines of the log are written: `text` (`message key=value`) or `json`."""
    resources: Resources = Resources(
        requests={"cpu": "100m", "memory": "128Mi"}, limits={"memory": "1Gi"}
    )
    """What it asks for and may use. Ten thousand tasks under way need about 400 MiB."""
    account_annotations: Annotations = {}
    """Annotations of its service account."""
    pod_annotations: Annotations = {}
    """More annotations of its pods."""
    pod_labels: Labels = {}
    """More labels of its pods."""
    node_selector: Labels = {}
    """The labels of the nodes it may run on, and the hooks, the test and the embedded store."""
    tolerations: Tolerations = []
    """The taints of nodes that it tolerates, and they do."""
    affinity: Free = {}
    """Its affinity, as pods have it; if empty, operators rather run on different nodes."""
    topology_spread_constraints: list[Free] = []
    """How its pods spread over nodes and zones, as pods have it."""
    priority_class_name: OptionalName = ""
    """The PriorityClass of its pods."""


class Runners(Section):
    """The pods that execute tasks."""

    image: Image = _image("runner")
    """The image of runners whose Release names none."""
    pull_secrets: Names = []
    """Secrets of the jobs' namespaces with which images are pulled."""
    load_seconds: Annotated[int, Field(ge=1, le=86400)] = DEFAULT_LOAD_SECONDS
    """How long a runner may take to load its Release, where its machine size says nothing."""
    account_annotations: Annotations = {}
    """Annotations of the runners' service account, such as a cloud's identity."""


class Watch(Section):
    """What the operator looks after."""

    namespaces: Namespaces = []
    """These namespaces only, by Roles in them; all of the cluster, by a ClusterRole, if empty."""


class Jobs(Section):
    """Where jobs run, and how much of the cluster each namespace gets."""

    namespaces: Namespaces = []
    """Where all namespaces are looked after: those, beside the release's own, that get the
    runners' account. They have to exist."""
    max_runners_per_namespace: Annotated[int, Field(ge=0, le=100_000)] | None = None
    """How many runners each namespace may have at once; no limit if `null`."""
    max_runners: Annotated[dict[str, int], by_namespace(0, 100_000)] = {}
    """Other limits for some namespaces, by their names."""
    fair_shares: Annotated[dict[str, int], by_namespace(1, 1000)] = {}
    """How much of scarce runners a namespace gets, by its name, where others get 1."""


class EmbeddedStore(Section):
    """An S3 server of one pod, for evaluation: it is neither replicated nor backed up."""

    enabled: bool = True
    """Whether it is installed, and is the store, where neither `url` nor `claim` is set."""
    image: Image = Field(default=Image(repository="fairlead/store", tag="1.8.0"))
    """Its image. The tag is the server's version, so that a new chart does not restart it."""
    persistent: bool = False
    """Whether what it holds outlives its pod, on a volume of its own."""
    size: Annotated[str, Field(pattern=r"^[1-9][0-9]*(Mi|Gi|Ti)$")] = "10Gi"
    """How much it may hold."""
    storage_class: OptionalName = ""
    """The StorageClass of a persistent volume; the cluster's default if empty."""
    resources: Resources = Resources(
        requests={"cpu": "50m", "memory": "64Mi"}, limits={"memory": "512Mi"}
    )
    """What it asks for and may use."""


class Store(Section):
    """Where large values, logs and files go. Without one, values have at most 32 KiB."""

    url: Annotated[str, Field(max_length=1024, pattern=r"^((s3|gs|az|file)://[^\s]+)?$")] = ""
    """The store as runners reach it, such as `s3://bucket/folder`."""
    secret: OptionalName = ""
    """A Secret in the jobs' namespaces whose entries runners get as variables: credentials."""
    claim: OptionalName = ""
    """A PersistentVolumeClaim in the jobs' namespaces that runners mount as the store."""
    mount: Annotated[str, Field(pattern=r"^/[^\s:]*$", max_length=1024)] = RunnerStore().mount
    """Where runners mount that claim."""
    embedded: EmbeddedStore = EmbeddedStore()
    """An S3 server of one pod, for evaluation."""


def _default_sizes() -> dict[str, Free]:
    return {size["metadata"]["name"]: size["spec"] for size in default_sizes()}


class MachineSizes(Section):
    """The machine sizes that come with the chart. They belong to the whole cluster."""

    install: bool = True
    """Whether they are installed. Those that another release has made are left alone."""
    sizes: Sizes = Field(default_factory=_default_sizes)
    """Their specs by name. `null` leaves one of these out."""


class Crds(Section):
    """The definitions of Fairlead's kinds, which helm itself never changes nor deletes."""

    upgrade: bool = True
    """Whether a hook brings them up to date before an upgrade, where all namespaces are looked
    after. It deletes nothing."""


class Rbac(Section):
    """The roles of people."""

    aggregate: bool = True
    """Whether Kubernetes' own roles view, edit and admin are extended to Fairlead's kinds."""


class Monitor(Section):
    """How the Prometheus operator is told of the metrics."""

    enabled: bool = False
    """Whether it is installed; its definition has to exist."""
    labels: Labels = {}
    """More labels, by which a Prometheus selects it."""
    interval: OptionalDuration = ""
    """How often it is scraped; as Prometheus does by default if empty."""


class Rules(Section):
    """Alert rules, as a PrometheusRule."""

    enabled: bool = False
    """Whether they are installed; the definition of PrometheusRule has to exist."""
    labels: Labels = {}
    """More labels, by which a Prometheus selects them."""
    runbook_url: Annotated[str, Field(pattern=r"^(https?://[^\s]+)?$")] = ""
    """Where the runbooks are; each alert is annotated with its own below it."""
    disabled: list[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]*$")]] = []
    """Names of alerts that are left out."""


class Dashboards(Section):
    """Grafana's dashboards, as ConfigMaps that its side-car finds."""

    enabled: bool = False
    """Whether they are installed."""
    labels: Labels = {"grafana_dashboard": "1"}
    """The labels by which Grafana's side-car finds them."""
    annotations: Annotations = {}
    """Annotations for it, such as the folder."""


class Metrics(Section):
    """What others make of the operator's metrics."""

    service_monitor: Monitor = Monitor()
    """A ServiceMonitor on the operator's Service."""
    pod_monitor: Monitor = Monitor()
    """A PodMonitor on the operator's pods, instead of a ServiceMonitor."""
    rules: Rules = Rules()
    """Alert rules."""
    dashboards: Dashboards = Dashboards()
    """Dashboards."""


class ApiServer(Section):
    """How pods reach the API server, behind the Service `kubernetes`."""

    cidrs: list[Cidr] = []
    """Its addresses as blocks, such as `10.0.0.10/32`: `kubectl get endpointslices`."""
    port: Port = 6443
    """Its port at these addresses."""


class Dns(Section):
    """How pods reach the cluster's DNS."""

    namespace: OptionalNamespace = "kube-system"
    """The namespace of its pods; any if empty."""
    cidrs: list[Cidr] = []
    """Addresses as blocks, where it answers at some of the nodes' own, such as a cache's
    `169.254.20.10/32`."""
    port: Port = 53
    """Its port."""


class OperatorPolicy(Section):
    """The network of the operator: its metrics' port may be reached, and nothing else."""

    limit_egress: bool = False
    """Whether it may reach the API server and DNS only, and so may hooks and tests; needs
    `networkPolicy.apiServer.cidrs`."""
    scrapers: list[Free] = []
    """Who may reach the metrics' port, as peers of a NetworkPolicy; everybody if empty."""


class RunnerPolicy(Section):
    """The network of runners: nobody may reach them."""

    limit_egress: bool = False
    """Whether they may reach the API server, DNS, the embedded store and what `egress` says
    only; needs `networkPolicy.apiServer.cidrs`."""
    egress: list[Free] = []
    """What else they may reach then, as egress rules of a NetworkPolicy."""


class NetworkPolicy(Section):
    """Network policies; the cluster's network has to enforce them."""

    enabled: bool = True
    """Whether they are installed."""
    api_server: ApiServer = ApiServer()
    """How pods reach the API server."""
    dns: Dns = Dns()
    """How pods reach the cluster's DNS."""
    operator: OperatorPolicy = OperatorPolicy()
    """The network of the operator."""
    runners: RunnerPolicy = RunnerPolicy()
    """The network of runners."""


class PodDisruptionBudget(Section):
    """How many operators may be away at once on purpose, as while nodes are drained."""

    enabled: bool = True
    """Whether it is installed."""
    max_unavailable: Annotated[int, Field(ge=0, le=5)] = 1
    """How many may be away."""


class Uninstall(Section):
    """What `helm uninstall` does beyond taking away what it installed."""

    delete_jobs: bool = False
    """Whether all Jobs that the release looks after are deleted first; else they stay."""
    timeout_seconds: Annotated[int, Field(ge=1, le=86400)] = 300
    """How long it waits until they are gone."""


class Tests(Section):
    """What `helm test` does: it runs a small job, and checks the metrics."""

    enabled: bool = True
    """Whether there is such a test."""
    timeout_seconds: Annotated[int, Field(ge=1, le=86400)] = 240
    """How long the job may take; `helm test` itself waits for five minutes unless told."""
    machine_size: OptionalName = ""
    """The machine size of its task; the default if empty."""


class Values(Section):
    """All values."""

    operator: Operator = Operator()
    """The operator."""
    runners: Runners = Runners()
    """The pods that execute tasks."""
    watch: Watch = Watch()
    """What the operator looks after."""
    jobs: Jobs = Jobs()
    """Where jobs run, and how much of the cluster each namespace gets."""
    store: Store = Store()
    """Where large values, logs and files go. Without one, values have at most 32 KiB."""
    machine_sizes: MachineSizes = MachineSizes()
    """The machine sizes that come with the chart. They belong to the whole cluster."""
    crds: Crds = Crds()
    """The definitions of Fairlead's kinds, which helm itself never changes nor deletes."""
    rbac: Rbac = Rbac()
    """The roles of people."""
    metrics: Metrics = Metrics()
    """What others make of the operator's metrics."""
    network_policy: NetworkPolicy = NetworkPolicy()
    """Network policies; the cluster's network has to enforce them."""
    pod_disruption_budget: PodDisruptionBudget = PodDisruptionBudget()
    """How many operators may be away at once on purpose."""
    uninstall: Uninstall = Uninstall()
    """What `helm uninstall` does beyond taking away what it installed."""
    tests: Tests = Tests()
    """What `helm test` does: it runs a small job, and checks the metrics."""
    labels: Labels = {}
    """More labels of everything that the chart installs."""


def defaults() -> dict[str, Any]:
    """Return the default values as the chart has them."""
    return Values().model_dump(mode="json", by_alias=True)
