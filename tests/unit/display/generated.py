"""Jobs made up for the tests of the pictures: same arguments, same records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairlead.core.states import JobState, TaskState
from fairlead.sdk.backend import Failure, JobView, Progress, TaskView

BEGIN = 1_000_000.0
"""When every made-up job was created."""

COMPLETED, COMPUTED = TaskState.COMPLETED, TaskState.COMPUTED
FAILED, FAILED_OPTIONAL = TaskState.FAILED, TaskState.FAILED_OPTIONAL
QUEUED, RUNNING = TaskState.QUEUED, TaskState.RUNNING
SKIPPED, CANCELLED = TaskState.SKIPPED, TaskState.CANCELLED

NEVER_STARTED = frozenset({QUEUED, SKIPPED, CANCELLED})


class JobMaker:
    """Adds tasks one by one and hands back the records of the job."""

    def __init__(self, name: str = "job") -> None:
        self.name = name
        self.tasks: list[TaskView] = []

    def add(
        self,
        identifier: str,
        *,
        parent: TaskView | None = None,
        state: TaskState = COMPLETED,
        after: Sequence[TaskView] = (),
        at: float = 0.0,
        seconds: float = 0.002,
        **changes: Any,
    ) -> TaskView:
        """Add a task that starts ``at`` seconds into the job and takes ``seconds``."""
        started = None if state in NEVER_STARTED else BEGIN + at
        ended = None if started is None or state is RUNNING else started + seconds
        fields: dict[str, Any] = {
            "id": f"t{len(self.tasks):06}",
            "job_id": "job1",
            "parent_id": parent.id if parent else None,
            "key": None,
            "identifier": identifier,
            "version": "v0.0",
            "display": "",
            "state": state,
            "reason": None,
            "attempt": 0 if started is None else 1,
            "max_retries": 0,
            "optional": False,
            "depends_on": tuple(task.id for task in after),
            "created": BEGIN,
            "started": started,
            "ended": ended,
            "run": 1,
            "machine_size": None,
            "progress": (),
            "failure": None,
            "status_text": None,
        }
        task = TaskView(**{**fields, **changes})
        self.tasks.append(task)
        return task

    def job(self, state: JobState = JobState.COMPLETED, **changes: Any) -> JobView:
        """Return the job's own record; unfinished ones have no end."""
        final = state in (JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED)
        counts: dict[TaskState, int] = {}
        for task in self.tasks:
            counts[task.state] = counts.get(task.state, 0) + 1
        fields: dict[str, Any] = {
            "id": "job1",
            "name": self.name,
            "state": state,
            "reason": None,
            "failure": None,
            "run": 1,
            "closed": True,
            "style": "job",
            "program": None,
            "machine_group": None,
            "created": BEGIN,
            "started": BEGIN,
            "ended": BEGIN + 0.041 if final else None,
            "counts": counts,
            "lineage": None,
            "driven": not final,
        }
        return JobView(**{**fields, **changes})


Made = tuple[JobView, list[TaskView]]


def failure(type_: str = "ValueError", message: str = "no tiles for 2026-11-20") -> Failure:
    """Return a failure as an attempt records it."""
    return Failure(kind="ERROR", type=type_, message=message)


def squares() -> Made:
    """A map and a reduce: six squares and their sum."""
    made = JobMaker("squares")
    root = made.add("SumOfSquares", seconds=0.003)
    squared = [
        made.add("Square", parent=root, display=f"Square({n})", at=0.010)
        for n in (12, 345, 453, 21, 45, 98)
    ]
    made.add("Sum", parent=root, after=squared, at=0.020, seconds=0.001)
    return made.job(), made.tasks


def images() -> Made:
    """One task with five subtasks: few enough to show each."""
    made = JobMaker("images")
    root = made.add("DownloadImages", seconds=0.012)
    for n in range(5):
        made.add("Download", parent=root, display=f"image {n}.png", at=0.02, seconds=0.4 + n / 10)
    return made.job(ended=BEGIN + 1.2), made.tasks


