"""A cluster that is there already, used only with its owner's explicit consent."""

import os
import shutil
from pathlib import Path

import yaml
from tests.cluster.images import Image
from tests.cluster.kubeapi import KubeApi
from tests.cluster.provider import CONSENT, Cluster
from tests.cluster.shell import ClusterError, UnsupportedError


class ExistingCluster(Cluster):
    """The cluster of the current kubeconfig.

    Consent is given by naming, in ``FAIRLEAD_CLUSTER_CONTEXT``, the very context that the
    kubeconfig points at. Tests work in namespaces they make and remove; nothing else is
    changed. The nodes must carry the label ``fairlead.dev/pool``, and images must be where
    they can pull them.
    """

    provider = "existing"

    def check(self) -> None:
        consent = os.environ.get(CONSENT)
        if not consent:
            raise UnsupportedError(f"no consent: {CONSENT} does not name a context")
        file = self._file()
        if not file.is_file():
            raise UnsupportedError(f"there is no kubeconfig at {file}")
        current = yaml.safe_load(file.read_text()).get("current-context")
        if consent != current:
            raise UnsupportedError(
                f"consent is for the context {consent!r}, the current one is {current!r}"
            )

    def build(self) -> None:
        """Nothing is needed."""

    def up(self) -> None:
        if not self.is_up():
            raise ClusterError("the API server of the existing cluster does not answer")

    def down(self) -> None:
        """It is not ours to end."""

    def is_up(self) -> bool:
        try:
            return KubeApi(self.kubeconfig, timeout=5).raw("GET", "/readyz")[0] == 200
        except OSError:
            return False

    @property
    def kubeconfig(self) -> Path:
        """The user's kubeconfig.

        Its owner may turn it to another cluster at any moment, also while tests run, so
        consent is asked for each time.
        """
        self.check()
        return self._file()

    @staticmethod
    def _file() -> Path:
        given = os.environ.get("KUBECONFIG")
        return Path(given) if given else Path.home() / ".kube" / "config"

    @property
    def kubectl(self) -> str:
        found = shutil.which("kubectl")
        if found is None:
            raise UnsupportedError("an existing cluster needs a kubectl on PATH")
        return found

    def load(self, image: Image) -> None:
        raise UnsupportedError("images cannot be loaded into an existing cluster; push them")

    def logs(self, component: str = "") -> str:
        return "an existing cluster's own logs are with its owner"
