"""Let a cluster work for some minutes, and keep what its dashboards show of that.

``python -m tests.integration.dashboards.record RECORDING.json``, for the pictures of the
documentation: two operators that helm has installed, of which one leads, jobs that come and go,
a few failures, and the numbers as a real Prometheus has read them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.cluster import parts, prometheus
from tests.cluster.kubeapi import until
from tests.cluster.kubectl import kubectl
from tests.cluster.progress import say
from tests.cluster.provider import choose
from tests.cluster.shell import direct
from tests.integration.dashboards.asking import Answer, View, ask, boards
from tests.integration.dashboards.work import Photos
from tests.site.setup import make_site, remove_site
from tests.site.site import Site

SECONDS = 300.0
STEP = 5.0
RATE = 20.0

CHOSEN = {"namespace": ".*", "identifier": "photos.example/Describe", "size": ".*"}
SIZES = {"gpu", "small", "medium", "large"}
OPERATORS = "fairlead.dev/component=operator"


def record(seconds: float = SECONDS) -> dict[str, object]:
    """Return what all dashboards show of so many seconds."""
    site = make_site(choose(), "photos", deployed=True, more={"operator": {"replicas": 2}})
    photos = Photos(site, "gpu")
    try:
        photos.prepare()
        with ExitStack() as stack:
            targets = {stack.enter_context(_reached(site, pod)): pod for pod in _operators(site)}
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            server = stack.enter_context(prometheus.running(folder, list(targets), interval="3s"))
            server.scraped()
            start = time.time()
            _work(photos, start + seconds)
            end = time.time()
            view = View(start, end, STEP, RATE, CHOSEN)
            found = {
                name: {
                    "start": start,
                    "end": end,
                    "step": STEP,
                    "chosen": _choice(name),
                    "panels": _own(ask(server, board, view)),
                }
                for name, board in boards().items()
            }
            return _renamed(found, targets)
    finally:
        photos.clear_away()
        remove_site(site)


def _own(panels: dict[str, list[Answer]]) -> dict[str, list[Answer]]:
    """Leave out the machine sizes of other tests: sizes belong to the whole cluster."""
    return {
        number: [
            [one for one in answer if one["labels"].get("size", "small") in SIZES]
            for answer in answers
        ]
        for number, answers in panels.items()
    }


def _operators(site: Site) -> list[str]:
    """Return the names of the operator's pods, once all are ready."""
    where = {"namespace": site.install.namespace}
    wait = ["wait", "pod", "-l", OPERATORS, "--for=condition=Ready", "--timeout=120s"]
    kubectl(site.cluster, *wait, timeout=150, **where)
    return kubectl(site.cluster, "get", "pods", "-l", OPERATORS, "-o", "name", **where).split()


@contextmanager
def _reached(site: Site, pod: str) -> Iterator[str]:
    """Let an operator's numbers be read from this machine; the value is the address."""
    where = ["--kubeconfig", site.cluster.kubeconfig, "--namespace", site.install.namespace]
    command = [parts.program("kubectl"), *where, "port-forward", pod, ":8080"]
    with subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.PIPE, text=True, env=direct()
    ) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            # Such as: Forwarding from 127.0.0.1:41234 -> 8080
            yield said.split()[2]
        finally:
            process.terminate()


def _renamed(found: dict[str, Any], targets: Mapping[str, str]) -> dict[str, object]:
    """Call the operators by their pods, as the chart's monitors do."""
    text = json.dumps(found)
    for address, pod in targets.items():
        text = text.replace(address, pod.removeprefix("pod/"))
    return dict(json.loads(text))


def _choice(name: str) -> str:
    minutes = f"{SECONDS / 60:g} minutes of a small test cluster"
    return f"{CHOSEN['identifier']}, {minutes}" if name == "fairlead-identifier" else minutes


def _work(photos: Photos, end: float) -> None:
    """Submit jobs until a time: now more than can be done at once, then fewer."""
    number = 0
    open_jobs: list[str] = []
    while time.time() < end - 20:
        number += 1
        open_jobs.append(photos.day(4 if number % 4 else 10))
        if number == 3:
            open_jobs.append(photos.long(20.0))
            photos.interrupt(open_jobs[-1])
        say(f"{end - time.time():.0f} s to go, {number} jobs")
        if len(open_jobs) > 2:
            photos.wait(open_jobs.pop(0))
        _rest(10.0 if number % 4 else 20.0, end)
    for job in open_jobs:
        photos.wait(job)


def _rest(seconds: float, end: float) -> None:
    over = min(time.time() + seconds, end)
    until("it goes on", lambda: time.time() >= over, timeout=seconds + 5)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(record()), encoding="utf-8")
    say(f"recorded in {target}")
