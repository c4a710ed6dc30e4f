"""Fairlead's images: packages that rarely change below, its own sources in a thin layer on top."""

import shutil
import tempfile
from pathlib import Path

from tests.cluster import images, parts
from tests.cluster.images import Image, Recipe
from tests.cluster.lock import locked
from tests.cluster.paths import PROJECT, cache_root
from tests.site import helm
from tests.site.wheels import dependencies

FOLDER = PROJECT / "runner-image"
VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"
KEPT = 4
"""How many archives of older sources are kept: somebody may still be loading one."""


def runner() -> Image:
    """The image that executes tasks."""
    return _build("runner", "Containerfile", {"source/fairlead": PROJECT / "src" / "fairlead"})


def operator() -> Image:
    """The image of the operator."""
    sources = {
        "source/fairlead": PROJECT / "src" / "fairlead",
        "source/fairlead_operator": PROJECT / "operator" / "fairlead_operator",
    }
    return _build("operator", "operator.Containerfile", sources)


def store() -> Image:
    """The image of the S3 server for evaluation, which is one program."""
    program = helm.build("versitygw")
    recipe = Recipe(
        "store",
        FOLDER / "store.Containerfile",
        {program.name: program},
        mark=program.parent.name,
    )
    with locked("image store", 600):
        return images.build(recipe)


def _build(name: str, containerfile: str, sources: dict[str, Path]) -> Image:
    below = _below(name)
    # A copy, for somebody may be changing the sources just now.
    with tempfile.TemporaryDirectory() as folder, locked(f"image {name}", 600):
        files = {}
        for number, (place, source) in enumerate(sources.items()):
            files[place] = Path(folder) / str(number)
            shutil.copytree(source, files[place], ignore=shutil.ignore_patterns("__pycache__"))
        recipe = Recipe(name, FOLDER / containerfile, files, below)
        fresh = not recipe.image.archive.exists()
        image = images.build(recipe)
        if fresh:
            _retire(image)
    return image


def packages(name: str) -> Path:
    """The folder of the packages that go into the image of the runner or of the operator."""
    return dependencies(name, _python(images.base()))


def _below(name: str) -> Image:
    """The image with everything but Fairlead's own sources."""
    base, found = images.base(), packages(name)
    recipe = Recipe(
        f"{name}-dependencies",
        FOLDER / "dependencies.Containerfile",
        {"dependencies": found},
        base,
        mark=found.name,
    )
    with locked(f"image {name}-dependencies", 600):
        whole = images.build(recipe)
    return _bare(whole) if name == "operator" else whole


def _bare(whole: Image) -> Image:
    """What an image needs for its Python and packages, with neither shell nor package manager."""
    files = {"bare.py": FOLDER / "bare.py"}
    recipe = Recipe("operator-bare", FOLDER / "bare.Containerfile", files, whole)
    with locked("image operator-bare", 600):
        return images.build(recipe)


def _python(base: Image | str) -> str:
    """The version of an image's Python, as ``3.13``; remembered, because asking takes seconds."""
    name = base if isinstance(base, str) else base.name
    note = cache_root() / "images" / f"python-{parts.digest([], name)}.txt"
    if not note.exists():
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(images.run_in(base, "python3", "-c", VERSION).strip())
    return note.read_text()


def _retire(image: Image) -> None:
    """Remove what nothing will be built on, and archives of sources that changed long ago."""
    images.forget(image)
    name = image.archive.name.rpartition("-")[0]
    found = sorted(image.archive.parent.glob(f"{name}-????????????.tar"), key=_changed)
    for old in found[:-KEPT]:
        old.unlink(missing_ok=True)


def _changed(file: Path) -> float:
    return file.stat().st_mtime
