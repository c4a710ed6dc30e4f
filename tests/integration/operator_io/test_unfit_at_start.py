"""An operator that starts where it cannot work: it says why, waits, and begins when it can."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from tests.cluster.kubeapi import KubeApi, until
from tests.cluster.namespaces import temporary
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.proxy.client import ProxyClient
from tests.integration.operator_io.accounts import (
    RBAC,
    allow,
    kubeconfig_with,
    make_account,
    token_of,
    without,
)
from tests.integration.operator_io.operator_process import OperatorProcess

from fairlead_operator.manifests.rbac import ELECTION_RULES, OPERATOR_RULES, SIZE_RULES
from fairlead_operator.problems import (
    DENIED,
    MISSING_DEFINITIONS,
    OLD_SERVER,
    UNREACHABLE,
    Cause,
)

Start = Callable[..., OperatorProcess]

GROUP_PATH = "^/apis/fairlead.dev/v1beta1$"
MORE_LOOKS = 3
"""How many more looks an operator gets to say again what it should say once."""


@pytest.fixture
def start(proxied: Path, here: str, tmp_path: Path) -> Iterator[Start]:
    """Starts operators; their logs are shown where a test fails."""
    with ExitStack() as stack:

        def one(name: str = "operator", **settings: str) -> OperatorProcess:
            kubeconfig = Path(settings.pop("kubeconfig", str(proxied)))
            log = tmp_path / f"{name}.log"
            own = OperatorProcess(kubeconfig, here, log, IDENTITY=name, LEASE=name, **settings)
            stack.callback(lambda: print(f"--- {name}\n{own.text}"))
            stack.callback(own.end)
            return own

        yield one


def told(operator: OperatorProcess, cause: Cause) -> list[str]:
    """The lines of the log that say that a cause keeps the operator from its work."""
    lines = operator.text.splitlines()
    return [line for line in lines if f"not ready cause={cause.name} " in line]


def expect_unfit(operator: OperatorProcess, cause: Cause, *words: str) -> None:
    """Wait until an operator has told its cause, and check that it does so everywhere."""
    operator.wait_said(f"not ready cause={cause.name} ")
    status, text = operator.ask("/readyz")
    assert status == 503
    assert text.startswith(f"{cause.name}: ")
    for word in (*words, cause.remedy):
        assert word in text
    [line] = told(operator, cause)
    for word in words:
        assert word in line
    assert "remedy=" in line
    assert operator.ask("/healthz") == (200, "ok\n")
    assert operator.number(f'fairlead_operator_problem{{cause="{cause.name}"}}') == 1
    assert operator.number("fairlead_operator_ready") == 0
    assert operator.number("fairlead_operator_leader") == 0


def expect_mended(operator: OperatorProcess, cause: Cause) -> None:
    """Wait until an operator works, and check that it has told its cause once."""
    operator.wait_ready()
    operator.wait_leading()
    assert len(told(operator, cause)) == 1
    assert len(re.findall(rf"problems: over cause={cause.name} ", operator.text)) == 1
    assert operator.number(f'fairlead_operator_problem{{cause="{cause.name}"}}') == 0
    assert operator.number("fairlead_operator_ready") == 1
    assert operator.text.count("started port=") == 1
    assert "Traceback" not in operator.text


def test_an_older_server_is_told_once(start: Start, proxy: ProxyClient) -> None:
    version = {"major": "1", "minor": "30", "gitVersion": "v1.30.4"}
    older = proxy.add("answer", path="^/version$", text=json.dumps(version))
    own = start()
    proxy.wait_hit(older, MORE_LOOKS)
    expect_unfit(own, OLD_SERVER, "Kubernetes v1.30.4", "1.32 or later")
    proxy.remove(older)
    expect_mended(own, OLD_SERVER)


def test_missing_definitions_are_told_once(start: Start, proxy: ProxyClient) -> None:
    absent = proxy.add("fail", status=404, path=GROUP_PATH)
    own = start()
    proxy.wait_hit(absent, MORE_LOOKS)
    expect_unfit(own, MISSING_DEFINITIONS, "tasks.fairlead.dev", "fairlead crds apply")
    proxy.remove(absent)
    expect_mended(own, MISSING_DEFINITIONS)


def test_asked_to_end_it_need_not_be_fit_for_that(start: Start, proxy: ProxyClient) -> None:
    with proxy.rule("fail", status=404, path=GROUP_PATH):
        own = start()
        own.wait_said("not ready cause=missing_definitions ")
        own.send(signal.SIGTERM)
        assert own.wait_ended() == 0
    assert "stopped" in own.text
    assert "Traceback" not in own.text


def test_one_missing_definition_is_named_alone(
    start: Start, proxy: ProxyClient, cluster: NativeCluster
) -> None:
    with closing(KubeApi(cluster.kubeconfig)) as api:
        served = api.get("/apis/fairlead.dev/v1beta1")
    served["resources"] = [
        one for one in served["resources"] if not one["name"].startswith("machinegroups")
    ]
    absent = proxy.add("answer", path=GROUP_PATH, text=json.dumps(served))
    own = start()
    proxy.wait_hit(absent, MORE_LOOKS)
    expect_unfit(own, MISSING_DEFINITIONS, "no definition of machinegroups.fairlead.dev in")
    proxy.remove(absent)
    expect_mended(own, MISSING_DEFINITIONS)


def test_definitions_of_an_older_fairlead_are_told_with_what_they_lack(
    start: Start, proxy: ProxyClient, cluster: NativeCluster
) -> None:
    path = "/openapi/v3/apis/fairlead.dev/v1beta1"
    with closing(KubeApi(cluster.kubeconfig)) as api:
        described = until("the definitions are described", lambda: _described(api, path))
    task = next(
        one
        for one in described["components"]["schemas"].values()
        if one.get("x-kubernetes-group-version-kind", [{}])[0].get("kind") == "Task"
    )
    del task["properties"]["status"]["properties"]["outcome"]
    older = proxy.add("answer", path=f"^{path}", text=json.dumps(described))
    own = start()
    proxy.wait_hit(older, MORE_LOOKS)
    expect_unfit(own, MISSING_DEFINITIONS, "older definitions", "Task.status.outcome")
    proxy.remove(older)
    expect_mended(own, MISSING_DEFINITIONS)


def _described(api: KubeApi, path: str) -> dict[str, dict[str, dict[str, dict[str, object]]]]:
    """What a server says of our kinds: it takes a moment after they are defined."""
    status, text = api.raw("GET", path)
    return dict(json.loads(text)) if status == 200 else {}


def test_a_server_that_fails_is_told_once_whatever_it_says(
    start: Start, proxy: ProxyClient
) -> None:
    lost = proxy.add("drop", path="^/version$", times=2)
    failing = proxy.add("fail", status=503, path="^/version$")
    own = start()
    proxy.wait_hit(lost, 2)
    proxy.wait_hit(failing, MORE_LOOKS)
    expect_unfit(own, UNREACHABLE)
    proxy.remove(failing)
    expect_mended(own, UNREACHABLE)


def test_an_authority_that_is_renewed_is_trusted(
    start: Start, proxied: Path, tmp_path: Path
) -> None:
    """That of a pod lies in a file; a process that lives on has to read it again."""
    authority = tmp_path / "ca.crt"
    config = yaml.safe_load(proxied.read_text())
    [entry] = config["clusters"]
    right = (proxied.parent / entry["cluster"]["certificate-authority"]).read_bytes()
    entry["cluster"]["certificate-authority"] = str(authority)
    authority.write_bytes(_another_authority(tmp_path))
    kubeconfig = tmp_path / "with-authority.kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(config))
    own = start(kubeconfig=str(kubeconfig))
    expect_unfit(own, UNREACHABLE, "certificate verify failed")
    authority.write_bytes(right)
    expect_mended(own, UNREACHABLE)


def _another_authority(folder: Path) -> bytes:
    """A certificate that signs itself, and nothing else."""
    key, made = folder / "another.key", folder / "another.crt"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    files = ["-keyout", str(key), "-out", str(made)]
    command = ["openssl", "req", "-x509", *kind, "-subj", "/CN=another", *files]
    subprocess.run(command, check=True, capture_output=True)
    return made.read_bytes()


def test_whoever_may_not_ask_for_rights_tries(start: Start, proxy: ProxyClient) -> None:
    with proxy.rule("fail", status=403, path="selfsubjectaccessreviews"):
        own = start()
        own.wait_ready()
        own.wait_leading()
    assert "problems:" not in own.text


# --- rights --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lack:
    """Verbs on one resource that an operator lacks in one place."""

    resource: str
    verbs: tuple[str, ...]
    words: str
    elsewhere: bool = False


LACKS = {
    "jobs-of-one-of-two-namespaces": Lack(
        "jobs", ("list",), "list jobs.fairlead.dev in namespace", elsewhere=True
    ),
    "pods": Lack("pods", ("create", "delete"), "create/delete pods in namespace"),
    "task-status": Lack("tasks/status", ("patch",), "patch tasks.fairlead.dev/status in namespace"),
    "leases": Lack(
        "leases", ("update", "patch"), "update/patch leases.coordination.k8s.io in namespace"
    ),
}


@dataclass
class Lacking:
    """An account that lacks something, and the namespaces of its operator."""

    api: KubeApi
    name: str
    lack: Lack
    here: str
    other: str

    def allow(self) -> None:
        """Give the account all but what it lacks."""
        lack = self.lack
        for namespace in (self.here, self.other):
            lacks = (namespace == self.other) == lack.elsewhere
            rules = OPERATOR_RULES if namespace == self.other else OPERATOR_RULES + ELECTION_RULES
            given = without(rules, lack.resource, lack.verbs) if lacks else rules
            allow(self.api, self.name, given, self.name, self.here, namespace)
        allow(self.api, f"{self.name}.{self.here}", SIZE_RULES, self.name, self.here, None)

    def mend(self) -> None:
        """Give it the rest."""
        rules = [*OPERATOR_RULES, *ELECTION_RULES]
        for namespace in (self.here, self.other):
            self.api.patch(f"{RBAC}/namespaces/{namespace}/roles/{self.name}", {"rules": rules})

    def remove(self) -> None:
        """Remove what is in no namespace."""
        for kind in ("clusterrolebindings", "clusterroles"):
            self.api.delete(f"{RBAC}/{kind}/{self.name}.{self.here}")


@pytest.fixture
def lacking(cluster: NativeCluster, here: str) -> Iterator[dict[str, Lacking]]:
    """An account for each lack, over two namespaces."""
    with (
        temporary(cluster, restricted=False, ready=False) as other,
        closing(KubeApi(cluster.kubeconfig)) as api,
    ):
        made = {name: Lacking(api, name, lack, here, other.name) for name, lack in LACKS.items()}
        for one in made.values():
            make_account(api, one.name, here)
            one.allow()
        yield made
        for one in made.values():
            one.remove()


def test_each_right_that_is_missing_is_named_until_it_is_given(
    start: Start,
    cluster: NativeCluster,
    lacking: dict[str, Lacking],
    here: str,
    tmp_path: Path,
    proxied: Path,
) -> None:
    operators = {}
    for name, one in lacking.items():
        token = tmp_path / f"{name}.token"
        token.write_text(token_of(cluster, name, here))
        config = kubeconfig_with(token, proxied, here, tmp_path / f"{name}.kubeconfig")
        watched = f"{here},{one.other}"
        operators[name] = start(name, kubeconfig=str(config), WATCH=watched)
    for name, one in lacking.items():
        place = one.other if one.lack.elsewhere else here
        expect_unfit(operators[name], DENIED, f"{one.lack.words} {place}")
        assert operators[name].ask("/readyz")[1].count("in namespace") == 1
    for one in lacking.values():
        one.mend()
    for own in operators.values():
        expect_mended(own, DENIED)
