"""Versions are said once: what Go builds agrees with the table of versions."""

import re

import pytest
from tests.cluster import parts, versions
from tests.cluster.paths import CONTAINERS, MODULES


@pytest.mark.parametrize("name", sorted(versions.GO_MODULES))
def test_go_mod_requires_the_version_of_the_table(name: str) -> None:
    module, version = versions.GO_MODULES[name]

    text = (MODULES / name / "go.mod").read_text()

    assert f"\trequire {module} {version}\n" in text or f"require {module} {version}\n" in text
    sums = (MODULES / name / "go.sum").read_text()
    assert f"{module} {version} h1:" in sums


def test_the_parts_of_kubernetes_are_of_the_same_version() -> None:
    _, minor, patch = versions.KUBERNETES.split(".")

    text = (MODULES / "kubernetes" / "go.mod").read_text()

    replaced = re.findall(r"^replace (k8s\.io/\S+) => (\S+) (\S+)$", text, re.MULTILINE)
    assert len(replaced) > 20
    assert {(old == new, version) for old, new, version in replaced} == {
        (True, f"v0.{minor}.{patch}")
    }


def test_every_folder_with_a_module_is_in_the_table() -> None:
    assert {path.parent.name for path in MODULES.glob("*/go.mod")} == set(versions.GO_MODULES)


def test_every_program_has_a_folder_of_its_version_in_the_cache() -> None:
    for program in parts.PROGRAMS.values():
        assert program.version in program.path.parent.name


@pytest.mark.parametrize("name", ["base", "coredns", "pause", "test"])
def test_every_containerfile_takes_its_base_as_an_argument(name: str) -> None:
    text = (CONTAINERS / name / "Containerfile").read_text()

    assert re.search(r"^ARG BASE", text, re.MULTILINE)
    assert "FROM ${BASE}" in text


@pytest.mark.parametrize("name", ["coredns", "pause", "test"])
def test_every_image_that_runs_does_so_as_nobody(name: str) -> None:
    text = (CONTAINERS / name / "Containerfile").read_text()

    user = re.search(r"^USER (\d+):(\d+)$", text, re.MULTILINE)
    assert user is not None
    assert "0" not in user.groups()


def test_images_of_a_registry_are_pinned_by_digest() -> None:
    for image in (versions.REGISTRY_BASE, versions.KIND_NODE):
        assert re.search(r"@sha256:[0-9a-f]{64}$", image)
