"""What the operator costs while it has nothing to do: memory, CPU, and a start's time.

Run it as root on Linux with ``python tests/bench/operator_idle.py``: it starts a control plane of
its own without nodes, measures the operator as a process, first with nothing there, then
beside a job of 10,000 finished Tasks, and takes everything down again.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchlib.processes import cpu, memory
from operator_events import AT_ONCE, NAMESPACE, control_plane, in_parallel, task

from fairlead_operator.kube.client import KubeClient
from fairlead_operator.kube.config import from_kubeconfig
from fairlead_operator.kube.kinds import JOBS, TASKS, Kind


@contextmanager
def operator(kubeconfig: Path) -> Iterator[tuple[int, Path]]:
    """An operator process: its pid and its log."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        settings = {"FAIRLEAD_OPERATOR_PORT": "0", "FAIRLEAD_RUNNER_IMAGE": "none"}
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "fairlead_operator"],
                env={"KUBECONFIG": str(kubeconfig), "PATH": "/usr/bin:/bin", **settings},
                stdout=file,
                stderr=file,
            )
        try:
            yield process.pid, log
        finally:
            process.terminate()
            process.wait()


def measure(kubeconfig: Path, rest: float) -> str:
    """Start an operator, let it rest, and say what that took."""
    began = time.monotonic()
    with operator(kubeconfig) as (pid, log):
        while not ("synced" in log.read_text() and "leading" in log.read_text()):
            time.sleep(0.02)
        start, start_cpu = time.monotonic() - began, cpu(pid)
        # What follows the start, such as looking at each job once, is not rest.
        time.sleep(5)
        before, since = cpu(pid), time.monotonic()
        time.sleep(rest)
        share = (cpu(pid) - before) / (time.monotonic() - since) * 100
        now, most = memory(pid, "VmRSS"), memory(pid, "VmHWM")
        return (
            f"{now:.1f} MiB (most {most:.1f}), {share:.2f} % of a core; "
            f"all seen {start:.1f} s after the start, for {start_cpu:.2f} s of CPU"
        )


async def make_finished(client: KubeClient, tasks: int) -> None:
    """Make a job that has ended, with its Tasks."""
    namespaces = Kind("", "v1", "namespaces", "Namespace", False)
    await client.create(namespaces, None, {"metadata": {"name": NAMESPACE}})
    body = {
        "apiVersion": JOBS.api_version,
        "kind": JOBS.kind,
        "metadata": {"name": "squares"},
        "spec": {"closed": {"tasks": tasks}},
    }
    job = await client.create(JOBS, NAMESPACE, body)
    uid = job["metadata"]["uid"]
    ended = {"state": "Completed", "run": 1, "endTime": "2026-01-01T00:00:00Z"}
    await client.patch_status(JOBS, NAMESPACE, "squares", ended)

    async def make(number: int) -> None:
        made = task(number)
        made["metadata"]["labels"]["fairlead.dev/job-uid"] = made["spec"]["jobUID"] = uid
        await client.create(TASKS, NAMESPACE, made)
        name = made["metadata"]["name"]
        for state in ("Running", "Completed"):
            await client.patch_status(TASKS, NAMESPACE, name, {"state": state, "attempt": 1})

    await in_parallel(make, range(tasks))


async def fill(kubeconfig: Path, tasks: int) -> None:
    """Make the job with a client of its own."""
    async with KubeClient(from_kubeconfig(kubeconfig), most_requests=AT_ONCE) as client:
        await make_finished(client, tasks)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--rest", type=float, default=60.0, help="seconds of rest")
    given = parser.parse_args()
    with control_plane() as kubeconfig:
        print(f"nothing there: {measure(kubeconfig, given.rest)}", flush=True)
        asyncio.run(fill(kubeconfig, given.tasks))
        print(f"{given.tasks} finished Tasks: {measure(kubeconfig, given.rest)}", flush=True)


if __name__ == "__main__":
    main()
