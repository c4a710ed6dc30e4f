"""The images' bills of materials list exactly what the images themselves say they have."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cluster import checkers
from tests.cluster import images as built
from tests.cluster.fixtures import cannot
from tests.cluster.images import Image
from tests.cluster.paths import PROJECT
from tests.cluster.provider import Cluster
from tests.cluster.shell import UnsupportedError
from tests.site import sbom
from tests.site.contents import entries

Bill = dict[str, Any]
Bills = dict[str, tuple[Image, Bill]]


@pytest.fixture(scope="module")
def bills(cluster: Cluster) -> Bills:
    """The bill of each image, by the image's name."""
    return {
        image.name.rpartition("/")[2].partition(":")[0]: (image, bill)
        for image, bill in sbom.bills()
    }


def listed(bill: Bill, kind: str) -> set[tuple[str, str]]:
    """Names and versions of the components of one kind of package."""
    return {
        (one["name"], one["version"])
        for one in bill["components"]
        if one.get("purl", "").startswith(f"pkg:{kind}/")
    }


ASK_PYTHON = """
from importlib.metadata import distributions
for one in distributions():
    print(one.name, one.version)
"""


@pytest.mark.parametrize("name", ["runner", "operator"])
def test_python_s_packages_are_those_that_python_finds(bills: Bills, name: str) -> None:
    image, bill = bills[name]
    found = [line.split() for line in built.run_in(image, "python3", "-c", ASK_PYTHON).splitlines()]
    inside = {(re.sub(r"[-_.]+", "-", one).lower(), version) for one, version in found}
    [ours] = [one for one in bill["components"] if one["name"] == "fairlead"]
    assert inside
    assert listed(bill, "pypi") == inside | {("fairlead", ours["version"])}


@pytest.mark.parametrize("name", ["runner", "operator"])
def test_wheels_have_the_checksum_that_the_lock_pins(bills: Bills, name: str) -> None:
    lock = (PROJECT / "requirements" / f"{name}.lock").read_text().replace("\\\n", " ")
    pinned = {
        line.split("==")[0]: set(re.findall(r"sha256:([0-9a-f]{64})", line))
        for line in lock.splitlines()
    }
    hashed = {one["name"]: one["hashes"] for one in bills[name][1]["components"] if "hashes" in one}
    assert set(hashed) == set(pinned)
    for package, [checksum] in hashed.items():
        assert checksum["alg"] == "SHA-256"
        assert checksum["content"] in pinned[package]


def test_debian_s_packages_of_the_runner_are_those_of_dpkg(bills: Bills) -> None:
    image, bill = bills["runner"]
    asked = ["dpkg-query", "--show", "--showformat", r"${Package} ${Version}\n"]
    inside = {tuple(line.split()) for line in built.run_in(image, *asked).splitlines()}
    assert len(inside) > 50
    assert listed(bill, "deb") == inside


def test_debian_s_packages_of_the_operator_are_those_its_files_are_from(bills: Bills) -> None:
    image, bill = bills["operator"]
    files = {
        path.rpartition("/")[2]
        for path, entry in entries(image).items()
        if re.match(r"usr/(lib|bin)/", path) and entry.member.isfile()
        if not path.endswith(".pyc")
    }
    # dpkg is asked where there is one: both images are made from one base.
    whole = built.run_in(bills["runner"][0], "dpkg-query", "--search", "*")
    owners: dict[str, set[str]] = {}
    for line in whole.splitlines():
        packages, _, path = line.rpartition(": ")
        for package in packages.split(", "):
            owners.setdefault(path.rpartition("/")[2], set()).add(package.partition(":")[0])
    names = {name for name, _ in listed(bill, "deb")}
    # What no package brought in, a package's script or somebody else has written.
    known = files & owners.keys()
    assert "libc.so.6" in known
    assert [file for file in sorted(known) if not owners[file] & names] == []
    # Each that is listed has brought something.
    everything = {path.rpartition("/")[2] for path in entries(image)}
    brought = set().union(*(owners[file] for file in everything & owners.keys()))
    assert names - brought - {"ca-certificates"} == set()


def test_the_store_is_listed_with_all_modules_it_was_compiled_from(bills: Bills) -> None:
    modules = dict(listed(bills["store"][1], "golang"))
    required = (PROJECT / "tests/cluster/modules/versitygw/go.mod").read_text()
    pinned = dict(re.findall(r"^\s*(?:require )?(\S+\.\S+/\S+) (v\S+)", required, re.MULTILINE))
    assert len(modules) > 20
    for name, version in modules.items():
        assert name == "stdlib" or pinned.get(name) == version


def test_bills_are_what_cyclonedx_says_they_are(bills: Bills, tmp_path: Path) -> None:
    try:
        checkers.find("checkov")
    except UnsupportedError as reason:
        cannot(reason)
    python = checkers.environment() / "bin" / "python"
    for name, (_, bill) in bills.items():
        assert _complaint(python, tmp_path, bill) == "", name
    _, bill = bills["operator"]
    assert _complaint(python, tmp_path, {**bill, "components": [{"name": "nothing"}]})


def _complaint(python: Path, folder: Path, bill: Bill) -> str:
    """What the schema of CycloneDX has against a bill; the library comes with a checker."""
    file = folder / "bill.json"
    file.write_text(json.dumps(bill))
    program = (
        "import sys; from cyclonedx.validation.json import JsonStrictValidator as Validator;"
        "from cyclonedx.schema import SchemaVersion;"
        "found = Validator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read());"
        "print(str(found)[:200] if found else '', end='')"
    )
    done = subprocess.run(
        [python, "-c", program, file], check=True, capture_output=True, text=True, timeout=120
    )
    return done.stdout


def test_equal_images_have_equal_bills(bills: Bills) -> None:
    again = {image.name: bill for image, bill in sbom.bills()}
    for image, bill in bills.values():
        # Somebody may have changed the sources meanwhile: then it is another image.
        assert again.get(image.name, bill) == bill
        assert "timestamp" not in bill["metadata"]


def keys(value: Any) -> Iterator[str]:
    """Every name in nested objects."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


@pytest.mark.parametrize("name", ["runner", "operator", "store"])
def test_bills_say_nothing_of_where_they_were_made(bills: Bills, name: str) -> None:
    bill = bills[name][1]
    assert "url" not in set(keys(bill))
    assert str(Path.home()) not in json.dumps(bill)
