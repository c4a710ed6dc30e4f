"""The harness computes what it says: accounts, ratios, verdicts, tables."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from benchlib.audit import Audit
from benchlib.cluster import cost_ratios, document
from benchlib.docs import CLUSTER, LOCAL, Markers, write_between
from benchlib.goals import Goal, goals
from benchlib.plan import FULL, PROGRAMS, steps_of
from benchlib.record import Record, Sample
from benchlib.report import markdown
from benchlib.stats import Spread, cpu_us, ratio, samples, spread, wall_us

HERE = Path(__file__).parent

MACHINE = {
    **{"date": "2026-01-01", "commit": "abc", "cores": 2, "cpu": "C", "memory_gib": 4},
    **{"file_system": "ext4", "kernel": "6", "python": "3.11", "load_before": 0.1},
    "network": "loopback only",
}


def sample(round_: int, peer: str, wall: float, kind: str = "fan", tasks: int = 10_000) -> Sample:
    return Sample(round_, peer, kind, tasks, wall, wall / 2, "1.0", "somehow")


def record(*found: Sample) -> Record:
    return Record("the command", dict(MACHINE), rounds=2, seconds=9, samples=list(found))


def test_ratio_is_taken_inside_each_round_before_the_median() -> None:
    ours = [sample(0, "fairlead", 1), sample(1, "fairlead", 10)]  # the second round was slow
    theirs = [sample(0, "dask", 3), sample(1, "dask", 30)]
    assert ratio(theirs, ours, wall_us) == Spread(3, 3, 3, 2)


def test_rounds_without_a_partner_do_not_count() -> None:
    assert ratio([sample(1, "dask", 3)], [sample(0, "fairlead", 1)], wall_us) is None


def test_spread_is_median_least_greatest_and_count() -> None:
    assert spread([5, 1, 3]) == Spread(3, 1, 5, 3)
    assert spread([]) is None


def test_per_task_figures_are_microseconds() -> None:
    assert wall_us(sample(0, "dask", 2.0)) == pytest.approx(200)
    assert cpu_us(sample(0, "dask", 2.0)) == pytest.approx(100)


@pytest.mark.parametrize(
    ("bound", "value", "at_most", "verdict"),
    [
        (50, 50, True, "met"),
        (50, 75, True, "missed by a factor of 1.50"),
        (10, 12, False, "met"),
        (10, 5, False, "missed by a factor of 2.00"),
    ],
)
def test_verdicts(bound: float, value: float, at_most: bool, verdict: str) -> None:
    goal = Goal("g", "x", bound, Spread(value, value, value, 1), at_most)
    assert goal.verdict == verdict


def test_a_goal_without_samples_is_not_called_met() -> None:
    assert {goal.verdict for goal in goals(record())} == {"not measured"}


def test_goals_use_the_sizes_they_name() -> None:
    found = record(sample(0, "fairlead", 0.4), sample(0, "fairlead", 9, tasks=50_000))
    first = goals(found)[0]
    assert first.measured is not None
    assert first.measured.middle == pytest.approx(20)
    assert first.verdict == "met"


def test_record_survives_its_json(tmp_path: Path) -> None:
    before = record(sample(0, "fairlead", 1))
    before.failures["ray"] = "refused"
    before.save(tmp_path / "r.json")
    assert Record.load(tmp_path / "r.json") == before


def test_report_names_peers_and_failures() -> None:
    found = record(sample(0, "fairlead", 0.4), sample(0, "dask", 4, tasks=2_000))
    found.failures["ray"] = "no wheel"
    text = markdown(found)
    assert "| dask 1.0" in text
    assert "| 50.0 x [50.0 - 50.0]" in text
    assert "* `ray`: no wheel" in text


def test_every_round_runs_every_step_beginning_elsewhere() -> None:
    peers = set(PROGRAMS)
    rounds = [list(steps_of(FULL, round_, peers)) for round_ in range(2)]
    assert set(rounds[0]) == set(rounds[1]) == set(FULL)
    assert rounds[0][0] != rounds[1][0]


def test_samples_are_chosen_by_peer_kind_and_size() -> None:
    found = record(sample(0, "a", 1), sample(0, "b", 1), sample(0, "a", 1, tasks=5))
    assert len(samples(found, "a", "fan")) == 2
    assert len(samples(found, "a", "fan", 5)) == 1
    assert samples(found, "a", "chain") == []


@pytest.mark.parametrize("markers", [LOCAL, CLUSTER])
def test_docs_keep_what_is_outside_the_markers(tmp_path: Path, markers: Markers) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"above\n{markers.begin}\nold\n{markers.end}\nbelow\n")
    write_between(page, "new\n\n", markers)
    assert page.read_text() == f"above\n{markers.begin}\nnew\n{markers.end}\nbelow\n"


def test_docs_without_markers_are_refused_and_unchanged(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("only words\n")
    with pytest.raises(ValueError, match="needs the lines"):
        write_between(page, "new")
    assert page.read_text() == "only words\n"


@pytest.mark.parametrize("markers", [LOCAL, CLUSTER])
def test_the_page_has_the_markers(markers: Markers) -> None:
    text = (HERE.parents[1] / "docs" / "performance.md").read_text()
    assert text.count(markers.begin) == text.count(markers.end) == 1


def audited(name: str, namespace: str = "mine", code: int = 201) -> str:
    reference = {"name": name, "namespace": namespace}
    event = {"objectRef": reference, "responseStatus": {"code": code}}
    return json.dumps(event, separators=(",", ":")) + "\n"


def test_every_write_to_a_namespace_is_counted_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(audited("before"))
    audit = Audit(log, "mine", settle=0)
    found = [[event["objectRef"]["name"] for event in audit.events()]]
    last = audited("c")
    for text in (audited("a") + audited("x", "other") + audited("b", code=409), "", last[:9]):
        with log.open("a") as file:
            file.write(text)
        found.append([event["objectRef"]["name"] for event in audit.events()])
    with log.open("a") as file:
        file.write(last[9:])
    found.append([event["objectRef"]["name"] for event in audit.events()])
    assert found == [[], ["a"], [], [], ["c"]]


LARGE = {
    "tasks": 5000,
    "small tasks": 500,
    "small": [
        {"tasks a second": 40.0, "operator's CPU, ms a task": 2.0},
        {"tasks a second": 60.0, "operator's CPU, ms a task": 4.0},
    ],
    "large": {"tasks a second": 40.0, "operator's CPU, ms a task": 6.0},
    "bytes": {"Task": 2100},
}


def test_a_large_job_is_set_against_the_mean_of_small_ones() -> None:
    assert cost_ratios(LARGE) == {"wall time": 1.25, "operator's CPU": 2.0}


def test_the_cluster_s_tables_show_rounds_and_what_was_not_measured_leaves_no_trace() -> None:
    rounds = [
        {"operator": {"tasks a second": speed}, "bare loop": {"tasks a second": 2 * speed}}
        for speed in (30.0, 40.0, 50.0)
    ]
    scale = {
        **{"command": "c", "date": "2026-01-01", "seconds": 3.0, "tasks": 500},
        **{"machine": MACHINE, "rounds": rounds, "large": None},
    }
    alone = document(scale, None)
    assert "3 interleaved rounds of 500 tasks" in alone
    assert "| 40.0 [30.0 - 50.0]" in alone
    assert "real nodes" not in alone
    assert "large job" not in alone
    both = document({**scale, "large": LARGE}, {"load": 0.5, "rounds": {"fan": [{"pods": 7.0}]}})
    assert "2,100" in both
    assert "missed by a factor of 1.54" in both
    assert "7.00" in both


DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    while time.process_time() < 0.3:
        pass
"""

