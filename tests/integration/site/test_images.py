"""The images of runner, operator and store: what is in them, and that they start as nobody."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath

import pytest
from tests.cluster.images import Image
from tests.cluster.namespaces import Namespace, restricted_pod
from tests.cluster.provider import Cluster
from tests.cluster.shell import ClusterError
from tests.site import images
from tests.site.contents import config, entries, layers

WITH_PYTHON = {"runner": images.runner, "operator": images.operator}
BUILDS = {**WITH_PYTHON, "store": images.store}


@pytest.fixture(scope="module", params=BUILDS)
def image(cluster: Cluster, request: pytest.FixtureRequest) -> Image:
    """Each of the images."""
    return BUILDS[request.param]()


@pytest.fixture(scope="module", params=WITH_PYTHON)
def python_image(cluster: Cluster, request: pytest.FixtureRequest) -> Image:
    """Each of the images that run our own code, on the nodes."""
    built = WITH_PYTHON[request.param]()
    cluster.load(built)
    return built


# Written in two parts, so that nothing finds these very lines.
PRIVATE = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE " + rb"KEY-----\r?\n[A-Za-z0-9+/=]{40}")
KEPT_PRIVATE = re.compile(
    r"(^|/)(\.git|\.env|\.netrc|\.pypirc|pip\.conf|\.docker|\.kube|\.ssh|id_rsa|.*kubeconfig)$"
)
OURS = re.compile(r"(opt|etc|root|home)/|[^/]+$")
"""Where an image has files that are not just those of Debian's packages."""


def test_the_image_carries_no_secrets(image: Image) -> None:
    suspects = []
    for layer in layers(image):
        for member in layer:
            if KEPT_PRIVATE.search(member.name):
                suspects.append(member.name)
            elif member.isfile() and OURS.match(member.name):
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


def test_the_image_can_change_nothing_of_its_own(python_image: Image) -> None:
    """Neither code nor packages belong to the user, nor may just anybody write them."""
    open_to_all = [
        member.name
        for layer in layers(python_image)
        for member in layer
        if member.name.startswith("opt/fairlead")
        if member.uid != 0 or (member.mode & 0o022 and not member.issym())
    ]
    assert open_to_all == []


def test_no_program_gives_another_ones_rights(image: Image) -> None:
    gives = [
        name
        for name, entry in entries(image).items()
        if entry.member.isfile() and entry.member.mode & 0o6000
    ]
    assert gives == []


SHELLS = {"sh", "ash", "bash", "dash", "busybox", "zsh", "ksh", "rbash", "su", "env", "perl"}
INSTALLERS = {"apt", "apt-get", "dpkg", "pip", "pip3", "ensurepip", "rpm", "apk", "curl", "wget"}


@pytest.mark.usefixtures("cluster")
def test_the_operators_only_program_is_python() -> None:
    found = entries(images.operator())
    names = {PurePosixPath(name).name for name, entry in found.items() if not entry.member.isdir()}
    assert (SHELLS | INSTALLERS) & names == set()
    programs = [
        name
        for name, entry in found.items()
        # Modules of the standard library may be marked so too, and nothing starts them by that;
        # in etc/ are empty files, in whose place there are others when something runs.
        if entry.program and not name.endswith(".py") and ".so" not in name
        if not name.startswith("etc/")
    ]
    assert len(programs) == 1
    assert re.fullmatch(r"usr/(local/)?bin/python3\.\d+", programs[0])


@pytest.mark.usefixtures("cluster")
def test_the_store_is_one_program_and_nothing_else() -> None:
    """With no shell and no interpreter, and not even libraries, nothing else can be started."""
    [(name, entry)] = entries(images.store()).items()
    assert name == "versitygw"
    assert entry.program
    # Whoever runs it cannot change it.
    assert entry.member.uid == 0
    assert not entry.member.mode & 0o022
    assert config(images.store())["config"]["Entrypoint"] == ["/versitygw"]


@pytest.mark.usefixtures("cluster")
def test_a_runners_image_has_a_shell_for_those_who_build_on_it() -> None:
    assert {"usr/bin/sh", "usr/bin/dash"} & set(entries(images.runner()))


def test_every_module_is_compiled_for_good(python_image: Image) -> None:
    """A read-only root cannot keep what Python compiles, so that each start would do it again."""
    *_, highest = (layer.getnames() for layer in layers(python_image))
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
    # All of it: what is left out of that image must not be what some module needs.
    "operator": "import pkgutil, importlib, fairlead_operator as all;"
    "names = [one.name for one in pkgutil.walk_packages(all.__path__, 'fairlead_operator.')];"
    "assert len(names) > 50; [importlib.import_module(name) for name in names]",
}


def test_it_starts_under_the_restricted_profile(
    python_image: Image, namespace: Namespace, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.params["python_image"]
    program = f"{IMPORTS[name]}; import os, getpass; print(os.getuid(), getpass.getuser())"
    pod = restricted_pod("try", ())
    [container] = pod["spec"]["containers"]
    container.update(
        {"image": python_image.name, "command": ["python3", "-W", "error", "-c", program]}
    )
    del container["args"]
    namespace.api.create(f"{namespace.core}/pods", pod)
    ended = namespace.wait_phase("try", "Succeeded", "Failed")
    said = namespace.kubectl("logs", "try")
    assert ended["status"]["phase"] == "Succeeded", said
    assert said.split() == ["65532", "fairlead"]


def test_nobody_gets_a_shell_in_the_operator(cluster: Cluster, namespace: Namespace) -> None:
    image = images.operator()
    cluster.load(image)
    pod = restricted_pod("try", ())
    [container] = pod["spec"]["containers"]
    program = "import signal; print('begun', flush=True); signal.pause()"
    container.update({"image": image.name, "command": ["python3", "-c", program]})
    del container["args"]
    namespace.api.create(f"{namespace.core}/pods", pod)
    namespace.wait_said("try", "begun")
    assert namespace.kubectl("exec", "try", "--", "python3", "-c", "print(6 * 7)") == "42\n"
    for shell in ("sh", "/bin/sh", "bash"):
        with pytest.raises(ClusterError, match=r"not found|no such file"):
            namespace.kubectl("exec", "try", "--", shell, "-c", "echo here")
