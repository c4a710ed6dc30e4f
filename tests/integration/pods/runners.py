"""Making the pods of runners, with something else in place of the agent."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from tests.cluster import images
from tests.cluster.kubeapi import Object, until
from tests.cluster.namespaces import Namespace

from fairlead_operator.runners.classify import Ending, Patience, Stuck, Verdict, classify
from fairlead_operator.runners.pod import build_pod
from fairlead_operator.runners.pod_order import Installed, Owner, PodOrder
from fairlead_operator.runners.pod_record import PodRecord, parse_pod
from fairlead_operator.runners.release_record import Definition, Package
from fairlead_operator.runners.releases import ChosenRelease
from fairlead_operator.runners.sizes import Size, parse_size

SLEEP = ("/opt/probe.py", "sleep")

SMALL: Object = {
    "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}}
}


def size(**spec: Any) -> Size:
    return parse_size({"metadata": {"name": "small"}, "spec": {**SMALL, **spec}})


def release(image: str | None = None, package: Package | None = None) -> ChosenRelease:
    task = Definition("acme.example/Fetch", "v1.0", "flows:Fetch")
    return ChosenRelease("flows", "v1.0", image, None, package, None, (task,), task)


@dataclass
class Runners:
    """A namespace, and the pods of runners in it."""

    namespace: Namespace

    def order(self, name: str, *, installed: Object | None = None, **more: Any) -> PodOrder:
        usual: Object = {
            "name": name,
            "namespace": self.namespace.name,
            "owner": Owner("Job", "nightly", "00000000-0000-0000-0000-000000000000"),
            "size": size(),
            "release": release(),
            "account": "default",
            "installed": Installed(**{"image": images.probe().name, **(installed or {})}),
            "job": ("nightly", "00000000-0000-0000-0000-000000000000"),
            "task": "nightly-fetch",
            "attempt": 1,
        }
        return PodOrder(**{**usual, **more})

    def pod(self, name: str, *python: str, **more: Any) -> Object:
        """The pod of a runner that runs Python with these words in place of the agent."""
        made = build_pod(self.order(name, **more))
        (container,) = made["spec"]["containers"]
        container["command"] = ["python3", *(python or SLEEP)]
        made["spec"]["terminationGracePeriodSeconds"] = 1
        # There is no job that it could belong to: it would be collected at once.
        made["metadata"].pop("ownerReferences", None)
        return made

    def make(self, name: str, *python: str, **more: Any) -> None:
        self.create(self.pod(name, *python, **more))

    def create(self, pod: Object) -> None:
        self.namespace.api.create(f"{self.namespace.core}/pods", pod)

    def record(self, name: str) -> PodRecord:
        return parse_pod(self.namespace.pod(name))

    def wait(self, name: str, what: str, test: Any, timeout: float = 90) -> PodRecord:
        """Wait until a pod's record passes a test."""

        def fitting() -> PodRecord | None:
            found = self.record(name)
            return found if test(found) else None

        return until(f"pod {name} {what}", fitting, timeout=timeout)

    def verdict(self, name: str, patience: Patience | None = None) -> Verdict:
        """Wait until there is something to be said of a pod, and return it."""
        limits = patience or Patience()

        def said() -> Ending | Stuck | None:
            return classify(self.record(name), time.time(), limits)

        found: Verdict = until(f"something to say of pod {name}", said, timeout=90)
        return found

    def ending(self, name: str, patience: Patience | None = None) -> tuple[str, str]:
        """Wait until a pod has ended, and return how, and in which words."""
        limits = patience or Patience()

        def ended() -> Ending | None:
            found = classify(self.record(name), time.time(), limits)
            return found if isinstance(found, Ending) else None

        found = until(f"pod {name} ends", ended, timeout=90)
        return found.reason, found.message

    def last(self, name: str, act: Any) -> PodRecord:
        """Do something that removes a pod, and return how the watch shows it for the last time."""
        api, path = self.namespace.api, f"{self.namespace.core}/pods"
        version = api.get(path)["metadata"]["resourceVersion"]
        act()
        for event in api.watch(path, resourceVersion=version, timeout=180):
            if event["type"] == "DELETED" and event["object"]["metadata"]["name"] == name:
                return parse_pod(event["object"], gone=True)
        raise AssertionError(f"pod {name} was not removed")
