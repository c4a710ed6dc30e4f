"""The operator's settings: one table, read from the environment and the command line.

A value that cannot be meant, and a name that nobody knows, is an error of one line: a setting
that is silently ignored is worse than an operator that does not start.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fairlead.errors import InvalidRequestError
from fairlead_operator.logs import FORMATS, LEVELS
from fairlead_operator.runners.pod_order import DEFAULT_LOAD_SECONDS, Installed, Store
from fairlead_operator.runners.tenants import Tenants
from fairlead_operator.setting import Given, Setting, unfit

PREFIXES = ("FAIRLEAD_OPERATOR_", "FAIRLEAD_RUNNER_")

SOURCES = ("kopf", "watch")
PULL_POLICIES = ("Always", "IfNotPresent", "Never")


NAMESPACE = Setting(
    "FAIRLEAD_OPERATOR_NAMESPACE",
    "that of the pod, or of the kubeconfig's context",
    "The operator's own namespace, where its lease is.",
)
RELEASE = Setting(
    "FAIRLEAD_OPERATOR_RELEASE",
    "`fairlead`",
    "What the installation is called; the names of its lease and accounts begin with it.",
)
WATCH = Setting(
    "FAIRLEAD_OPERATOR_WATCH",
    "all",
    "The namespaces whose jobs are run, separated by commas.",
)
PORT = Setting(
    "FAIRLEAD_OPERATOR_PORT",
    "`8080`",
    "Where `/healthz`, `/readyz` and `/metrics` are served; 0 takes any free port, which the log "
    "names.",
)
IDENTITY = Setting(
    "FAIRLEAD_OPERATOR_IDENTITY",
    "the host's name and a random part",
    "What this process calls itself in the lease.",
)
LEASE = Setting(
    "FAIRLEAD_OPERATOR_LEASE",
    "`<release>-operator`",
    "The lease whose holder acts; others stand by.",
)
LEASE_SECONDS = Setting(
    "FAIRLEAD_OPERATOR_LEASE_SECONDS",
    "`15`",
    "How many seconds after its holder's last sign of life the lease may be taken; at least 3.",
)
RELIST_SECONDS = Setting(
    "FAIRLEAD_OPERATOR_RELIST_SECONDS",
    "`240`",
    "After how many seconds everything is listed again, to find what watches should have told; "
    "the watch under way, of less than a minute, ends first.",
)
OBSERVE = Setting(
    "FAIRLEAD_OPERATOR_OBSERVE",
    "`watch`",
    "What tells of Jobs, Releases, machine sizes and groups: `watch`, the operator's own lists "
    "and watches, or `kopf`, which takes about 23 MiB more. Tasks and pods are always watched by "
    "the operator itself.",
)
REQUESTS = Setting(
    "FAIRLEAD_OPERATOR_REQUESTS",
    "`64`",
    "How many requests to the API server may be under way at once.",
)
NAMESPACE_RUNNERS = Setting(
    "FAIRLEAD_OPERATOR_NAMESPACE_RUNNERS",
    "no limit",
    "How many runners a namespace may have at once: a number for every namespace, exceptions "
    "such as `research=20`, or both, separated by commas: `50,research=20,dev=2`.",
)
NAMESPACE_SHARES = Setting(
    "FAIRLEAD_OPERATOR_NAMESPACE_SHARES",
    "`1` for every namespace",
    "What share of runners a namespace gets where there are not enough for all, as against 1 for "
    "those not named: `research=3,dev=2`, whole numbers from 1 to 1000.",
)
LOG_FORMAT = Setting(
    "FAIRLEAD_OPERATOR_LOG_FORMAT",
    "`text`",
    "How lines of the log are written: `text` (`message key=value`) or `json`.",
)
LOG_LEVEL = Setting(
    "FAIRLEAD_OPERATOR_LOG_LEVEL",
    "`info`",
    "The least important lines that are written: `debug`, `info`, `warning` or `error`.",
)
RUNNER_IMAGE = Setting(
    "FAIRLEAD_RUNNER_IMAGE",
    "none: it has to be set",
    "The image of runners whose Release names none.",
)
RUNNER_PULL_POLICY = Setting(
    "FAIRLEAD_RUNNER_IMAGE_PULL_POLICY",
    "the cluster's",
    "When nodes pull that image: `Always`, `IfNotPresent` or `Never`.",
)
RUNNER_PULL_SECRETS = Setting(
    "FAIRLEAD_RUNNER_IMAGE_PULL_SECRETS",
    "none",
    "Names of Secrets in the jobs' namespaces with which images are pulled, separated by commas.",
)
RUNNER_ACCOUNT = Setting(
    "FAIRLEAD_RUNNER_ACCOUNT",
    "`<release>-runner`",
    "The service account of runners whose job names none.",
)
RUNNER_STORE = Setting(
    "FAIRLEAD_RUNNER_STORE",
    "none",
    "The URL of the object store as runners reach it.",
)
RUNNER_STORE_CLAIM = Setting(
    "FAIRLEAD_RUNNER_STORE_CLAIM",
    "none",
    "A PersistentVolumeClaim in the jobs' namespaces that is mounted in runners as the store.",
)
RUNNER_STORE_MOUNT = Setting(
    "FAIRLEAD_RUNNER_STORE_MOUNT",
    f"`{Store().mount}`",
    "Where runners mount that claim.",
)
RUNNER_STORE_SECRET = Setting(
    "FAIRLEAD_RUNNER_STORE_SECRET",
    "none",
    "A Secret in the jobs' namespaces whose entries runners get as variables: credentials of the "
    "store.",
)
RUNNER_LOAD_SECONDS = Setting(
    "FAIRLEAD_RUNNER_LOAD_SECONDS",
    f"`{DEFAULT_LOAD_SECONDS}`",
    "How many seconds a runner may take to load its Release, where its machine size has no "
    "`startTimeoutSeconds`.",
)

SETTINGS: tuple[Setting, ...] = (
    NAMESPACE,
    RELEASE,
    WATCH,
    PORT,
    IDENTITY,
    LEASE,
    LEASE_SECONDS,
    RELIST_SECONDS,
    OBSERVE,
    REQUESTS,
    NAMESPACE_RUNNERS,
    NAMESPACE_SHARES,
    LOG_FORMAT,
    LOG_LEVEL,
    RUNNER_IMAGE,
    RUNNER_PULL_POLICY,
    RUNNER_PULL_SECRETS,
    RUNNER_ACCOUNT,
    RUNNER_STORE,
    RUNNER_STORE_CLAIM,
    RUNNER_STORE_MOUNT,
    RUNNER_STORE_SECRET,
    RUNNER_LOAD_SECONDS,
)
"""Every setting, in the order in which the reference shows them."""


@dataclass(frozen=True, kw_only=True)
class RunnerSettings(Installed):
    """What the installation says of runners.

    Attributes
    ----------
    account
        The service account of jobs that name none.
    """

    account: str


@dataclass(frozen=True)
class Settings:
    """All settings.

    Attributes
    ----------
    namespace
        Where the lease is; None for the namespace of the way to the cluster.
    watch
        The namespaces whose jobs are run; None for all.
    tenants
        What namespaces may have.
    lease
        The name of the lease.
    identity
        What this process calls itself in the lease.
    """

    runners: RunnerSettings
    namespace: str | None = None
    release: str = "fairlead"
    watch: tuple[str, ...] | None = None
    port: int = 8080
    identity: str = ""
    lease: str = "fairlead-operator"
    lease_seconds: int = 15
    relist_seconds: int = 240
    observe: str = "watch"
    requests: int = 64
    tenants: Tenants = field(default_factory=Tenants)
    log_format: str = "text"
    log_level: str = "info"


def load(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings that the command line and the environment make.

    Raises
    ------
    InvalidRequestError
        If one is unknown, unfit or missing.
    """
    given = Given({**_variables(environment), **_flags(arguments)})
    release = given.name(RELEASE) or "fairlead"
    return Settings(
        runners=_runners(given, release),
        namespace=given.name(NAMESPACE) or None,
        release=release,
        watch=given.names(WATCH) or None,
        port=given.number(PORT, 8080, 0, 65535),
        identity=given.text(IDENTITY) or f"{socket.gethostname()}_{secrets.token_hex(4)}",
        lease=given.name(LEASE) or f"{release}-operator",
        lease_seconds=given.number(LEASE_SECONDS, 15, 3, 3600),
        relist_seconds=given.number(RELIST_SECONDS, 240, 1, 86400),
        observe=given.one_of(OBSERVE, SOURCES) or "watch",
        requests=given.number(REQUESTS, 64, 1, 10_000),
        tenants=_tenants(given),
        log_format=given.one_of(LOG_FORMAT, FORMATS) or "text",
        log_level=given.one_of(LOG_LEVEL, LEVELS) or "info",
    )


