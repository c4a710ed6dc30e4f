"""The images of runner and operator: what is in them, and that they start as nobody."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest
from tests.cluster.images import Image
from tests.cluster.namespaces import Namespace, restricted_pod
from tests.cluster.provider import Cluster
from tests.site import images

BUILDS = {"runner": images.runner, "operator": images.operator}


@pytest.fixture(scope="module", params=BUILDS)
def image(cluster: Cluster, request: pytest.FixtureRequest) -> Image:
    """Each of the images, on the nodes."""
    built = BUILDS[request.param]()
    cluster.load(built)
    return built


def config(image: Image) -> Any:
    """What the archive says of the image: its user, its environment, its history."""
    with tarfile.open(image.archive) as archive:
        [listed] = json.load(_file(archive, "manifest.json"))
        return json.load(_file(archive, listed["Config"]))


def layers(image: Image) -> Iterator[tarfile.TarFile]:
    """The layers of an image, from the lowest to the highest."""
    with tarfile.open(image.archive) as archive:
        [listed] = json.load(_file(archive, "manifest.json"))
        for name in listed["Layers"]:
            with tarfile.open(fileobj=_file(archive, name)) as layer:
                yield layer


def _file(archive: tarfile.TarFile, name: str) -> Any:
    found = archive.extractfile(name)
    assert found is not None
    return found


# Written in two parts, so that nothing finds these very lines.
PRIVATE = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE " + rb"KEY-----\r?\n[A-Za-z0-9+/=]{40}")
KEPT_PRIVATE = re.compile(
    r"(^|/)(\.git|\.env|\.netrc|\.pypirc|pip\.conf|\.docker|\.kube|\.ssh|id_rsa|.*kubeconfig)$"
)


def test_the_image_carries_no_secrets(image: Image) -> None:
    suspects = []
    for layer in layers(image):
        for member in layer:
            if KEPT_PRIVATE.search(member.name):
                suspects.append(member.name)
            elif member.isfile() and member.name.startswith(("opt/", "etc/", "root/", "home/")):
                found = layer.extractfile(member)
                if found is not None and PRIVATE.search(found.read()):
                    suspects.append(member.name)
    assert suspects == []


def test_the_image_says_nothing_of_where_it_was_built(image: Image) -> None:
    said = config(image)
    names = {entry.partition("=")[0] for entry in said["config"]["Env"]}
    ours = {"PATH", "HOME", "LANG", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
    # An image of a registry says which Python it has, and how that was had.
    assert {name for name in names - ours if not name.startswith(("PYTHON_", "GPG_"))} == set()
    assert not re.search(r"(?i)proxy|index-url|token|password", json.dumps(said.get("history")))


def test_the_image_is_for_nobody_in_particular(image: Image) -> None:
    assert config(image)["config"]["User"] == "65532:65532"


def test_the_image_can_change_nothing_of_its_own(image: Image) -> None:
    """Neither code nor packages belong to the user, nor may just anybody write them."""
    open_to_all = [
        member.name
        for layer in layers(image)
        for member in layer
        if member.name.startswith("opt/fairlead")
        if member.uid != 0 or (member.mode & 0o022 and not member.issym())
    ]
    assert open_to_all == []


def test_every_module_is_compiled_for_good(image: Image) -> None:
    """A read-only root cannot keep what Python compiles, so that each start would do it again."""
    *_, highest = (layer.getnames() for layer in layers(image))
    modules = [name for name in highest if name.endswith(".py") and "opt/fairlead" in name]
    compiled = {
        re.sub(r"__pycache__/(\w+)\.cpython-\d+\.pyc$", r"\1.py", name)
        for name in highest
        if name.endswith(".pyc")
    }
    assert modules
    assert set(modules) - compiled == set()


IMPORTS = {
    "runner": "import fairlead, fairlead.runner.pod, fairlead.releases, pydantic, obstore",
    "operator": "import fairlead_operator.app, fairlead_operator.__main__, fairlead.core",
}


def test_it_starts_under_the_restricted_profile(
    image: Image, namespace: Namespace, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.params["image"]
    program = f"{IMPORTS[name]}; import os, getpass; print(os.getuid(), getpass.getuser())"
    pod = restricted_pod("try", ())
    [container] = pod["spec"]["containers"]
    container.update({"image": image.name, "command": ["python3", "-W", "error", "-c", program]})
    del container["args"]
    namespace.api.create(f"{namespace.core}/pods", pod)
    ended = namespace.wait_phase("try", "Succeeded", "Failed")
    said = namespace.kubectl("logs", "try")
    assert ended["status"]["phase"] == "Succeeded", said
    assert said.split() == ["65532", "fairlead"]
