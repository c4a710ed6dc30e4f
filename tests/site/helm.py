"""helm, run as the administrator of a cluster, with Fairlead's chart."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster import parts
from tests.cluster.lock import locked
from tests.cluster.paths import PROJECT
from tests.cluster.provider import Cluster
from tests.cluster.shell import run

CHART = PROJECT / "charts" / "fairlead"
BUILD_SECONDS = 3600
TIMEOUT = 180
"""Seconds that helm waits for what it has made, on a busy machine."""

Values = Mapping[str, Any]


def build(name: str = "helm") -> Path:
    """Compile a program that tests need, unless that was done before; where it is."""
    with locked(name, BUILD_SECONDS):
        parts.PROGRAMS[name].build()
    return parts.program(name)


@dataclass(frozen=True)
class Helm:
    """One release of a chart.

    Attributes
    ----------
    cluster
        Where it is installed.
    release
        What it is called.
    namespace
        Where its operator runs.
    kubeconfig
        Who installs it; the cluster's administrator, if that is not said.
    """

    cluster: Cluster
    namespace: str
    release: str = "fairlead"
    kubeconfig: Path | None = None

    def __call__(self, *words: object, feed: str | None = None, timeout: float = 0) -> str:
        """What helm prints.

        Raises
        ------
        ClusterError
            If it fails; with what it said.
        """
        where = ["--namespace", self.namespace]
        where += ["--kubeconfig", str(self.kubeconfig or self.cluster.kubeconfig)]
        command = [build(), *words, *where]
        # helm keeps caches and plugins below the home folder, which services may lack.
        environment = {"HOME": str(Path.home()), **self.cluster.environment}
        return run(command, env=environment, feed=feed, timeout=timeout or TIMEOUT + 60)

    def install(self, values: Values, *words: object, chart: Path = CHART) -> str:
        """Install a chart, and wait until its pods are ready."""
        return self._apply("install", values, chart, words)

    def upgrade(self, values: Values, *words: object, chart: Path = CHART) -> str:
        """Upgrade to a chart or to other values, and wait until its pods are ready."""
        return self._apply("upgrade", values, chart, words)

    def rollback(self, revision: int) -> str:
        """Go back to an earlier revision, and wait until its pods are ready."""
        waiting = ["--wait", f"--timeout={TIMEOUT}s"]
        return self("rollback", self.release, str(revision), *waiting)

    def uninstall(self) -> str:
        """Take away what the release consists of."""
        waiting = ["--wait", "--ignore-not-found", f"--timeout={TIMEOUT}s"]
        return self("uninstall", self.release, *waiting)

    def test(self) -> str:
        """Run the tests that the chart brings along; what they print."""
        return self("test", self.release, timeout=360)

    def template(self, values: Values, *words: object, chart: Path = CHART) -> str:
        """The objects of a release as text, without asking the cluster."""
        return self("template", self.release, chart, "--values", "-", *words, feed=_text(values))

    def revisions(self) -> list[dict[str, Any]]:
        """What has become of the release so far, oldest first."""
        return list(json.loads(self("history", self.release, "--output", "json")))

    def _apply(self, verb: str, values: Values, chart: Path, words: tuple[object, ...]) -> str:
        waiting = ["--wait", f"--timeout={TIMEOUT}s", "--values", "-"]
        return self(verb, self.release, chart, *waiting, *words, feed=_text(values))


def _text(values: Values) -> str:
    return json.dumps(values)
