"""The objects that the operator's benchmark on fake nodes makes."""

from __future__ import annotations

import os
import time
from typing import Any

from tests.cluster.native.layout import POOL_LABEL

from fairlead.api import labels
from fairlead.api.names import pod_name, task_name
from fairlead.core.ids import IdSequence, job_id
from fairlead_operator.kube.kinds import JOBS, RELEASES, SIZES, TASKS, Kind
from fairlead_operator.manifests.sizes import machine_size
from fairlead_operator.observe.event import Event
from fairlead_operator.runners.pod import build_pod
from fairlead_operator.runners.pod_order import Installed, Owner, PodOrder
from fairlead_operator.runners.releases import ChosenRelease, ReleaseIndex
from fairlead_operator.runners.sizes import Size, SizeIndex

RELEASE = "nothing"
ACCOUNT = "fairlead-runner"
IMAGE = "none.example/runner"
IDENTIFIER = "bench.example/Nothing"
Object = dict[str, Any]


def release() -> Object:
    """Return a Release that is an image."""
    task = {"identifier": IDENTIFIER, "version": "v1.0", "entryPoint": "nothing:Nothing"}
    spec = {"image": IMAGE, "tasks": [task]}
    return manifest(RELEASES, {"name": RELEASE}, spec)


def size() -> Object:
    """Return the size that fits onto fake nodes."""
    tolerates = {"key": POOL_LABEL, "operator": "Exists"}
    on = {POOL_LABEL: "fake"}
    return machine_size("small", cpu="10m", memory="32Mi", node_labels=on, tolerations=[tolerates])


def manifest(kind: Kind, metadata: Object, spec: Object) -> Object:
    """Return an object."""
    return {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": metadata,
        "spec": spec,
    }


def job(name: str, tasks: int, *, is_open: bool) -> Object:
    """Return a Job of tasks that do nothing; if it is open, its author makes them."""
    spec: Object = {"release": RELEASE, "reuse": "Never"}
    if is_open:
        spec |= {"id": job_id(time.time(), os.urandom(16)), "desired": "Suspended"}
    else:
        named = {"identifier": IDENTIFIER, "version": "v1.0"}
        spec["tasks"] = [{"name": str(number), **named} for number in range(tasks)]
    return manifest(JOBS, {"name": name}, spec)


def task(owner: Object, key: str, identity: str) -> Object:
    """Return a Task at the top level of a Job."""
    name, uid = owner["metadata"]["name"], owner["metadata"]["uid"]
    marks = {
        labels.JOB: name,
        labels.JOB_UID: uid,
        labels.KEY: key,
        labels.ID: identity,
        labels.PARENT_ATTEMPT: labels.parent_attempt(uid, 0),
    }
    reference = {"apiVersion": JOBS.api_version, "kind": "Job", "name": name, "uid": uid}
    metadata = {
        "name": task_name(name, key, parent_uid=uid, run=1, attempt=0, key=key),
        "labels": marks,
        "ownerReferences": [{**reference, "blockOwnerDeletion": False}],
    }
    spec = {
        "jobName": name,
        "jobUID": uid,
        "run": 1,
        "key": key,
        "id": identity,
        "identifier": IDENTIFIER,
        "version": "v1.0",
    }
    return manifest(TASKS, metadata, spec)


def identities(owner: Object, tasks: int) -> list[str]:
    """Return the ids of a job's Tasks."""
    known = owner["spec"].get("id") or job_id(time.time(), os.urandom(16))
    return IdSequence(known, 0, time.time()).ids(0, tasks)


class Pods:
    """Makes the pods that the operator would make."""

    def __init__(self, namespace: str) -> None:
        sizes, releases = SizeIndex(), ReleaseIndex()
        sizes.observe(Event(SIZES, "ADDED", size()))
        made = release()
        made["metadata"] |= {"namespace": namespace, "uid": "bench"}
        releases.observe(Event(RELEASES, "ADDED", made))
        small, chosen = sizes.get("small"), releases.whole(RELEASE, namespace)
        assert isinstance(small, Size)
        assert isinstance(chosen, ChosenRelease)
        self._size, self._release, self._namespace = small, chosen, namespace

    def pod(self, owner: Object, made: Object) -> Object:
        """Return the pod of a Task's first attempt."""
        name, uid = owner["metadata"]["name"], owner["metadata"]["uid"]
        of, of_uid = made["metadata"]["name"], made["metadata"]["uid"]
        return build_pod(
            PodOrder(
                name=pod_name(of, creator_uid=of_uid, attempt=1),
                namespace=self._namespace,
                owner=Owner("Job", name, uid),
                size=self._size,
                release=self._release,
                account=ACCOUNT,
                installed=Installed(image=IMAGE),
                job=(name, uid),
                task=of,
                attempt=1,
                reuse="Never",
            )
        )
