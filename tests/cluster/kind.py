"""A cluster in Docker containers, made by kind."""

import shutil
import tempfile
from pathlib import Path

from tests.cluster import images, parts, versions
from tests.cluster.images import Image
from tests.cluster.kubeapi import KubeApi
from tests.cluster.native.layout import DEFAULT_NAME
from tests.cluster.paths import HERE, cache_root
from tests.cluster.provider import Cluster
from tests.cluster.shell import UnsupportedError, run


class KindCluster(Cluster):
    """A cluster of kind, where a Docker engine answers."""

    provider = "kind"

    def __init__(self, name: str = DEFAULT_NAME) -> None:
        self.name = f"fairlead-{name}"

    def check(self) -> None:
        if not images.docker_answers():
            raise UnsupportedError("no Docker engine answers")
        if self._find("kind") is None and shutil.which("go") is None:
            raise UnsupportedError("there is neither kind nor Go to build it with")

    def build(self) -> None:
        if self._find("kind") is None:
            parts.PROGRAMS["kind"].build()
        if self._find("kubectl") is None:
            parts.PROGRAMS["kubectl"].build()
        images.probe()

    def up(self) -> None:
        if not self.is_up():
            config = ("--config", HERE / "kind.yaml", "--image", versions.KIND_NODE)
            self.kubeconfig.parent.mkdir(parents=True, exist_ok=True)
            self._kind("create", "cluster", *config, "--wait", "120s", *self._names())
        self.load(images.probe())

    def down(self) -> None:
        self._kind("delete", "cluster", *self._names())
        self.kubeconfig.unlink(missing_ok=True)

    def is_up(self) -> bool:
        if not self.kubeconfig.exists():
            return False
        try:
            return KubeApi(self.kubeconfig, timeout=5).raw("GET", "/readyz")[0] == 200
        except OSError:
            return False

    @property
    def kubeconfig(self) -> Path:
        return cache_root() / f"{self.name}.kubeconfig"

    @property
    def kubectl(self) -> str:
        return self._find("kubectl") or str(parts.program("kubectl"))

    def load(self, image: Image) -> None:
        self._kind("load", "image-archive", image.archive, "--name", self.name)

    def logs(self, component: str = "") -> str:
        with tempfile.TemporaryDirectory() as folder:
            self._kind("export", "logs", folder, "--name", self.name)
            files = sorted(file for file in Path(folder).rglob(f"*{component}*") if file.is_file())
            return "\n".join(
                f"== {file.name}\n{file.read_text(errors='replace')[-3000:]}" for file in files
            )

    def _names(self) -> tuple[str | Path, ...]:
        return ("--name", self.name, "--kubeconfig", self.kubeconfig)

    def _kind(self, *words: str | Path) -> str:
        return run([self._find("kind") or parts.program("kind"), *words], timeout=600)

    @staticmethod
    def _find(name: str) -> str | None:
        """A program of the machine or, if there is none, one built before."""
        built = parts.program(name)
        return shutil.which(name) or (str(built) if built.exists() else None)