def nightly(*, failing: bool = False) -> Made:
    """A workflow of named tasks with retries, optional parts, progress and subtasks."""
    made = JobMaker("nightly")
    fetches = [
        made.add("acme.example/Fetch", key=city, seconds=2.4 + n, at=0.1 * n, display=city)
        for n, city in enumerate(("tokyo", "paris", "london"))
    ]
    cleaned = [
        made.add("acme.example/Clean", key=f"clean_{f.key}", after=[f], at=4.0, seconds=0.8)
        for f in fetches
    ]
    enrich = made.add(
        "acme.example/Enrich",
        key="enrich",
        after=cleaned,
        at=5.0,
        seconds=240.0,
        state=FAILED if failing else COMPUTED,
        attempt=4 if failing else 2,
        max_retries=3,
        failure=failure() if failing else None,
    )
    if not failing:
        for n in range(40):
            state = COMPLETED if n < 25 else RUNNING if n < 29 else QUEUED
            steps = (Progress("rows", n, 100),) if state is RUNNING else ()
            made.add("acme.example/Tile", parent=enrich, state=state, at=9.0, progress=steps)
        made.add(
            "acme.example/Preview",
            parent=enrich,
            state=FAILED_OPTIONAL,
            at=9.0,
            optional=True,
            failure=failure("OSError", "no fonts here"),
        )
        made.add("acme.example/Thumbnail", parent=enrich, state=SKIPPED, reason="SiblingFailed")
    waiting = CANCELLED if failing else QUEUED
    report = made.add("acme.example/Report", key="report", after=[enrich], state=waiting)
    made.add("acme.example/Mail", key="mail", after=[report, enrich], state=waiting)
    if failing:
        return made.job(JobState.FAILED, failure=failure(), ended=BEGIN + 252), made.tasks
    return made.job(JobState.RUNNING), made.tasks


def fan(number: int = 5000, *, failed: int = 2, running: int = 60, queued: int = 18) -> Made:
    """One wide map in the middle of its work, some of it failed, and a waiting reduce."""
    made = JobMaker("fan")
    root = made.add("SumOfSquares", state=COMPUTED, seconds=0.8)
    mapped = []
    for n in range(number):
        state = COMPLETED
        changes: dict[str, Any] = {}
        if n < failed:
            state = FAILED
            changes = {"failure": failure(message=f"{n} has no square"), "attempt": 3}
        elif n >= number - queued:
            state = QUEUED
        elif n >= number - queued - running:
            state, changes = RUNNING, {"progress": (Progress("", 3, 10),)}
        mapped.append(
            made.add(
                "Square",
                parent=root,
                display=f"Square({n})",
                state=state,
                at=1 + n * 0.001,
                max_retries=2,
                **changes,
            )
        )
    made.add("Sum", parent=root, after=mapped, state=QUEUED)
    return made.job(JobState.RUNNING), made.tasks


def quadtree(depth: int, *, failed: Sequence[int] = ()) -> Made:
    """A recursion in four; the tasks whose numbers are given have failed."""
    made = JobMaker("quadtree")
    level = [made.add("Tile", display="Tile(0)")]
    for _ in range(depth):
        below = []
        for parent in level:
            for quarter in range(4):
                bad = len(made.tasks) in failed
                below.append(
                    made.add(
                        "Tile",
                        parent=parent,
                        display=f"{parent.display[:-1]}.{quarter})",
                        state=FAILED if bad else COMPLETED,
                        failure=failure("MemoryError", "tile too large") if bad else None,
                    )
                )
        level = below
    return made.job(JobState.FAILED if failed else JobState.COMPLETED), made.tasks


def chain(number: int, *, failed_at: int | None = None) -> Made:
    """Top-level steps, each of which waits for the one before."""
    made = JobMaker("chain")
    before: list[TaskView] = []
    for n in range(number):
        bad = n == failed_at
        late = failed_at is not None and n > failed_at
        task = made.add(
            "Step",
            display=f"Step({n})",
            after=before[-1:],
            at=n * 0.001,
            state=FAILED if bad else CANCELLED if late else COMPLETED,
            failure=failure() if bad else None,
        )
        before.append(task)
    return made.job(JobState.COMPLETED if failed_at is None else JobState.FAILED), made.tasks