def _tenants(given: Given) -> Tenants:
    limit, limits = given.numbers(NAMESPACE_RUNNERS, 0, 1_000_000)
    general, shares = given.numbers(NAMESPACE_SHARES, 1, 1000)
    if general is not None:
        wanted = "namespaces with their shares, such as research=3"
        raise unfit(NAMESPACE_SHARES, given.text(NAMESPACE_SHARES), wanted)
    return Tenants(limit, limits, shares)


def _runners(given: Given, release: str) -> RunnerSettings:
    image = given.text(RUNNER_IMAGE)
    if not image:
        raise InvalidRequestError(
            f"{RUNNER_IMAGE.variable} is not set: which image do runners get? Set it, or give "
            f"{RUNNER_IMAGE.flag}."
        )
    store = Store(
        url=given.text(RUNNER_STORE) or None,
        claim=given.name(RUNNER_STORE_CLAIM) or None,
        mount=given.text(RUNNER_STORE_MOUNT) or Store().mount,
        secret=given.name(RUNNER_STORE_SECRET) or None,
    )
    return RunnerSettings(
        image=image,
        account=given.name(RUNNER_ACCOUNT) or f"{release}-runner",
        image_pull_policy=given.one_of(RUNNER_PULL_POLICY, PULL_POLICIES) or None,
        image_pull_secrets=given.names(RUNNER_PULL_SECRETS),
        store=store,
        load_seconds=given.number(RUNNER_LOAD_SECONDS, DEFAULT_LOAD_SECONDS, 1, 86400),
    )


