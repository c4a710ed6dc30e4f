"""What a pod is told when it starts: by variables that the operator sets.

A few more of them let an agent run as an ordinary process beside an API server.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.errors import InvalidRequestError
from fairlead.runner.pod import variables
from fairlead.sdk.settings import Setting

LOAD_SECONDS = 300.0
"""How long loading the release may take where the operator says nothing."""

_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


@dataclass(frozen=True, slots=True)
class ListedTask:
    """A definition that the release lists, so that it may run.

    ``entry_point`` is ``module:name``; ``timeout`` is in seconds and holds for tasks that
    have none of their own.
    """

    identifier: str
    version: str
    entry_point: str
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class ReleaseInfo:
    """The code that the pod runs.

    Attributes
    ----------
    package
        Whether it lies in the package folder; else in the store under ``archive``, else in
        the image.
    sha256, size
        Of that archive.
    """

    name: str
    tasks: tuple[ListedTask, ...] = ()
    package: bool = False
    archive: str | None = None
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Where the API server is, and who the agent is there."""

    server: str
    token_file: str
    ca_file: str
    namespace: str


@dataclass(frozen=True, slots=True)
class PodSettings:
    """All that an agent is told.

    Attributes
    ----------
    name, uid
        The pod's.
    task, attempt
        What it was made for; None for a runner that waits for its first task.
    reuse
        Whether it waits for a further task after one.
    reuse_seconds
        How long it waits; None for as long as it is let.
    memory
        The pod's limit in bytes.
    grace
        Seconds that a task has which was asked to stop.
    load_seconds
        How long loading the release may take.
    package, work, tmp
        Folders: the parts of the archive, the place for everything, temporary files.
    health_port
        Where it says that it lives; 0 for nowhere.
    link
        The socket between it and the container with the task's code; None where that is its
        own.
    """

    name: str
    uid: str
    api: ApiSettings
    release: ReleaseInfo
    task: str | None = None
    attempt: int | None = None
    reuse: bool = False
    reuse_seconds: float | None = 10.0
    memory: int | None = None
    grace: float = 30.0
    load_seconds: float = LOAD_SECONDS
    store: str | None = None
    package: str = variables.PACKAGE_FOLDER.default
    work: str = variables.WORK_FOLDER.default
    tmp: str = variables.TMP_FOLDER.default
    health_port: int = int(variables.HEALTH_PORT.default)
    link: str | None = None


def from_environment(environment: Mapping[str, str] | None = None) -> PodSettings:
    """Return what the environment says.

    Raises
    ------
    InvalidRequestError
        If something is missing: then this is no runner's pod.
    """
    env = os.environ if environment is None else environment
    try:
        order = json.loads(env[variables.RUNNER.name])
        return PodSettings(
            name=env[variables.POD_NAME.name],
            uid=env[variables.POD_UID.name],
            api=_api(env),
            release=_release(order["release"]),
            store=env.get(variables.STORE.name) or None,
            package=_or_default(env, variables.PACKAGE_FOLDER),
            work=_or_default(env, variables.WORK_FOLDER),
            tmp=_or_default(env, variables.TMP_FOLDER),
            health_port=int(_or_default(env, variables.HEALTH_PORT)),
            link=env.get(variables.LINK.name) or None,
            **_order(order),
        )
    except KeyError as missing:
        raise InvalidRequestError(
            f"{missing.args[0]} is not set: this program runs in pods that the operator makes"
        ) from None


def _or_default(env: Mapping[str, str], setting: Setting) -> str:
    return env.get(setting.name) or setting.default


def _order(order: Mapping[str, Any]) -> dict[str, Any]:
    seconds, grace = order.get("reuseSeconds", 10), order.get("graceSeconds")
    return {
        "task": order.get("task"),
        "attempt": order.get("attempt"),
        "reuse": order.get("reuse", "Never") != "Never",
        "reuse_seconds": None if seconds is None else float(seconds),
        "memory": order.get("memoryBytes"),
        "grace": 30.0 if grace is None else float(grace),
        "load_seconds": float(order.get("loadSeconds") or LOAD_SECONDS),
    }


def _release(release: Mapping[str, Any]) -> ReleaseInfo:
    return ReleaseInfo(
        name=release["name"],
        tasks=tuple(_listed(one) for one in release.get("tasks") or ()),
        package=bool(release.get("package")),
        archive=release.get("archive"),
        sha256=release.get("sha256"),
        size=release.get("size"),
    )


def _listed(one: Mapping[str, Any]) -> ListedTask:
    seconds = one.get("timeoutSeconds")
    return ListedTask(
        one["identifier"],
        one["version"],
        one["entryPoint"],
        None if seconds is None else float(seconds),
    )


def _api(env: Mapping[str, str]) -> ApiSettings:
    server = env.get(variables.API_SERVER.name)
    if not server:
        host, port = env["KUBERNETES_SERVICE_HOST"], env.get("KUBERNETES_SERVICE_PORT", "443")
        server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    return ApiSettings(
        server=server,
        token_file=env.get(variables.API_TOKEN_FILE.name) or f"{_ACCOUNT}/token",
        ca_file=env.get(variables.API_CA_FILE.name) or f"{_ACCOUNT}/ca.crt",
        namespace=env[variables.NAMESPACE.name],
    )
