"""An operator that runs, and what is taken away from it: rights, its account, definitions."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.cluster.kubeapi import until
from tests.cluster.kubectl import apply_all, kubectl
from tests.cluster.proxy.client import ProxyClient
from tests.integration.bad_input.undisturbed import prepare
from tests.integration.operator_io.accounts import RBAC, kubeconfig_with, token_of
from tests.site import objects
from tests.site.site import Site

from fairlead_operator.kube.client import AGENT
from fairlead_operator.manifests.install import Install
from fairlead_operator.problems import Cause

LEASE_SECONDS = 8
"""Short, so that it is lost soon where it cannot be renewed."""

MORE_LOOKS = 2
"""How many more looks the operator gets to say again what it should say once."""

OURS = f"^{AGENT}"
"""What the operator calls itself: faults are to hit nobody else."""


@dataclass
class Unfit:
    """An installation over two namespaces, whose operator reaches the server by the fault proxy.

    Attributes
    ----------
    install
        What is installed, over both namespaces.
    other
        The namespace beside that of the site, where no jobs run.
    token
        The file from which the operator reads its token.
    """

    site: Site
    proxy: ProxyClient
    install: Install
    other: str
    token: Path
    _marked: int = 0
    _pid: int = 0

    # --- breaking and mending -----------------------------------------------------------

    def take_role(self, what: str, namespace: str) -> None:
        """Take one of its roles in a namespace from the operator."""
        name = f"{self.install.release}-{self.install.namespace}-{what}"
        self.site.api.delete(f"{RBAC}/namespaces/{namespace}/rolebindings/{name}")
        self.look_again()

    def put_roles_back(self) -> None:
        """Give the operator all that it needs."""
        apply_all(self.site.cluster, objects.access(self.install))

    def renew_token(self) -> None:
        """Let the operator read a fresh token."""
        account = self.install.operator_account
        fresh = token_of(self.site.cluster, account, self.install.namespace)
        written = self.token.with_suffix(".fresh")
        written.write_text(fresh)
        # As the kubelet does it: never is there half a token.
        written.replace(self.token)

    def look_again(self) -> None:
        """End the operator's watches: rights are asked for when they begin."""
        self.proxy.cut_watches()

    # --- looking ------------------------------------------------------------------------

    def mark(self) -> None:
        """Begin to count what the log says, from an operator that is ready."""
        self._marked = len(self._log())
        process = self.site.operator.process
        assert process is not None
        self._pid = process.pid

    def expect(self, cause: Cause, *words: str) -> None:
        """Wait until the operator has told its cause, and check that it does so everywhere."""

        def told() -> bool:
            status, text = self.ask("/readyz")
            return status == 503 and text.startswith(f"{cause.name}: ")

        until(f"it is unfit: {cause.name}", told, timeout=90)
        self.wait_looks()
        status, text = self.ask("/readyz")
        assert status == 503
        assert [word for word in (*words, cause.remedy) if word not in text] == []
        [line] = self.lines(f"not ready cause={cause.name} ")
        assert [word for word in words if word not in line] == []
        assert self.ask("/healthz") == (200, "ok\n")
        assert self.number(f'fairlead_operator_problem{{cause="{cause.name}"}}') == 1
        assert self.number("fairlead_operator_ready") == 0

    def expect_mended(self, cause: Cause) -> None:
        """Wait until the operator works again, and check that nothing else has happened."""
        until("it is ready again", lambda: self.ask("/readyz")[0] == 200, timeout=90)
        until("it leads", lambda: self.number("fairlead_operator_leader") == 1, timeout=90)
        assert len(self.lines("not ready cause=")) == 1
        assert len(self.lines(f"problems: over cause={cause.name} ")) == 1
        assert self.number(f'fairlead_operator_problem{{cause="{cause.name}"}}') == 0
        assert self.number("fairlead_operator_ready") == 1
        process = self.site.operator.process
        assert process is not None
        assert process.pid == self._pid, "it was started anew"
        assert self.lines("Traceback") == []
        self._check_said_once()

    def _check_said_once(self) -> None:
        """Check that nothing was said again and again."""
        said = [re.sub(r"^\S+ |(pause|seconds)=\S+", "", line) for line in self.lines("WARNING")]
        assert [line for line in sorted(set(said)) if said.count(line) > 2] == []

    def lines(self, text: str) -> list[str]:
        """The lines of the log since the mark that have some text."""
        return [line for line in self._log()[self._marked :].splitlines() if text in line]

    def _log(self) -> str:
        return self.site.operator.log.read_text()

    def wait_looks(self) -> None:
        """Wait until the operator has looked a few times more whether it can work."""
        before = self._looks()
        until("it has looked again", lambda: self._looks() >= before + MORE_LOOKS, timeout=90)

    def _looks(self) -> int:
        log = self.proxy.log()
        return sum(one["path"] == "/version" and AGENT in one["agent"] for one in log)

    def ask(self, path: str) -> tuple[int, str]:
        """Status and text of what the operator serves at a path."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            address = f"http://127.0.0.1:{self.site.operator.port}{path}"
            with opener.open(address, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()

    def number(self, name: str) -> float:
        """One of its numbers."""
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.ask("/metrics")[1], re.MULTILINE)
        assert found, name
        return float(found.group(1))


@contextmanager
def over_two_namespaces(site: Site, proxy: ProxyClient) -> Iterator[Unfit]:
    """Extend a site, whose operator does not run yet, by a namespace."""
    other = f"{site.namespace}-b"
    install = replace(site.install, watched=(site.namespace, other))
    apply_all(site.cluster, [*objects.namespaces(install), *objects.access(install)])
    token = site.private / "operator.token"
    made = Unfit(site, proxy, install, other, token)
    made.renew_token()
    config = site.private / "through-the-proxy.kubeconfig"
    kubeconfig_with(token, proxy.kubeconfig, install.namespace, config)
    site.operator.settings |= {
        "KUBECONFIG": str(config),
        "FAIRLEAD_OPERATOR_WATCH": ",".join(install.watched or ()),
        "FAIRLEAD_OPERATOR_LEASE_SECONDS": str(LEASE_SECONDS),
        "FAIRLEAD_OPERATOR_LOG_LEVEL": "info",
    }
    prepare(site)
    try:
        yield made
    finally:
        site.operator.stop()
        kubectl(site.cluster, "delete", "namespace", other, timeout=180)
