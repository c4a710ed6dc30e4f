"""Objects made at random from the schema: the operator takes each, or says what is wrong."""

from __future__ import annotations

import random
import string
from typing import Any

import pytest
from tests.cluster.kubeapi import ApiError, Object, until
from tests.integration.bad_input.jobs import RELEASE, remove, submit, task
from tests.integration.bad_input.undisturbed import PROGRAM, mistakes
from tests.site.site import Site

NUMBER = 100
SEED = 20_260
GOOD_NAMES = ["a", "b", "c", "d", "1", "a.b-c_D"]
NAMES = ["a", "b", "c", "d", "missing", "Ä", "x" * 63, "x" * 64, "1", "a.b-c_D"]
VALUES: list[Any] = [None, 0, 1, -1, 2**63, 0.5, "", "text", "v1.0", [], ["a"], {}, {"a": {}}, True]

pytestmark = pytest.mark.timeout(900, func_only=True)


def test_random_jobs_disturb_nobody(site: Site) -> None:
    if site.get("releases", RELEASE) is None:
        site.publish(PROGRAM, RELEASE)
    chance = random.Random(SEED)
    process = site.operator.process
    taken = []

    for _ in range(NUMBER):
        body = _job(chance)
        try:
            taken.append(submit(site, *body.pop("tasks"), name="odd", **body)["metadata"]["name"])
        except ApiError as refusal:
            if refusal.status not in (400, 422):
                raise
    assert taken, "the generator makes bad objects only"
    for name in taken:
        _wait_concluded(site, name)

    good = submit(site, task("good"), name="good")["metadata"]["name"]
    # Its pod has to wait for room among those of the odd jobs.
    assert site.wait_finished(good, timeout=400)["status"]["state"] == "Completed"
    assert site.operator.process == process, "the operator has ended"
    assert mistakes(site) == []
    print(f"{len(taken)} of {NUMBER} jobs were taken, the others refused")
    for name in taken:
        remove(site, name)


def _wait_concluded(site: Site, name: str) -> None:
    """Wait until the operator has concluded something from the present specification."""

    def concluded() -> bool:
        found = site.get("jobs", name) or {"metadata": {}}
        seen = found.get("status", {}).get("observedGeneration", 0)
        return bool(seen == found["metadata"].get("generation"))

    until(f"{name} has been looked at", concluded, timeout=60)


def _job(chance: random.Random) -> Object:
    """A job with a few things that are not as they should be, or not as they usually are."""
    names = chance.sample(GOOD_NAMES, chance.choice([1, 1, 2, 3, 4]))
    tasks = [task(name) for name in names]
    spec: Object = {"tasks": tasks}
    for _ in range(chance.choice([1, 1, 2, 3, 4])):
        target, fields = chance.choice([(spec, _SPEC), *((one, _TASK) for one in tasks)])
        _spoil(chance, target, fields)
    return spec


def _spoil(chance: random.Random, target: Object, fields: dict[str, list[Any]]) -> None:
    field = chance.choice(list(fields))
    odd = chance.random()
    if odd < 0.05:
        target[_word(chance)] = chance.choice(VALUES)
    elif odd < 0.1:
        target.pop(field, None)
    else:
        target[field] = chance.choice(VALUES if odd < 0.2 else fields[field])


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(string.ascii_letters, k=6))


_TASK: dict[str, list[Any]] = {
    "name": NAMES,
    "identifier": ["bad.example/Double", "", "x" * 256, "💥", "../../etc"],
    "version": ["v1.0", "v0.0", "v1", "v99999999999999999999.0"],
    "input": [{"number": 1}, {}, {"number": None}, {"number": 10**30}],
    "dependsOn": [[], ["a"], ["b", "b"], ["missing"], ["0:5"]],
    "inputFrom": [
        [{"path": "/number", "task": "a"}],
        [{"path": "/number", "task": "b", "count": 3}],
        [{"path": "", "task": "0", "count": 50_000}],
        [{"path": "/number/0", "task": "0", "count": 4}],
        [{"path": "/~2/no", "task": "a", "kind": "Future"}],
    ],
    "machineSize": ["small", "nowhere", "A", "a" * 63],
    "retry": [{"limit": 1}, {"limit": 1, "backoffSeconds": 9, "maxBackoffSeconds": 1}, {}],
    "failurePolicy": ["Ignore", "Fail", "ignore"],
    "timeoutSeconds": [1, 60, 0],
    "queueTimeoutSeconds": [1, 60],
    "graceSeconds": [0, 1],
    "display": ["", "x" * 256, "\u0000", "‮"],
    "id": ["0" * 25, "short"],
}
_SPEC: dict[str, list[Any]] = {
    "desired": ["Running", "Suspended", "Cancelled"],
    "run": [1, 2, 7],
    "maxParallel": [{"bad.example/Double": 1}, {"": 1}, {"a": 0}],
    "priority": [-1000, 1000, 1001],
    "deadlineSeconds": [1, 60],
    "ttlSecondsAfterFinished": [3600],
    "metadata": [{"a": "b"}, {"x" * 300: "y"}],
    "machineSize": ["small", "nowhere"],
    "machineGroup": ["nobody"],
    "release": [RELEASE, "nowhere"],
    "serviceAccountName": ["default", "nobody"],
    "reuse": ["Never", "WithinJob", "AcrossJobs"],
    "reuseSeconds": [0, 3600],
    "isolation": ["Shared", "Sidecar"],
    "traceparent": ["00-not-a-trace", ""],
    "lineage": [{"job": "a", "uid": "b", "kind": "Rerun", "fromTask": "c"}],
}
