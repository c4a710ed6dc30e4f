"""What holds for every file of the repository."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from fairlead.runner.pod.variables import POD_VARIABLES
from fairlead.sdk.settings import SETTINGS
from fairlead_operator.settings import SETTINGS as OPERATOR_SETTINGS

ROOT = Path(__file__).resolve().parents[2]
CODE = [ROOT / name for name in ("src", "operator", "tools", "tests", "examples")]

MODULES = sorted(path for room in CODE for path in room.rglob("*.py"))

LONGEST_MODULE = 600
"""In lines; a longer module holds more than one concept."""


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    # A file may be tracked and removed by a change that is not yet committed.
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def lines_of_text_files() -> list[tuple[str, str]]:
    """Return (``path:line``, text) for all tracked text files but the licence and the locks."""
    found = []
    for path in tracked_files():
        name = str(path.relative_to(ROOT))
        content = path.read_bytes()
        if name == "LICENSE" or name.endswith(".lock") or b"\0" in content:
            continue
        for number, line in enumerate(content.decode().splitlines(), start=1):
            found.append((f"{name}:{number}", line))
    return found


def test_the_operators_source_root_is_no_package() -> None:
    """With an ``__init__.py`` it would shadow Python's own module ``operator``."""
    assert not (ROOT / "operator" / "__init__.py").exists()


def test_no_module_is_longer_than_it_may_be() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_every_module_of_the_package_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if path.is_relative_to(ROOT / "src") or path.is_relative_to(ROOT / "operator")
        if path.read_text().strip() and ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert silent == []


# The classes of one character keep a pattern from finding itself.
FOREIGN = re.compile(
    r"/wor[k]/|\.\./share[d]|/roo[t]/|/hom[e]/(?!me/)\w|/User[s]/\w|/op[t]/wheels"
    r"|\bissu[e] \d|files\.pythonhoste[d]|index-ur[l] |extra-index-ur[l] "
)


def test_no_file_speaks_of_the_machine_it_was_written_on() -> None:
    assert [found for found in lines_of_text_files() if FOREIGN.search(found[1])] == []


@pytest.mark.parametrize(
    "line",
    ["see /wo" + "rk/main", "../sha" + "red/x.md", "cd /ro" + "ot/x", "as iss" + "ue 3 says"],
)
def test_such_a_line_would_be_found(line: str) -> None:
    assert FOREIGN.search(line)


PUBLIC_HOSTS = frozenset(
    {"keepachangelog.com", "semver.org", "www.apache.org", "www.w3.org", "localhost"}
    | {"127.0.0.1", "docs.python.org", "github.com", "peps.python.org", "www.sqlite.org"}
    | {"sqlite.org", "json-schema.org", "kubernetes.io"}
)
"""Hosts that pages may point at.  Nothing here is ever fetched."""

URL = re.compile(r"https?://([\w.-]+)")


IN_CLUSTER = re.compile(r"^[\w-]+$|.*\.svc\b")
"""Names of services, as pods of a test cluster say them."""


def test_urls_point_at_public_pages() -> None:
    foreign = [
        (place, host)
        for place, line in lines_of_text_files()
        for host in URL.findall(line)
        if host not in PUBLIC_HOSTS
        and not host.endswith((".example", "example.com", "example.org"))
        and not IN_CLUSTER.match(host)
    ]
    assert foreign == []


def test_lock_files_pin_by_hash_and_name_no_index() -> None:
    locks = sorted((ROOT / "requirements").glob("*.lock"))
    assert [lock.name for lock in locks] == [
        "base.lock",
        "checkers.lock",
        "dev.lock",
        "operator.lock",
        "runner.lock",
    ]
    for lock in locks:
        requirements = lock.read_text().replace("\\\n", " ").splitlines()
        assert requirements
        for requirement in requirements:
            assert re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", requirement)
            assert "://" not in requirement


@pytest.mark.parametrize("name", ["base", "operator", "runner"])
def test_every_lock_is_part_of_the_one_of_development(name: str) -> None:
    """What images and demos run with is what the tests run with."""
    part, dev = (
        set((ROOT / "requirements" / f"{lock}.lock").read_text().splitlines())
        for lock in (name, "dev")
    )
    assert part <= dev


def variables(path: Path) -> set[str]:
    """Return the names in a module's strings that look like variables of Fairlead's."""
    nodes = ast.walk(ast.parse(path.read_text()))
    strings = (n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return {name for string in strings for name in re.findall(r"\bFAIRLEAD_[A-Z_]+\b", string)}


def test_every_variable_that_the_code_names_is_in_the_table() -> None:
    named = {name for path in MODULES if ROOT / "src" in path.parents for name in variables(path)}
    # Messages of runners name what an operator is to be told.
    operators = {setting.variable for setting in OPERATOR_SETTINGS}
    own = {setting.name for setting in (*SETTINGS, *POD_VARIABLES)}
    assert named - operators == own - operators


def test_no_work_was_left_for_later_in_the_code() -> None:
    marks = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X]|HAC[K])\b")
    assert [found for found in lines_of_text_files() if marks.search(found[1])] == []


def test_every_setting_is_read_by_something() -> None:
    others = [path for path in MODULES if ROOT / "src" in path.parents]
    code = "\n".join(path.read_text() for path in others if path.name != "settings.py")
    accessors = [setting.name.removeprefix("FAIRLEAD_").lower() for setting in SETTINGS]
    assert [name for name in accessors if f"settings.{name}()" not in code] == []
