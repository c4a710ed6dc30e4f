"""What is run in each round: which program, with which workloads, of which size.

Sizes are such that a peer's round takes a few seconds, and ours is long enough for
the clock.  Kinds that share a start-up stand in one step.  ``durable`` is a fan in one
process whose peer keeps its tasks on disk, where its lightest mode does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

FAN, LARGE_FAN = 10_000, 50_000
CHAIN = 2_000
PROCESSES, LARGE_PROCESSES = 5_000, 50_000


@dataclass(frozen=True)
class Step:
    """One start of one peer's program.

    ``most_rounds`` bounds how often a step is run whose start-up alone would fill the
    time of all the others.
    """

    peer: str
    work: tuple[tuple[str, int], ...]
    most_rounds: int = 99

    @property
    def arguments(self) -> list[str]:
        return [word for kind, n in self.work for word in (kind, str(n))]


PROGRAMS = {
    "fairlead": "fairlead_.py",
    "executor": "pool.py",
    "floor": "floor.py",
    "dask": "dask_.py",
    "ray": "ray_.py",
    "parsl": "parsl_.py",
    "luigi": "luigi_.py",
    "dagster": "dagster_.py",
    "prefect": "prefect_.py",
}

ONE = (("one", 1),)

FULL = (
    Step("fairlead", (("fan", FAN),)),
    Step("executor", (("fan", FAN), ("chain", CHAIN))),
    Step("floor", (("fan", FAN), ("chain", CHAIN))),
    Step("fairlead", (("chain", CHAIN),)),
    Step("dask", (("fan", 2_000), ("chain", 500), ("processes", 2_000))),
    Step("ray", (("fan", 3_000), ("chain", 1_000))),
    Step("parsl", (("fan", 10_000), ("chain", 2_000), ("processes", 2_000))),
    Step("luigi", (("fan", 500), ("durable", 500), ("chain", 500), ("processes", 300))),
    Step("luigi", (("durable", 2_000),)),
    Step("dagster", (("fan", 500), ("durable", 200), ("chain", 200), ("processes", 4))),
    Step("prefect", (("fan", 100), ("chain", 50))),
    Step("prefect", (("processes", 20),), most_rounds=2),
    Step("fairlead", (("processes", PROCESSES),)),
    Step("executor", (("processes", PROCESSES),)),
    Step("fairlead", (("processes", LARGE_PROCESSES),)),
    Step("executor", (("processes", LARGE_PROCESSES),)),
    Step("fairlead", (("fan", LARGE_FAN),)),
    Step("fairlead", ONE),
    Step("executor", ONE),
    Step("dask", ONE),
    Step("parsl", ONE),
    Step("luigi", ONE),
    Step("dagster", ONE),
    Step("ray", ONE, most_rounds=2),
    Step("prefect", ONE, most_rounds=2),
)

QUICK = (
    Step("fairlead", (("fan", FAN),)),
    Step("executor", (("fan", FAN), ("chain", CHAIN))),
    Step("floor", (("fan", FAN), ("chain", CHAIN))),
    Step("fairlead", (("chain", CHAIN),)),
    Step("dask", (("fan", 500), ("chain", 200), ("processes", 500))),
    Step("ray", (("fan", 1_000), ("chain", 300))),
    Step("parsl", (("fan", 2_000), ("chain", 1_000), ("processes", 500))),
    Step("luigi", (("fan", 200), ("durable", 200), ("chain", 200), ("processes", 50))),
    Step("dagster", (("fan", 100), ("durable", 50), ("chain", 50), ("processes", 2))),
    Step("prefect", (("fan", 30), ("chain", 10))),
    Step("fairlead", (("processes", PROCESSES),)),
    Step("executor", (("processes", PROCESSES),)),
    Step("fairlead", ONE),
    Step("executor", ONE),
    Step("luigi", ONE),
)


def steps_of(plan: tuple[Step, ...], round_: int, peers: set[str]) -> Iterator[Step]:
    """Return one round's steps, begun at another place each time.

    A machine that slows down in the course of a round then slows every peer in turn.
    """
    chosen = [s for s in plan if s.peer in peers and round_ < s.most_rounds]
    first = round_ * 5 % len(chosen) if chosen else 0
    yield from chosen[first:]
    yield from chosen[:first]