def _variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are ours, and raise for one that looks as if it were."""
    known = {setting.variable for setting in SETTINGS}
    ours = {name for name in environment if name.startswith(PREFIXES)}
    for name in sorted(ours - known):
        raise _unknown(name, known, "environment variable")
    return {name: environment[name] for name in known & set(environment)}


def _flags(arguments: Sequence[str]) -> dict[str, str]:
    """Return what ``--flag value`` and ``--flag=value`` say, by variable."""
    known = {setting.flag: setting.variable for setting in SETTINGS}
    found: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        flag, equals, value = rest.pop(0).partition("=")
        if flag not in known:
            raise _unknown(flag, known, "argument")
        if not equals:
            if not rest:
                raise InvalidRequestError(f"{flag} needs a value.")
            value = rest.pop(0)
        found[known[flag]] = value
    return found


def _unknown(name: str, known: Sequence[str] | set[str] | dict[str, str], what: str) -> Exception:
    from difflib import get_close_matches

    close = get_close_matches(name, list(known), 1)
    hint = f"Did you mean {close[0]}?" if close else f"Known: {', '.join(sorted(known))}."
    return InvalidRequestError(f"The operator has no {what} {name!r}. {hint}")


def usage() -> str:
    """Return what ``--help`` prints."""
    lines = ["Runs Fairlead's jobs on a Kubernetes cluster. Settings, as flag or variable:", ""]
    for setting in SETTINGS:
        lines.append(f"  {setting.flag}  {setting.variable}")
        lines.append(f"      {setting.meaning} Default: {setting.default}.")
    return "\n".join(lines)
