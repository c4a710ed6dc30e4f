"""The parts a native cluster is built from, and how each is made and recognised.

A part lives in a folder of the cache named after what it is made from, so that a change of
version or source makes a new one and leaves finished ones alone. Each file is made under
another name and renamed when whole: an interrupted build continues where it stopped.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import versions
from tests.cluster.paths import CONTAINERS, MODULES, cache_root
from tests.cluster.progress import part
from tests.cluster.shell import run

KUBERNETES_COMMANDS = (
    "kube-apiserver",
    "kubelet",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-proxy",
    "kubectl",
)


@dataclass(frozen=True)
class GoProgram:
    """One program built from a pinned Go module.

    Attributes
    ----------
    name
        Name of the file made.
    folder
        Folder with the ``go.mod``.
    package
        Import path, or ``.``, of the main package.
    version
        Version it belongs to; part of the cache folder's name.
    flags
        What the linker is told besides leaving out the symbols.
    """

    name: str
    folder: Path
    package: str
    version: str
    flags: str = ""

    @property
    def path(self) -> Path:
        """Where the finished program is."""
        sources = sorted(self.folder.glob("*.go")) + sorted(self.folder.glob("go.*"))
        mark = digest([*sources], self.flags)
        return cache_root() / f"{self.folder.name}-{self.version}-{mark}" / self.name

    def build(self) -> None:
        """Compile the program, unless that was done before."""
        if self.path.exists():
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_name(f".{self.name}.partial")
        flags = f"-s -w {self.flags}".strip()
        command = ["go", "build", "-mod=readonly", "-buildvcs=false", "-trimpath"]
        with part(f"build {self.name} {self.version}"):
            # Go finds its caches by HOME, which services may lack.
            environment = {"HOME": str(Path.home()), **os.environ, "CGO_ENABLED": "0"}
            # The machine stays usable while the compiler has every core.
            run(
                ["nice", "-n", "19", *command, "-ldflags", flags, "-o", partial, self.package],
                cwd=self.folder,
                env=environment,
            )
        partial.rename(self.path)


def digest(files: Iterable[Path], *more: str) -> str:
    """Name the content of some files, and some words, by twelve characters."""
    total = hashlib.sha256()
    for file in files:
        total.update(f"{file.name}\0{file.stat().st_size}\0".encode())
        total.update(file.read_bytes())
    for word in more:
        total.update(f"\0{word}".encode())
    return total.hexdigest()[:12]


def _kubernetes() -> dict[str, GoProgram]:
    variable = "k8s.io/component-base/version"
    major, minor, _ = versions.KUBERNETES.split(".")
    settings = {
        "gitVersion": f"v{versions.KUBERNETES}",
        "gitMajor": major,
        "gitMinor": minor,
    }
    flags = " ".join(f"-X {variable}.{key}={value}" for key, value in settings.items())
    return {
        name: GoProgram(
            name,
            MODULES / "kubernetes",
            f"k8s.io/kubernetes/cmd/{name}",
            f"v{versions.KUBERNETES}",
            flags,
        )
        for name in KUBERNETES_COMMANDS
    }


def _single(name: str, package: str) -> GoProgram:
    _, version = versions.GO_MODULES[name]
    return GoProgram(name, MODULES / name, package, version)


PROGRAMS: dict[str, GoProgram] = {
    "pause": GoProgram("pause", CONTAINERS / "pause", ".", "v1"),
    **_kubernetes(),
    "etcd": _single("etcd", "go.etcd.io/etcd/server/v3"),
    "coredns": _single("coredns", "github.com/coredns/coredns"),
    "kwok": _single("kwok", "sigs.k8s.io/kwok/cmd/kwok"),
    "kind": _single("kind", "sigs.k8s.io/kind"),
    "helm": _single("helm", "helm.sh/helm/v3/cmd/helm"),
    "kube-score": _single("kube-score", "github.com/zegl/kube-score/cmd/kube-score"),
    "versitygw": _single("versitygw", "github.com/versity/versitygw/cmd/versitygw"),
}
"""Everything that can be built, by the name of the program."""

NATIVE = ("pause", *KUBERNETES_COMMANDS, "etcd", "coredns", "kwok")
"""What the native cluster needs; the rest is built when asked for by name."""


def program(name: str) -> Path:
    """The path of a built program."""
    return PROGRAMS[name].path


def missing(names: Iterable[str] = NATIVE) -> list[str]:
    """The programs of ``names`` that are not built yet."""
    return [name for name in names if not program(name).exists()]


def prune() -> list[Path]:
    """Remove cache folders of programs that belong to other versions; the folders removed."""
    wanted = {item.path.parent for item in PROGRAMS.values()}
    names = {item.folder.name for item in PROGRAMS.values()}
    old = [
        folder
        for folder in sorted(cache_root().glob("*-v*"))
        if folder not in wanted and folder.name.split("-v")[0] in names
    ]
    for folder in old:
        shutil.rmtree(folder)
    return old
