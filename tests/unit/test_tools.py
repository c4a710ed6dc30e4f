"""What the Makefile and continuous integration call does what they rely on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pages

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"


def run(folder: Path, *command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a tool; what the Makefile told the tools of this very run does not reach it."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTEST_AGAIN"}
    return subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=inherited | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


# --- choosing a Python -----------------------------------------------------------


def test_a_python_is_found() -> None:
    found = run(ROOT, TOOLS / "find-python")
    assert found.returncode == 0, found.stderr
    assert "python" in found.stdout


def test_a_program_that_is_no_python_is_refused_with_advice() -> None:
    refused = run(ROOT, TOOLS / "find-python", PYTHON="false")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "apt-get install python3 python3-venv" in refused.stderr


# --- running parts ---------------------------------------------------------------

MAKEFILE = """
good:
	@echo good ran
bad:
	@exit 7
"""


def test_every_part_runs_and_a_failed_one_fails_the_whole(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text(MAKEFILE)
    ran = run(tmp_path, TOOLS / "run-parts", "bad", "good")
    assert ran.returncode == 1
    assert "good ran" in ran.stdout
    summary = ran.stdout.split("== parts\n")[1].splitlines()
    assert [line.split()[:2] for line in summary] == [["bad", "FAILED"], ["good", "ok"]]
    assert run(tmp_path, TOOLS / "run-parts", "good").returncode == 0


def test_what_pytest_prints_and_returns_is_kept(tmp_path: Path) -> None:
    ran = run(tmp_path, TOOLS / "run-pytest", "bash", "-c", "echo 1 failed; exit 3")
    assert (ran.returncode, ran.stdout) == (3, "1 failed\n")
    assert (tmp_path / "build" / "pytest.txt").read_text() == "1 failed\n"
    assert (tmp_path / "build" / "pytest.status").read_text() == "3\n"


UNSTEADY = """
import pathlib
def test_that_passes_the_second_time():
    mark = pathlib.Path("ran")
    again = mark.exists()
    mark.touch()
    assert again
def test_that_passes():
    pass
"""


@pytest.mark.parametrize(("options", "status"), [("", 1), ("--last-failed", 0)])
def test_a_failed_test_is_run_once_more_and_told_of(
    tmp_path: Path, options: str, status: int
) -> None:
    (tmp_path / "test_unsteady.py").write_text(UNSTEADY)
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:xdist")
    ran = run(tmp_path, TOOLS / "run-pytest", *command, PYTEST_AGAIN=options)
    assert ran.returncode == status, ran.stdout
    assert (tmp_path / "build" / "pytest.status").read_text() == f"{status}\n"
    told = (tmp_path / "build" / "pytest.txt").read_text().partition("unsteady: ")[2]
    assert ("test_that_passes_the_second_time" in told) == (status == 0)


def test_a_run_that_was_ended_has_failed(tmp_path: Path) -> None:
    """No summary says what failed, so there is nothing to be run again."""
    (tmp_path / "test_end.py").write_text("import os\ndef test_end():\n    os._exit(1)\n")
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:xdist")
    again = "--last-failed --last-failed-no-failures none"
    ran = run(tmp_path, TOOLS / "run-pytest", *command, PYTEST_AGAIN=again)
    assert ran.returncode == 1
    assert (tmp_path / "build" / "pytest.status").read_text() == "1\n"


def test_a_test_that_fails_twice_has_failed(tmp_path: Path) -> None:
    (tmp_path / "test_bad.py").write_text("def test_bad():\n    assert False\n")
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:xdist")
    ran = run(tmp_path, TOOLS / "run-pytest", *command, PYTEST_AGAIN="--last-failed")
    assert ran.returncode == 1
    assert ran.stdout.count("1 failed") == 2


# --- continuous integration ------------------------------------------------------

PASSED = "==== 5 passed in 1.00s ===="
FAILED = "==== 1 failed, 4 passed in 1.00s ===="
SUMMARY = "==== short test summary info ===="
NOT_RUN = "not run: nobody has the machine for it"
PASSED_AGAIN = "unsteady: failed once and passed when run again"
NEXT_RUN = "==== test session starts ===="

CI_MAKEFILE = """
setup:
	@echo CI is $$CI
cluster:
	@echo the cluster is up
prometheus checkers:
	@echo $@ is there
images:
	@echo the images are built
cluster-down:
	@touch cluster-is-down
test:
	@tools/run-pytest bash -c 'printf "$(PRINTS)"; exit $(STATUS)'; status=$$?; \\
		exit $$((status ? status : $(OTHER)))
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a folder with our CI script and tools over a project that does as it is told."""
    shutil.copytree(TOOLS, tmp_path / "tools")
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    (tmp_path / "Makefile").write_text(CI_MAKEFILE)
    return tmp_path


@pytest.mark.parametrize(
    ("prints", "status", "other", "exits", "closing"),
    [
        (f"dots\\n{PASSED}\\n", "0", "0", 0, [PASSED]),
        (f"dots\\n{NOT_RUN}\\ndots\\n{PASSED}\\n", "0", "0", 0, [NOT_RUN, PASSED]),
        (
            f"{PASSED_AGAIN}\\nFAILED a\\n{NEXT_RUN}\\ndots\\n{PASSED}\\n",
            "0",
            "0",
            0,
            [PASSED_AGAIN, "FAILED a", PASSED],
        ),
        (
            f"{SUMMARY}\\nFAILED a\\n{FAILED}\\n",
            "1",
            "0",
            1,
            [SUMMARY, "FAILED a", FAILED],
        ),
        (f"{PASSED}\\n", "0", "2", 2, [PASSED]),
        (f"{FAILED}\\n", "3", "2", 3, [FAILED]),
    ],
    ids=[
        "all is well",
        "something could not be tried",
        "a test is unsteady",
        "a test failed",
        "another check failed",
        "both failed",
    ],
)
def test_ci_closes_with_the_lines_and_the_status_of_pytest(
    checkout: Path, prints: str, status: str, other: str, exits: int, closing: list[str]
) -> None:
    told = {"PRINTS": prints, "STATUS": status, "OTHER": other}
    ran = run(checkout, ".ci/run", XDG_CACHE_HOME=str(checkout / "cache"), **told)
    assert ran.returncode == exits, ran.stderr
    assert "CI is true" in ran.stdout
    report = ran.stdout.split("== .ci/run\n")[1].splitlines()
    parts = ["system", "setup", "cluster", "tools", "images", "test"]
    assert [line.split()[0] for line in report[:6]] == parts
    assert report[6:] == closing
    assert (checkout / "cluster-is-down").exists()


# --- generated pages -------------------------------------------------------------


def test_a_table_keeps_its_rows_whatever_a_cell_holds() -> None:
    assert pages.table(["a", "b"], [["x|y", "one\ntwo"]]) == (
        "| a | b |\n| --- | --- |\n| x\\|y | one two |"
    )


def test_a_docstring_becomes_markdown() -> None:
    assert pages.literal_roles(":class:`Task` has ``execute``") == "`Task` has `execute`"
