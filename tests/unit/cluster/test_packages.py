"""What is installed on a machine, and at whose cost."""

import stat
from pathlib import Path

import pytest
from tests.cluster import packages, versions
from tests.cluster.shell import ClusterError, UnsupportedError


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are looked for; empty."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def put(programs: Path, name: str, script: str) -> None:
    """Write a program."""
    file = programs / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def test_no_package_is_ever_removed_for_another(programs: Path, tmp_path: Path) -> None:
    said = tmp_path / "said"
    put(programs, "dpkg-query", "exit 1")
    put(programs, "apt-get", f'echo "$*" >>"{said}"')

    packages.install()

    update, install = said.read_text().splitlines()
    assert update.startswith("update")
    assert "--no-remove" in install.split()
    assert set(versions.DEBIAN_PACKAGES) <= set(install.split())


def test_what_apt_refuses_is_said(programs: Path) -> None:
    put(programs, "dpkg-query", "exit 1")
    put(programs, "apt-get", '[ "$1" = update ] || { echo "need to be removed" >&2; exit 100; }')

    with pytest.raises(ClusterError, match="need to be removed"):
        packages.install()


def test_without_apt_the_packages_are_named(programs: Path) -> None:
    put(programs, "dpkg-query", "exit 1")

    with pytest.raises(UnsupportedError, match=r"no apt: .*containerd"):
        packages.install()