LAUNCH = """
import os, pathlib, sys
from benchlib import launch
launch.become_reaper()
done = launch.run([sys.executable, "-c", sys.argv[1]], os.environ, pathlib.Path("."), 60)
print(done.code, done.cpu)
"""


def test_a_daemon_that_outlives_its_program_is_billed_to_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LAUNCH, DAEMON],
        capture_output=True,
        text=True,
        check=True,
        cwd=HERE,
    )
    code, cpu = done.stdout.split()
    assert code == "0"
    assert float(cpu) >= 0.3


@pytest.mark.parametrize("program", ["pool.py", "floor.py", "fairlead_.py"])
def test_programs_that_need_no_installation_run(program: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(HERE / "peers" / program), "fan", "30", "chain", "20", "one", "1"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"FAIRLEAD_HOME": str(tmp_path), "HOME": str(tmp_path), "PYTHONPATH": _source()},
    )
    reports = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [(r["kind"], r["tasks"]) for r in reports] == [("fan", 30), ("chain", 20), ("one", 1)]
    assert all(r["wall_s"] > 0 for r in reports[:2])


def _source() -> str:
    return str(HERE.parents[1] / "src")


def test_a_measurement_with_missing_tasks_is_refused() -> None:
    program = """
from contextlib import contextmanager
from _measure import main
@contextmanager
def lossy():
    yield lambda n: lambda: n - 1
main("lossy", "0", {"fan": ""}, {"fan": lossy})
"""
    done = subprocess.run(
        [sys.executable, "-c", program, "fan", "5"],
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE / "peers",
    )
    assert done.returncode != 0
    assert "9 of 10 tasks ran" in done.stderr
