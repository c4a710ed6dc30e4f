"""Let a cluster work for some minutes, and keep what its dashboards show of that.

``python -m tests.integration.dashboards.record RECORDING.json``, for the pictures of the
documentation: two operators, of which one leads, jobs that come and go, a few failures, and
the numbers as a real Prometheus has read them.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster import prometheus
from tests.cluster.kubeapi import until
from tests.cluster.progress import say
from tests.cluster.provider import choose
from tests.integration.dashboards.asking import View, ask, boards
from tests.integration.dashboards.work import Photos
from tests.site.process import LocalOperator
from tests.site.setup import make_site, remove_site
from tests.site.site import Site

SECONDS = 300.0
STEP = 3.0
RATE = 15.0

CHOSEN = {"namespace": ".*", "identifier": "photos.example/Describe", "size": ".*"}


def record(seconds: float = SECONDS) -> dict[str, object]:
    """Return what all dashboards show of so many seconds."""
    site = make_site(choose(), "photos")
    photos = Photos(site, "gpu")
    try:
        site.operator.start()
        photos.prepare()
        with tempfile.TemporaryDirectory() as folder, _standby(site) as standby:
            targets = [f"127.0.0.1:{one.port}" for one in (site.operator, standby)]
            with prometheus.running(Path(folder), targets) as server:
                server.scraped()
                start = time.time()
                _work(photos, start + seconds)
                end = time.time()
                view = View(start, end, STEP, RATE, CHOSEN)
                return {
                    name: {
                        "start": start,
                        "end": end,
                        "step": STEP,
                        "chosen": _choice(name),
                        "panels": ask(server, board, view),
                    }
                    for name, board in boards().items()
                }
    finally:
        photos.clear_away()
        remove_site(site)


def _choice(name: str) -> str:
    minutes = f"{SECONDS / 60:g} minutes of a small test cluster"
    return f"{CHOSEN['identifier']}, {minutes}" if name == "fairlead-identifier" else minutes


@contextmanager
def _standby(site: Site) -> Iterator[LocalOperator]:
    """Run a second operator of the same installation."""
    with tempfile.TemporaryDirectory() as folder:
        identity = {"FAIRLEAD_OPERATOR_IDENTITY": f"second-of-{site.namespace}"}
        second = LocalOperator(site.operator.settings | identity, Path(folder))
        second.start()
        try:
            yield second
        finally:
            second.stop()


def _work(photos: Photos, end: float) -> None:
    """Submit jobs until a time: more than the machine can do at once, then fewer."""
    number, open_jobs = 0, []
    while time.time() < end:
        number += 1
        open_jobs.append(photos.day(12 if number % 4 else 24))
        if number % 3 == 2:
            interrupted = photos.long(20.0)
            photos.interrupt(interrupted)
            open_jobs.append(interrupted)
        say(f"{max(end - time.time(), 0):.0f} s to go, {number} jobs")
        oldest = open_jobs.pop(0) if len(open_jobs) > 2 else ""
        if oldest:
            photos.wait(oldest)
        _rest(8.0 if number % 4 else 25.0, end)


def _rest(seconds: float, end: float) -> None:
    over = min(time.time() + seconds, end)
    until("it goes on", lambda: time.time() >= over, timeout=seconds + 5)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(record()), encoding="utf-8")
    say(f"recorded in {target}")
