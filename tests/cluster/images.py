"""Container images: built by docker or buildah, whichever is there, and kept as archives.

A tag is made from what the image is made from, so equal sources give equal tags, and a tag
that exists never needs building again. Timestamps are set to zero for the same reason.
"""

import os
import shutil
import stat
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.cluster import parts, versions
from tests.cluster.paths import CONTAINERS, cache_root
from tests.cluster.progress import part
from tests.cluster.shell import ClusterError, run, succeeds

BASE_VARIABLE = "FAIRLEAD_BASE_IMAGE"
"""Variable that names the image with Python to build on."""


@dataclass(frozen=True)
class Image:
    """A built image: its name with its tag, and the archive that holds it."""

    name: str
    archive: Path


@dataclass(frozen=True)
class Recipe:
    """What an image is made from.

    Attributes
    ----------
    name
        Last part of the image's name.
    containerfile
        The Containerfile, which takes ``ARG BASE``.
    files
        Files and folders copied into the build's context, by their name there.
    base
        The image it builds on; none means ``scratch``.
    mark
        What stands for the content of ``files`` in the tag; empty: the content itself.
    """

    name: str
    containerfile: Path
    files: Mapping[str, Path] = field(default_factory=dict)
    base: Image | str | None = None
    mark: str = ""

    @property
    def base_name(self) -> str:
        """What ``BASE`` is set to."""
        if self.base is None:
            return "scratch"
        return self.base if isinstance(self.base, str) else self.base.name

    @property
    def image(self) -> Image:
        """Name and archive the finished image has."""
        contents, names = [self.containerfile], list(self.files)
        for source in () if self.mark else self.files.values():
            inner = sorted(_plain_files(source)) if source.is_dir() else [source]
            names += [str(path.relative_to(source)) for path in inner]
            contents += inner
        tag = parts.digest(contents, self.base_name, self.mark, *names)
        archive = cache_root() / "images" / f"{self.name}-{tag}.tar"
        return Image(f"localhost/fairlead/{self.name}:{tag}", archive)


def _plain_files(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return [path for path in found if "__pycache__" not in path.parts]


def build(recipe: Recipe) -> Image:
    """Build an image and keep it as an archive, unless that was done before."""
    image = recipe.image
    if image.archive.exists():
        return image
    image.archive.parent.mkdir(parents=True, exist_ok=True)
    with part(f"build image {recipe.name}"), tempfile.TemporaryDirectory() as folder:
        context = Path(folder)
        shutil.copy(recipe.containerfile, context / "Containerfile")
        for name, source in recipe.files.items():
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, context / name, ignore=ignored)
            else:
                shutil.copy(source, context / name)
        _let_all_read(context)
        partial = image.archive.with_name(f".{image.archive.name}.partial")
        partial.unlink(missing_ok=True)
        builder = _with_docker if docker_answers() else _with_buildah
        builder(recipe, context, partial)
        partial.rename(image.archive)
    return image


def _let_all_read(folder: Path) -> None:
    """Give files the same modes everywhere: the image is not run by who has built it."""
    for path in folder.rglob("*"):
        if not path.is_symlink():
            runnable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if runnable else 0o644)


@cache
def docker_answers() -> bool:
    """Whether a Docker engine can be reached from here."""
    return succeeds(["docker", "version", "--format", "{{.Server.Version}}"])


def _with_docker(recipe: Recipe, context: Path, archive: Path) -> None:
    name = recipe.image.name
    if isinstance(recipe.base, Image) and not succeeds(
        ["docker", "image", "inspect", recipe.base.name]
    ):
        run(["docker", "load", "--input", recipe.base.archive])
    arguments = ["--build-arg", f"BASE={recipe.base_name}", "--file", context / "Containerfile"]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "0"}
    run(["docker", "build", "--tag", name, *arguments, context], env=environment)
    run(["docker", "save", "--output", archive, name])


def _buildah(*words: str | Path) -> str:
    """Run buildah with a store of our own: nothing is left outside the cache."""
    driver = _driver()
    store = cache_root() / f"buildah-{driver}"
    where = ["--root", store / "root", "--runroot", store / "run"]
    return run(["buildah", "--storage-driver", driver, *where, *words])


@cache
def _driver() -> str:
    """How buildah keeps layers: overlays cost a quarter of the time, copies work everywhere."""
    root = cache_root()
    root.mkdir(parents=True, exist_ok=True)
    below = run(["stat", "--file-system", "--format=%T", root]).strip()
    return "overlay" if os.geteuid() == 0 and below in ("ext2/ext3", "xfs", "btrfs") else "vfs"


def _with_buildah(recipe: Recipe, context: Path, archive: Path) -> None:
    name = recipe.image.name
    if isinstance(recipe.base, Image):
        _need_in_store(recipe.base)
    arguments = ["--build-arg", f"BASE={recipe.base_name}", "--timestamp", "0"]
    _buildah("bud", "--isolation", "chroot", "--quiet", *arguments, "--tag", name, context)
    _buildah("push", "--quiet", name, _archive(archive, name))


def _archive(archive: Path, name: str = "") -> str:
    """How buildah is told of an archive.

    This kind keeps its layers uncompressed: it is unpacked on two nodes each time a cluster
    starts.
    """
    return f"docker-archive:{archive}" + (f":{name}" if name else "")


