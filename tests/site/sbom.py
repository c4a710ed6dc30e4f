"""Bills of materials: what is in each image, as CycloneDX in JSON. ``python -m tests.site.sbom``.

They are read from the finished images, not from what was meant to get in: Debian's packages
from the notes that dpkg leaves, Python's from what pip leaves beside the modules, Go's modules
from the program itself. What a lock file pins is named with the checksum of its wheel.
Equal images have equal bills: there is no time in them, and no place.
"""

import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterator, Mapping
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from tests.cluster.images import Image
from tests.cluster.paths import PROJECT
from tests.cluster.shell import ClusterError, run
from tests.site import helm, images
from tests.site.contents import Contents, config, opened
from tests.site.wheels import checksums

FOLDER = PROJECT / "build" / "sbom"
SPACE = uuid.UUID("5a0c2f4e-6b1d-4b43-9a36-0f1d7f1f2d10")
"""What the serial numbers of bills are made from, together with their content."""

DIST_INFO = re.compile(
    r"(?:.*/)?(?:site-packages|dist-packages|dependencies)/[^/]+\.dist-info/METADATA"
)
Component = dict[str, Any]
Checksums = Mapping[tuple[str, str], str]


def bills() -> Iterator[tuple[Image, dict[str, Any]]]:
    """Build each image, and read what is in it."""
    for name, build in (("runner", images.runner), ("operator", images.operator)):
        image = build()
        yield image, of_python(image, checksums(images.packages(name)))
    yield images.store(), of_go(images.store(), helm.build("versitygw"))


def of_python(image: Image, sums: Checksums) -> dict[str, Any]:
    """The bill of an image of ours with a Python in it.

    Parameters
    ----------
    sums
        SHA-256 of wheels, by name and version of their packages.
    """
    with opened(image) as contents:
        system = _system(contents)
        found = [
            system,
            _fairlead(),
            *_python_itself(image),
            *_python_packages(contents, sums),
            *_debian_packages(contents, system["version"]),
        ]
    return _bill(image, found)


def of_go(image: Image, program: Path) -> dict[str, Any]:
    """The bill of an image that is one program of Go's."""
    found = []
    for line in run(["go", "version", "-m", program]).splitlines():
        words = line.split()
        if words[0] in ("mod", "dep"):
            found.append(_go_module(*words[1:4]))
        elif words[0] == f"{program}:":
            version = words[1].removeprefix("go")
            found.append(_component("library", "stdlib", version, f"pkg:golang/stdlib@{version}"))
    return _bill(image, found)


def write(image: Image, bill: dict[str, Any]) -> Path:
    """Write a bill beside the others; where it is."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    name = image.name.rpartition("/")[2].partition(":")[0]
    path = FOLDER / f"{name}.cdx.json"
    path.write_text(json.dumps(bill, indent=2, ensure_ascii=False) + "\n")
    return path


def _bill(image: Image, components: list[Component]) -> dict[str, Any]:
    name, _, tag = image.name.rpartition(":")
    whole = _component("container", name, tag, f"image:{name}:{tag}")
    components.sort(key=lambda one: str(one["bom-ref"]))
    refs = [one["bom-ref"] for one in components]
    bill: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": whole},
        "components": components,
        "dependencies": [{"ref": whole["bom-ref"], "dependsOn": refs}],
    }
    return bill | {"serialNumber": uuid.uuid5(SPACE, json.dumps(bill)).urn}


def _component(kind: str, name: str, version: str, ref: str, **more: Any) -> Component:
    made = {"type": kind, "bom-ref": ref, "name": name, "version": version, **more}
    return made | ({"purl": ref} if ref.startswith("pkg:") else {})


def _fairlead() -> Component:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    name, version = project["name"], project["version"]
    licences = [{"license": {"id": project["license"]}}]
    return _component("application", name, version, f"pkg:pypi/{name}@{version}", licenses=licences)


def _system(contents: Contents) -> Component:
    at = next(path for path in ("usr/lib/os-release", "etc/os-release") if path in contents.entries)
    said = dict(
        line.split("=", 1) for line in contents.read(at).decode().splitlines() if "=" in line
    )
    name, version = said["ID"].strip('"'), said.get("VERSION_ID", "").strip('"')
    return _component("operating-system", name, version, f"os:{name}:{version}")


def _python_itself(image: Image) -> Iterator[Component]:
    """A Python that is no package, as in the registry's images of it."""
    variables = dict(entry.split("=", 1) for entry in config(image)["config"]["Env"])
    version = variables.get("PYTHON_VERSION")
    if version:
        yield _component("application", "python", version, f"pkg:generic/python@{version}")


def _python_packages(contents: Contents, sums: Checksums) -> Iterator[Component]:
    by_name = {(_normal(name), version): sum_ for (name, version), sum_ in sums.items()}
    for path in sorted(contents.entries):
        if not DIST_INFO.fullmatch(path):
            continue
        said = HeaderParser().parsestr(contents.read(path).decode())
        name, version = _normal(said["Name"]), said["Version"]
        more: dict[str, Any] = {}
        if (name, version) in by_name:
            more["hashes"] = [{"alg": "SHA-256", "content": by_name[name, version]}]
        if said["License-Expression"]:
            more["licenses"] = [{"expression": said["License-Expression"]}]
        yield _component("library", name, version, f"pkg:pypi/{name}@{version}", **more)


def _normal(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _debian_packages(contents: Contents, release: str) -> Iterator[Component]:
    for paragraph in _paragraphs(contents):
        said = dict(re.findall(r"^([\w-]+): (.*)$", paragraph, re.MULTILINE))
        if not said.get("Status", "").endswith(" installed"):
            continue
        name, version, architecture = said["Package"], said["Version"], said["Architecture"]
        # A plus sign has a meaning of its own in such an address.
        quoted = version.replace("+", "%2B").replace(":", "%3A")
        ref = f"pkg:deb/debian/{name}@{quoted}?arch={architecture}&distro=debian-{release}"
        yield _component("library", name, version, ref)


def _paragraphs(contents: Contents) -> Iterator[str]:
    """What dpkg says of each package, in one file or in one for each."""
    for path in sorted(contents.entries):
        if path == "var/lib/dpkg/status":
            yield from contents.read(path).decode().split("\n\n")
        elif path.startswith("var/lib/dpkg/status.d/"):
            yield contents.read(path).decode()


def _go_module(path: str, version: str, total: str = "") -> Component:
    # Go's sum is one over the sums of all files, and of no kind that is known elsewhere.
    more = {"properties": [{"name": "go:sum", "value": total}]} if total else {}
    return _component("library", path, version, f"pkg:golang/{path}@{version}", **more)


if __name__ == "__main__":
    try:
        for image, bill in bills():
            print(f"{image.name} {write(image, bill)}")
    except ClusterError as problem:
        sys.exit(f"sbom: {problem}")