def nested(depth: int, identifiers: Sequence[str] = ("Countdown",), *, fails: bool = False) -> Made:
    """A task that submits one task that submits one task and so on."""
    made = JobMaker("nested")
    parent: TaskView | None = None
    for n in range(depth):
        bad = fails and n == depth - 1
        parent = made.add(
            identifiers[n % len(identifiers)],
            parent=parent,
            display=f"{identifiers[n % len(identifiers)]}({depth - n})",
            at=n * 0.001,
            state=FAILED if bad else COMPUTED if fails else COMPLETED,
            failure=failure("RecursionError", "too deep") if bad else None,
        )
    return made.job(JobState.FAILED if fails else JobState.COMPLETED), made.tasks


def assorted(number: int, *, failed: int = 0) -> Made:
    """Top-level tasks of as many identifiers; the last ones have failed."""
    made = JobMaker("assorted")
    for n in range(number):
        bad = n >= number - failed
        made.add(
            f"Kind{n:05}",
            state=FAILED if bad else COMPLETED,
            failure=failure() if bad else None,
        )
    return made.job(JobState.FAILED if failed else JobState.COMPLETED), made.tasks


def pipeline() -> Made:
    """A graph whose arrows skip columns, lead to further bands and start inside a tree."""
    made = JobMaker("pipeline")
    extract = made.add("extract")
    schema = made.add("schema")
    load = made.add("load", after=[extract])
    check = made.add("check", after=[load, schema])
    train = made.add("train", after=[check, extract])
    evaluate = made.add("evaluate", after=[train, schema], state=RUNNING)
    publish = made.add("publish", after=[evaluate, extract], state=QUEUED)
    announce = made.add("announce", after=[publish], state=QUEUED)
    archive = made.add("archive", after=[schema, announce], state=QUEUED)
    made.add("close", after=[archive], state=QUEUED)
    epochs: list[TaskView] = []
    for n in range(3):
        epochs.append(made.add("Epoch", parent=train, display=f"Epoch({n})", after=epochs[-1:]))
    return made.job(JobState.RUNNING), made.tasks


def turns(rounds: int) -> Made:
    """Two kinds of task that wait for each other in turns."""
    made = JobMaker("turns")
    last: list[TaskView] = []
    for _ in range(rounds):
        trained = made.add("train", after=last)
        last = [made.add("evaluate", after=[trained])]
    made.add("report", after=last)
    return made.job(), made.tasks


def every_state() -> Made:
    """One task in each state, with what is told of each."""
    made = JobMaker("states")
    made.add("Done")
    above = made.add("Outstanding", state=COMPUTED)
    made.add("Busy", parent=above, state=RUNNING, status_text="reading", attempt=2, max_retries=1)
    made.add("Waiting", state=QUEUED, reason="NoCompatibleRelease")
    made.add("Broken", state=FAILED, failure=failure(), attempt=12, max_retries=1)
    made.add("Tolerated", state=FAILED_OPTIONAL, failure=failure("OSError", ""), optional=True)
    made.add("Left", state=SKIPPED, reason="SiblingFailed")
    made.add("Ended", state=CANCELLED, reason="Failing")
    return made.job(JobState.RUNNING, reason="Failing", run=2), made.tasks


def hostile() -> Made:
    """Names and messages that try to break out of a picture."""
    made = JobMaker('<script>alert("job")</script>\x1b[31m')
    root = made.add("Root & <b>Sons</b>")
    made.add("Bad", parent=root, display="<script>alert('x')</script>\x00\x1b]0;title\x07")
    made.add("Bad", parent=root, display="line one\nline two\t\u202egnp.exe")
    made.add("Wide", parent=root, display="東京のタイル" * 30)
    made.add(
        "Bad",
        parent=root,
        state=FAILED,
        failure=failure("Exc<ption>", "]]> --> & \ud800 <img src=x onerror=alert(1)>\n" * 40),
    )
    return made.job(JobState.FAILED), made.tasks
