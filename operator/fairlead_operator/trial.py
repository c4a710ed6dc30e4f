"""``python3 -m fairlead_operator.trial``: submit a small Job, wait for it, look at the metrics.

``helm test`` runs this: it goes the way of a user's job, from an object in a namespace over
pods, the object store and the fence to the numbers that Prometheus is to find.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import urllib.request
import uuid
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from fairlead.api import labels
from fairlead.api.meta import API_VERSION
from fairlead.backends.kubernetes import kinds
from fairlead.backends.kubernetes.errors import ApiError
from fairlead.backends.kubernetes.rest import Object, RestClient
from fairlead.errors import BackendError, BackendUnavailableError
from fairlead.runner.trial import MeasureText, WriteText
from fairlead_operator import chore

ATTEMPTS = 2
"""How many attempts of the Job succeed: one of each of its tasks."""

NUMBERS_SECONDS = 60.0
"""How long the numbers may take to say so."""

PAUSE = 0.5


class Numbers(NamedTuple):
    """What the operator that acts says of itself."""

    started: float
    succeeded: float


class Trial(NamedTuple):
    """What is tried, and how long its job may take.

    Attributes
    ----------
    namespace
        Where the Job runs.
    release
        The Release that has its tasks.
    length
        How many characters the first task hands to the second.
    seconds
        How long the Job may take.
    metrics
        Where the operator's numbers are; empty: they are not looked at.
    size
        The machine size to run on; empty: the usual one.
    """

    namespace: str
    release: str
    length: int
    seconds: float
    metrics: str = ""
    size: str = ""

    def run(self, rest: RestClient) -> None:
        """Run the Job and see that it is counted; the Job is deleted, however that ends.

        Raises
        ------
        FairleadError
            If anything is not as it should be; the message says what.
        """
        before = numbers(self.metrics) if self.metrics else None
        name = f"fairlead-trial-{uuid.uuid4().hex[:8]}"
        rest.create(kinds.JOBS, self.namespace, self.job(name))
        print(f"submitted job {self.namespace}/{name}", flush=True)
        try:
            self._see_it_end(rest, name)
        finally:
            # Why it failed is worth more than that it stays.
            with suppress(ApiError):
                rest.delete(kinds.JOBS, self.namespace, name)
        if before is not None:
            self._see_it_counted(before)

    def job(self, name: str) -> Object:
        """Return the Job: a task that writes a text, and one that measures it."""
        write, measure = WriteText.identifier(), MeasureText.identifier()
        spec: Object = {
            "release": self.release,
            "tasks": [
                {
                    "name": "write",
                    "identifier": write[0],
                    "version": write[1],
                    "input": {"length": self.length},
                },
                {
                    "name": "measure",
                    "identifier": measure[0],
                    "version": measure[1],
                    "input": {"text": None},
                    "inputFrom": [{"path": "/text", "task": "write"}],
                },
            ],
        }
        if self.size:
            spec["machineSize"] = self.size
        return {
            "apiVersion": API_VERSION,
            "kind": "Job",
            "metadata": {"name": name},
            "spec": spec,
        }

    def _see_it_end(self, rest: RestClient, name: str) -> None:
        deadline = time.monotonic() + self.seconds
        while True:
            job = rest.get(kinds.JOBS, self.namespace, name)
            tasks = rest.list(kinds.TASKS, self.namespace, labels=f"{labels.JOB}={name}")
            if _holds(job, "Finished"):
                break
            if time.monotonic() > deadline:
                raise BackendUnavailableError(
                    f"the job has not ended after {self.seconds:g} s: {_standing(job, tasks)}"
                )
            time.sleep(PAUSE)
        if not _holds(job, "Complete"):
            raise BackendError(f"the job has failed: {_standing(job, tasks)}")
        found = _result(tasks, "measure")
        if found != self.length:
            raise BackendError(
                f"the second task measured {found} instead of {self.length} characters"
            )
        print(f"the job is complete; {self.length} characters went from task to task", flush=True)

    def _see_it_counted(self, before: Numbers) -> None:
        deadline = time.monotonic() + NUMBERS_SECONDS
        while True:
            now = numbers(self.metrics)
            # One that was started meanwhile, or has begun to act anew, has counted from nothing.
            anew = now.started != before.started or now.succeeded < before.succeeded
            counted = now.succeeded - (0 if anew else before.succeeded)
            if counted >= ATTEMPTS:
                print(f"the operator has counted {counted:g} attempts that succeeded", flush=True)
                return
            if time.monotonic() > deadline:
                raise BackendError(
                    f"the operator's metrics have counted {counted:g} attempts that succeeded,"
                    f" not {ATTEMPTS}: another operator may have run the job, or {self.metrics}"
                    " belongs to another one"
                )
            time.sleep(PAUSE)


def numbers(address: str, patience: float = NUMBERS_SECONDS) -> Numbers:
    """Return what the operator that acts says; a Service leads to any of several.

    Raises
    ------
    BackendUnavailableError
        If none that acts answers in time.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            samples = _samples(address)
            if samples.get("fairlead_operator_leader"):
                return Numbers(
                    samples.get("process_start_time_seconds", 0.0),
                    samples.get("fairlead_attempts_total", 0.0),
                )
            problem = "it is one that stands by"
        except (OSError, ValueError) as error:
            problem = " ".join(str(error).split())
        if time.monotonic() > deadline:
            raise BackendUnavailableError(
                f"the metrics of the operator that acts are not at {address}: {problem}"
            )
        time.sleep(PAUSE)


def _samples(address: str) -> dict[str, float]:
    """Return the numbers by name, added up; of attempts only those that succeeded."""
    # Inside a cluster no proxy leads to a Service.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address, timeout=10) as answer:
        text = answer.read().decode()
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.labels.get("outcome", "Succeeded") == "Succeeded":
                found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return found


def _holds(found: Object, condition: str) -> bool:
    return any(
        one["type"] == condition and one["status"] == "True"
        for one in (found.get("status") or {}).get("conditions") or ()
    )


def _result(tasks: Sequence[Object], key: str) -> object:
    for task in tasks:
        if task["spec"]["key"] == key:
            return json.loads((task.get("status") or {}).get("result") or "null")
    return None


def _standing(job: Object, tasks: Sequence[Object]) -> str:
    """Say where the job stands, and what its tasks want, in one line."""
    status = job.get("status") or {}
    told = [f"job {status.get('state', 'not seen by any operator')}"]
    for found in (job, *tasks):
        name = found["spec"].get("key", "job")
        state = (found.get("status") or {}).get("state", "Queued")
        if found is not job:
            told.append(f"task {name} {state}")
        told += [
            f"{name}: {one.get('reason')}: {one['message']}"
            for one in (found.get("status") or {}).get("conditions") or ()
            if one.get("message")
        ]
    return "; ".join(told)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trial that the arguments ask for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python3 -m fairlead_operator.trial")
    parser.add_argument("--namespace", required=True, help="where the job runs")
    parser.add_argument("--release", required=True, help="the Release with its tasks")
    parser.add_argument("--length", type=int, default=1000, help="characters to hand over")
    parser.add_argument("--seconds", type=float, default=240, help="how long the job may take")
    parser.add_argument("--metrics", default="", help="the address of the operator's metrics")
    parser.add_argument("--size", default="", help="the machine size to run on")
    trial = Trial(**vars(parser.parse_args(arguments)))
    return chore.run(trial.run)


if __name__ == "__main__":
    sys.exit(main())
