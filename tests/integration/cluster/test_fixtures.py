"""The fixtures themselves: what a failing test prints, and what happens without a cluster."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cluster.fixtures import SETTINGS, TURN
from tests.cluster.paths import PROJECT
from tests.cluster.provider import CHOICE, CONSENT, Cluster

CONFTEST = """\
pytest_plugins = ["tests.cluster.fixtures"]
"""


def run_pytest(folder: Path, test: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one test file in a process of its own."""
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_it.py").write_text(test)
    (folder / "pytest.ini").write_text("[pytest]\n")
    clean = {key: value for key, value in os.environ.items() if key != "CI"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", str(folder)],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(PROJECT), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


NEEDS_A_CLUSTER = "def test_it(cluster): pass\n"

# Nothing is going to be touched, so there is no turn to wait for.
WITHOUT = {CHOICE: "existing", CONSENT: "", TURN: "taken"}


def test_without_a_cluster_tests_are_skipped_with_the_reason(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, NEEDS_A_CLUSTER, **WITHOUT)

    assert done.returncode == 0, done.stdout
    assert "1 skipped" in done.stdout
    assert f"{CONSENT} does not name a context" in done.stdout


def test_without_a_cluster_tests_fail_where_it_counts(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, NEEDS_A_CLUSTER, CI="true", **WITHOUT)

    assert done.returncode == 1
    assert "1 error" in done.stdout
    assert "CI must have a cluster" in done.stdout


SLOW_SETUP = """\
import time, pytest
@pytest.fixture
def cluster_turn(): time.sleep(6)
def test_it(cluster_turn): time.sleep({seconds})
"""


@pytest.mark.parametrize(("seconds", "status"), [(0, 0), (60, 1)])
def test_a_time_limit_is_the_tests_and_not_that_of_waiting_for_a_turn(
    tmp_path: Path, seconds: int, status: int
) -> None:
    pytest.importorskip("pytest_timeout")

    test = SLOW_SETUP.format(seconds=seconds)
    done = run_pytest(tmp_path, test, PYTEST_ADDOPTS="--timeout 5 --timeout-method thread")

    assert done.returncode == status, done.stdout


NOT_TRIED = """\
import pytest
@pytest.mark.parametrize("number", range(2))
def test_it(not_run, number): not_run("nobody enforces it")
def test_another(): pass
"""


@pytest.mark.parametrize("options", ["-p no:xdist", "-q -n 1"])
def test_what_could_not_be_tried_is_told_once_at_the_end(tmp_path: Path, options: str) -> None:
    done = run_pytest(tmp_path, NOT_TRIED, CI="true", PYTEST_ADDOPTS=options)

    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout.splitlines()[-1]
    told = [line for line in done.stdout.splitlines() if line.startswith("not run: ")]
    assert told == ["not run: nobody enforces it"]


def test_nothing_is_said_where_everything_was_tried(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, "def test_it(not_run): pass\n")

    assert done.returncode == 0, done.stdout
    assert "not run" not in done.stdout


FAILING = """\
def test_it(namespace):
    namespace.run_pod("talker", "sleep")
    namespace.wait_said("talker", "alive")
    assert False, "on purpose"
"""


def test_a_failing_test_prints_the_events_objects_and_logs_of_its_namespace(
    cluster: Cluster, tmp_path: Path
) -> None:
    done = run_pytest(tmp_path, FAILING, **{**SETTINGS, CHOICE: cluster.provider})

    assert done.returncode == 1
    for expected in ("on purpose", " namespace test-", "Scheduled", "pod/talker", "logs talker"):
        assert expected in done.stdout
