"""Measure Fairlead beside its peers: ``python tests/bench/run.py [--quick]``.

Prints tables, writes a JSON file, and never fails on a time; it fails only where
Fairlead itself could not be run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchlib.docs import write_between
from benchlib.environments import cache_folder
from benchlib.plan import FULL, PROGRAMS, QUICK
from benchlib.record import Record, describe_machine
from benchlib.report import markdown
from benchlib.rounds import measure

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "performance.md"
ROUNDS = 5


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of small sizes")
    parser.add_argument("--rounds", type=int, help=f"default {ROUNDS}, quick 1")
    parser.add_argument("--peers", nargs="+", choices=PROGRAMS, default=list(PROGRAMS))
    parser.add_argument("--json", type=Path, default=cache_folder() / "results.json")
    parser.add_argument("--from-json", type=Path, help="show a former run, measure nothing")
    parser.add_argument(
        "--write-docs", action="store_true", help=f"put the tables into {PAGE.name}"
    )
    return parser.parse_args()


def command_line(options: argparse.Namespace) -> str:
    """Return the command that measures the same again, without where it writes."""
    words = ["python tests/bench/run.py"]
    if options.quick:
        words.append("--quick")
    if options.rounds:
        words.append(f"--rounds {options.rounds}")
    if options.peers != list(PROGRAMS):
        words.append(f"--peers {' '.join(options.peers)}")
    return " ".join(words)


def measured(options: argparse.Namespace) -> Record:
    """Measure, or read what was measured before."""
    if options.from_json:
        return Record.load(options.from_json)
    record = Record(command_line(options), describe_machine(Path(tempfile.gettempdir())))
    plan = QUICK if options.quick else FULL
    rounds = options.rounds or (1 if options.quick else ROUNDS)
    try:
        measure(record, plan, set(options.peers), rounds)
    finally:  # an interrupted run keeps its rounds
        record.save(options.json)
        print(f"written to {options.json}", file=sys.stderr)
    return record


def main() -> int:
    """Measure and report; return 1 only where Fairlead could not be run."""
    options = arguments()
    record = measured(options)
    tables = markdown(record)
    print(tables)
    if options.write_docs:
        write_between(PAGE, tables)
    return int(any(name.startswith("fairlead") for name in record.failures))


if __name__ == "__main__":
    raise SystemExit(main())
