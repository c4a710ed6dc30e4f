"""The examples run on a cluster as they are, and print what they print on a laptop.

Only the environment differs: it names the cluster, and a folder for temporary files that the
program shares with its tasks.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.cluster.shell import direct
from tests.examples.programs import OTHERS, PROGRAMS, Printed, expected, run_with
from tests.site.site import Site

CANNOT = {
    "versions": "it chooses which versions its runner has; here the published Releases do",
    "long_chain": "2,000 tasks one after the other take minutes; it runs with fewer below",
    "styles": "one of its tasks opens a session, which only an account that may make jobs does;"
    " the contract's test_a_session_inside_a_task gives it that right",
}
"""Examples whose whole output is not the same on a cluster, and why."""

SAME = sorted(PROGRAMS.keys() - CANNOT.keys())

ATTEMPTS = re.compile(r"attempt \d+")
"""Numbers of attempts: one that a runner gave back before it began is counted too."""

PLACE = re.compile(r"in (this store|the namespace [\w-]+)\. `fairlead (\w+) list` shows .*")
"""Where something is not: the one thing that errors say differently."""


def run_there(name: str, site: Site, folder: Path, *arguments: str) -> Printed:
    """Run an example on a site that has no jobs yet."""
    site.kubectl("delete", "fljob,flgroup", "--all")
    shared = site.shared / "examples"
    shared.mkdir(exist_ok=True)
    own = {"TMPDIR": str(shared), "FAIRLEAD_HOME": str(folder / "home")}
    env = direct() | site.environment | own | {"PYTHONIOENCODING": "utf-8"}
    return run_with(name, folder, env, *arguments)


def alike(lines: list[str]) -> list[str]:
    """Return lines in no order, without the name of the place and the numbers of attempts."""
    return sorted(ATTEMPTS.sub("attempt <n>", PLACE.sub(r"<place> \2", line)) for line in lines)


@pytest.mark.parametrize("name", SAME)
def test_a_program_prints_what_it_prints_on_a_laptop(name: str, site: Site, tmp_path: Path) -> None:
    printed = run_there(name, site, tmp_path)

    assert alike(printed.out) == alike(expected(name, "txt"))
    assert alike(printed.log) == alike(expected(name, "log"))


def test_a_chain_is_as_long_as_one_likes(site: Site, tmp_path: Path) -> None:
    printed = run_there("long_chain", site, tmp_path, "70")

    assert printed.out == [
        "chain of 70: 70 steps, 71 tasks, COMPLETED",
        "70 stages of 3: 211 tasks, COMPLETED",
    ]


def test_files_are_counted_that_pods_see_too(site: Site, tmp_path: Path) -> None:
    folder = site.shared / "code"
    folder.mkdir(exist_ok=True)
    (folder / "one.py").write_text("def walk(step):\n    return step + 1_000  # step by step\n")

    printed = run_there("count_identifiers", site, tmp_path, str(folder))

    assert printed.out == [
        "1 files, 3 identifiers, 2 different",
        "        2  step",
        "        1  walk",
    ]


def test_a_picture_is_rendered(site: Site, tmp_path: Path) -> None:
    printed = run_there("quadtree", site, tmp_path, "picture.png", "32")

    assert re.fullmatch(r"picture\.png: 32 x 32 pixels, checksum [0-9a-f]{16}", printed.out[0])
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_every_example_is_run_or_has_a_reason_not_to() -> None:
    assert set(SAME) | CANNOT.keys() | OTHERS == PROGRAMS.keys() | OTHERS
