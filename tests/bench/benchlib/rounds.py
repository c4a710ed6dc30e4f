"""Carry the plan out: round after round, every peer in turn, one program at a time."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

from benchlib import launch
from benchlib.environments import Environment, environment
from benchlib.isolation import enter_own_network
from benchlib.plan import PROGRAMS, Step, steps_of
from benchlib.record import ImportTime, Record, Sample

PEERS = Path(__file__).parent.parent / "peers"
SOURCE = Path(__file__).parents[3] / "src"

TIMEOUT = 180.0
"""Seconds after which a program is ended and counted as failed."""

IMPORTS_A_ROUND = 4
"""Starts of an interpreter with each of the statements below, in each round."""

IMPORTS = {
    "bare": "pass",
    "package": "import fairlead",
    "names": "from fairlead import Client, ExecutionContext, Task",
}
"""A package that loads its parts late is cheap to import; what a program needs may not be."""


class Bench:
    """One run of the benchmarks: prepared environments, and the record that fills."""

    def __init__(self, record: Record, plan: tuple[Step, ...], peers: set[str], folder: Path):
        self.record = record
        self.plan = plan
        self.folder = folder
        self.stores = count()
        self.environments: dict[str, Environment] = {}
        self.peers = {peer for peer in sorted(peers) if self.prepare(peer)}

    def prepare(self, peer: str) -> bool:
        """Find or install the peer's environment; note it where there is none."""
        found = self.environments[peer] = environment(peer)
        if found.python is None:
            self.record.failures[peer] = found.refusal
        return found.python is not None

    def run(self, rounds: int) -> None:
        """Measure that many rounds; a program that fails is not tried again."""
        started = time.monotonic()
        for round_ in range(rounds):
            for step in steps_of(self.plan, round_, self.peers):
                self.run_step(round_, step)
            if "fairlead" in self.peers:
                self.measure_imports()
            self.record.rounds = round_ + 1
            self.record.seconds = time.monotonic() - started
            say(f"round {round_ + 1} of {rounds} ended after {self.record.seconds:.0f} s")

    def run_step(self, round_: int, step: Step) -> None:
        """Run one program and keep what it reports."""
        name = f"{step.peer} {' '.join(step.arguments)}"
        if name in self.record.failures:
            return
        done = self.launch(step.peer, [str(PEERS / PROGRAMS[step.peer]), *step.arguments])
        reports = [json.loads(line) for line in done.output.splitlines() if line[:1] == "{"]
        for report in reports:
            if report["kind"] == "one":
                report |= {"wall_s": done.wall, "cpu_s": done.cpu}
            self.record.samples.append(Sample(round=round_, **report))
        if done.code != 0 or len(reports) != len(step.work):
            self.record.failures[name] = why(done)
        say(f"  {name}: {done.wall:.1f} s" + (" FAILED" if name in self.record.failures else ""))

    def launch(self, peer: str, arguments: list[str]) -> launch.Finished:
        """Run the peer's interpreter in a home of its own, kept from round to round."""
        python = self.environments[peer].python
        assert python is not None
        home = self.folder / peer
        home.mkdir(exist_ok=True)
        extra: dict[str, str] = {}
        if peer == "fairlead":  # each run on a new store, as each peer begins with nothing
            extra = {"FAIRLEAD_HOME": str(home / f"store{next(self.stores)}")}
            extra["FAIRLEAD_MAX_TASKS"] = "100000"  # the large fan and its root exceed the default
            extra["PYTHONPATH"] = os.environ.get("PYTHONPATH") or str(SOURCE)
        env = launch.environment_for(home, python, extra)
        return launch.run([str(python), *arguments], env, home, TIMEOUT)

    def measure_imports(self) -> None:
        """Start bare interpreters and importing ones, turn by turn."""
        for _ in range(IMPORTS_A_ROUND):
            cpu = {}
            for name, statement in IMPORTS.items():
                done = self.launch("fairlead", ["-c", statement])
                if done.code != 0:
                    self.record.failures[f"fairlead: {statement}"] = why(done)
                    return
                cpu[name] = done.cpu
            self.record.imports.append(cpu)
        if not self.record.import_times:
            self.record.import_times = self.slowest_imports()

    def slowest_imports(self, most: int = 12) -> list[ImportTime]:
        """Return what the names' import adds to a bare interpreter, the slowest first."""
        bare = {row["module"] for row in self.import_times(IMPORTS["bare"])}
        rows = [r for r in self.import_times(IMPORTS["names"]) if r["module"] not in bare]
        return sorted(rows, key=lambda row: -row["cumulative_us"])[:most]

    def import_times(self, statement: str) -> list[ImportTime]:
        """Return the interpreter's own account of a statement's imports."""
        done = self.launch("fairlead", ["-X", "importtime", "-c", statement])
        rows: list[ImportTime] = []
        for line in done.errors.splitlines():
            own, _, rest = line.removeprefix("import time:").partition("|")
            total, _, module = rest.partition("|")
            if own.strip().isdigit():
                rows.append(
                    {"module": module.strip(), "own_us": int(own), "cumulative_us": int(total)}
                )
        return rows


def why(done: launch.Finished) -> str:
    """Return the line that says best why a program failed."""
    lines = [line.strip() for line in done.errors.splitlines() if line.strip()]
    return f"exit code {done.code}: {(lines or ['it said nothing'])[-1][:300]}"


def say(text: str) -> None:
    """Tell the progress where it does not mix with the table."""
    print(text, file=sys.stderr, flush=True)


def measure(record: Record, plan: tuple[Step, ...], peers: set[str], rounds: int) -> None:
    """Run the benchmarks in a folder that is gone afterwards."""
    launch.become_reaper()
    with tempfile.TemporaryDirectory(prefix="bench", ignore_cleanup_errors=True) as folder:
        bench = Bench(record, plan, peers, Path(folder))  # installs, so it needs the network
        record.machine["network"] = enter_own_network()
        bench.run(rounds)