def run_in(image: Image | str, *words: str) -> str:
    """What a command prints that runs in a container made for it, as root, without a network."""
    name = image if isinstance(image, str) else image.name
    if docker_answers():
        isolated = ["--rm", "--network", "none", "--user", "0:0", "--entrypoint", words[0]]
        return run(["docker", "run", *isolated, name, *words[1:]])
    if isinstance(image, Image):
        _need_in_store(image)
    container = _buildah("from", "--quiet", name).strip()
    try:
        return _buildah("run", "--isolation", "chroot", "--user", "0:0", container, "--", *words)
    finally:
        _buildah("rm", container)


def forget(image: Image) -> None:
    """Take an image out of the builder's store; its archive stays."""
    if docker_answers():
        run(["docker", "image", "rm", image.name])
    else:
        _buildah("rmi", image.name)


def kept_as(archive: Path) -> str:
    """How buildah is told of an archive of the cache, which may be of the kind written before."""
    with tarfile.open(archive) as opened:
        older = "oci-layout" in opened.getnames()
    return f"oci-archive:{archive}" if older else _archive(archive)


def _need_in_store(image: Image) -> None:
    """Put an image that exists as an archive only back into buildah's store."""
    if image.name not in _buildah("images", "--format", "{{.Name}}:{{.Tag}}").split():
        pulled = _buildah("pull", "--quiet", kept_as(image.archive)).strip()
        _buildah("tag", pulled, image.name)


def _make_root(target: Path) -> None:
    """Write the base image's files, made by debootstrap, as one archive."""
    root = target.with_suffix("")
    include = f"--include={','.join(versions.BASE_PACKAGES)}"
    with part("debootstrap the base image"):
        run(["debootstrap", "--variant=minbase", include, versions.DEBIAN_SUITE, root])
        for name in ("usr/share/doc", "usr/share/man", "usr/share/locale", "var/lib/apt/lists"):
            shutil.rmtree(root / name, ignore_errors=True)
        for file in [*_plain_files(root / "var/cache/apt"), *_plain_files(root / "var/log")]:
            file.unlink()
        with tarfile.open(target, "w") as archive:
            archive.add(root, ".", filter=_timeless)


def _timeless(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime = 0
    return member


def _base_recipe(root: Path) -> Recipe:
    mark = parts.digest([], versions.DEBIAN_SUITE, *versions.BASE_PACKAGES)
    return Recipe("base", CONTAINERS / "base" / "Containerfile", {"rootfs.tar": root}, mark=mark)


def _of_program(name: str) -> Recipe:
    path = parts.program(name)
    containerfile = CONTAINERS / name / "Containerfile"
    return Recipe(name, containerfile, {name: path}, mark=path.parent.name)


def _test_recipe(on: Image | str) -> Recipe:
    folder = CONTAINERS / "test"
    return Recipe("test", folder / "Containerfile", {"probe.py": folder / "probe.py"}, on)


def _chosen_base() -> Image | str:
    given = os.environ.get(BASE_VARIABLE)
    if given:
        return given
    if docker_answers():
        return versions.REGISTRY_BASE
    return _base_recipe(Path("rootfs.tar")).image


def base() -> Image | str:
    """The image with Python that others build on.

    ``FAIRLEAD_BASE_IMAGE`` names one; else, with a Docker engine, it is the pinned image of
    the registry; else the one made by debootstrap.
    """
    chosen = _chosen_base()
    if isinstance(chosen, Image) and not chosen.archive.exists():
        # Not where temporary files are kept: there devices may be forbidden, or space scarce.
        cache_root().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache_root()) as folder:
            root = Path(folder) / "rootfs.tar"
            _make_root(root)
            return build(_base_recipe(root))
    return chosen


def pause() -> Image:
    """The image of every pod's first process."""
    return build(_of_program("pause"))


def coredns() -> Image:
    """The image of the DNS server."""
    return build(_of_program("coredns"))


def probe() -> Image:
    """The image that the cluster's own tests run in pods."""
    return build(_test_recipe(base()))


def ready() -> bool:
    """Whether all images of a native cluster are built."""
    recipes = (_of_program("pause"), _of_program("coredns"), _test_recipe(_chosen_base()))
    return all(recipe.image.archive.exists() for recipe in recipes)


def find(name: str) -> Image:
    """The image a person means: an archive's path, or a name in buildah's or docker's store.

    Raises
    ------
    ClusterError
        If there is none of that name.
    """
    path = Path(name)
    if path.is_file():
        return Image(name, path)
    known = {"pause": pause, "coredns": coredns, "test": probe}
    if name in known:
        return known[name]()
    archive = cache_root() / "images" / f"given-{parts.digest([], name)}.tar"
    archive.parent.mkdir(parents=True, exist_ok=True)
    archive.unlink(missing_ok=True)
    if docker_answers() and succeeds(["docker", "image", "inspect", name]):
        run(["docker", "save", "--output", archive, name])
    elif succeeds(["buildah", "--storage-driver", "vfs", "inspect", "--type", "image", name]):
        run(["buildah", "--storage-driver", "vfs", "push", name, _archive(archive, name)])
    else:
        raise ClusterError(f"no archive and no image is called {name!r}")
    return Image(name, archive)
