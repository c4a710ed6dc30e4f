"""What real pods show when they end or do not start, and that it is told for what it is."""

from __future__ import annotations

import json
import time

import pytest
from tests.cluster.kubeapi import Object
from tests.integration.pods.runners import Runners, release, size

from fairlead_operator.runners.classify import Ending, Patience, Stuck, classify
from fairlead_operator.runners.pod_order import Store
from fairlead_operator.runners.pod_record import PodRecord
from fairlead_operator.runners.release_record import Package

ABSENT = "localhost/fairlead/absent:1"

EAT = "x = bytearray(1 << 30)\nfor i in range(0, len(x), 4096): x[i] = 1"


# --- pods that end ------------------------------------------------------------------

PROGRAMS = {
    "well": ("pass", "Lost", "with exit code 0"),
    "badly": ("raise SystemExit('the last words')", "Lost", "wrote last: the last words"),
    "by-signal": (
        "import os, signal; os.kill(0, signal.SIGKILL) if os.fork() == 0 else os.wait()",
        "Lost",
        "ended without a report",
    ),
    "of-hunger": (EAT, "OutOfMemory", "memory was used up"),
}


@pytest.mark.parametrize(("name", "program"), PROGRAMS.items(), ids=PROGRAMS)
def test_programs_that_end(runners: Runners, name: str, program: tuple[str, str, str]) -> None:
    code, reason, words = program
    runners.make(f"ends-{name}", "-c", code)
    found, message = runners.ending(f"ends-{name}")
    assert found == reason
    assert words in message


def test_the_container_tells_of_its_end_no_later_than_the_pod(runners: Runners) -> None:
    runners.make("early", "-c", "pass")
    runners.ending("early")
    found = runners.wait("early", "has a last phase", lambda pod: pod.phase == "Succeeded")
    assert found.ended
    assert not found.lingers


def test_a_program_that_is_not_there(runners: Runners) -> None:
    pod = runners.pod("no-program")
    pod["spec"]["containers"][0]["command"] = ["/absent"]
    runners.create(pod)
    reason, message = runners.ending("no-program")
    assert reason == "StartError"
    assert "/absent" in message
    assert not runners.record("no-program").started


def test_a_deadline_that_somebody_has_set(runners: Runners) -> None:
    pod = runners.pod("deadline")
    pod["spec"]["activeDeadlineSeconds"] = 2
    runners.create(pod)
    runners.wait("deadline", "has failed", lambda record: record.phase == "Failed")
    assert runners.ending("deadline")[0] == "DeadlineExceeded"


# --- pods that are ended --------------------------------------------------------------


def _running(runners: Runners, name: str) -> str:
    runners.make(name)
    runners.wait(name, "runs", lambda pod: pod.phase == "Running" and pod.started)
    return f"{runners.namespace.core}/pods/{name}"


def test_a_pod_that_is_evicted(runners: Runners) -> None:
    path = _running(runners, "evicted")
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "evicted"}}
    found = runners.last("evicted", lambda: runners.namespace.api.create(f"{path}/eviction", body))
    verdict = classify(found, time.time())
    assert isinstance(verdict, Ending)
    assert (verdict.reason, verdict.message) == ("Evicted", "Eviction API: evicting")


def test_a_pod_takes_no_task_from_when_it_is_evicted(runners: Runners) -> None:
    path = _running(runners, "leaving")
    assert runners.record("leaving").alive
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "leaving"}}

    def evict() -> None:
        runners.namespace.api.create(f"{path}/eviction", body)
        assert not runners.record("leaving").alive

    runners.last("leaving", evict)


@pytest.mark.parametrize("grace", [None, 0], ids=["in peace", "by force"])
def test_a_pod_that_is_deleted(runners: Runners, grace: int | None) -> None:
    name = f"deleted-{grace}".lower()
    path = _running(runners, name)
    query: dict[str, str | int] = {} if grace is None else {"gracePeriodSeconds": grace}
    found = runners.last(name, lambda: runners.namespace.api.delete(path, **query))
    verdict = classify(found, time.time())
    assert isinstance(verdict, Ending)
    assert verdict.reason == "PodDeleted"


def test_a_pod_that_is_deleted_before_it_has_a_node(runners: Runners) -> None:
    runners.make("early-deleted", size=size(nodeSelector={"no": "where"}))
    path = f"{runners.namespace.core}/pods/early-deleted"
    found = runners.last("early-deleted", lambda: runners.namespace.api.delete(path))
    verdict = classify(found, time.time())
    assert isinstance(verdict, Ending)
    assert verdict.reason == "PodDeleted"


def test_a_pod_that_ended_and_is_deleted_then_is_told_by_the_operator_as_it_ended(
    runners: Runners,
) -> None:
    runners.make("hungry", "-c", EAT)
    runners.ending("hungry")
    path = f"{runners.namespace.core}/pods/hungry"
    found = runners.last("hungry", lambda: runners.namespace.api.delete(path))
    verdict = classify(found, time.time())
    assert isinstance(verdict, Ending)
    assert verdict.reason == "OutOfMemory"


def test_a_pod_whose_node_is_no_more(runners: Runners) -> None:
    """The cluster's collector finds it after about a minute."""
    pod = runners.pod("orphan")
    pod["spec"]["nodeName"] = "no-such-node"
    found = runners.last("orphan", lambda: runners.create(pod))
    verdict = classify(found, time.time())
    assert isinstance(verdict, Ending)
    assert (verdict.reason, verdict.message) == ("NodeLost", "PodGC: node no longer exists")


# --- pods that a node does not take ---------------------------------------------------------


def _node(runners: Runners) -> str:
    nodes = runners.namespace.api.get("/api/v1/nodes")["items"]
    return str(nodes[0]["metadata"]["name"])


REFUSED: dict[str, Object] = {
    "full": {"resources": {"requests": {"cpu": "900"}, "limits": {"cpu": "900"}}},
    "another": {"nodeSelector": {"no": "where"}},
}


@pytest.mark.parametrize(("name", "spec"), REFUSED.items(), ids=REFUSED)
def test_a_node_that_refuses_a_pod(runners: Runners, name: str, spec: Object) -> None:
    pod = runners.pod(f"refused-{name}", size=size(**spec))
    pod["spec"]["nodeName"] = _node(runners)
    runners.create(pod)
    reason, message = runners.ending(f"refused-{name}")
    assert reason == "NodeRefused"
    assert "Pod was rejected" in message


# --- pods that do not start ------------------------------------------------------------------


def _stuck(runners: Runners, name: str) -> Stuck:
    found = runners.verdict(name)
    assert isinstance(found, Stuck), found
    return found


def test_an_image_that_is_not_there(runners: Runners) -> None:
    runners.make("no-image", release=release(ABSENT))
    found = _stuck(runners, "no-image")
    assert found.reason == "ImagePull"
    assert found.message.startswith(f"Image {ABSENT} cannot be had: ")
    assert found.until is not None


def test_what_is_said_of_an_image_stays_the_same_from_try_to_try(runners: Runners) -> None:
    runners.make("no-image-twice", release=release(ABSENT))
    said = {}
    for waiting in ("ErrImagePull", "ImagePullBackOff"):

        def waits(pod: PodRecord, waiting: str = waiting) -> bool:
            return pod.container is not None and pod.container.waiting == waiting

        record = runners.wait("no-image-twice", f"has {waiting}", waits)
        said[waiting] = classify(record, time.time())
    assert said["ErrImagePull"] == said["ImagePullBackOff"]


def test_an_image_that_may_not_be_fetched(runners: Runners) -> None:
    pod = runners.pod("never-image")
    pod["spec"]["containers"][0] |= {"image": ABSENT, "imagePullPolicy": "Never"}
    runners.create(pod)
    assert _stuck(runners, "never-image").reason == "ImagePull"


def test_no_name_of_an_image(runners: Runners) -> None:
    runners.make("bad-image", release=release("Not:::an/Image"))
    reason, message = runners.ending("bad-image")
    assert reason == "InvalidImageName"
    assert "Not:::an/Image" in message


def test_credentials_that_are_not_there(runners: Runners) -> None:
    runners.make("no-secret", installed={"store": Store("s3://bucket", secret="absent")})
    found = _stuck(runners, "no-secret")
    assert found.reason == "ContainerConfig"
    assert 'secret "absent" not found' in found.message
    secret = {"metadata": {"name": "absent"}, "stringData": {"A": "b"}}
    runners.namespace.api.create(f"{runners.namespace.core}/secrets", secret)
    runners.wait("no-secret", "runs once it is there", lambda pod: pod.started)


def test_a_package_that_is_not_there(runners: Runners) -> None:
    """Nothing in the pod says what it waits for; that it waits for a volume can be told."""
    package = Package(("code-of-nobody",), "0" * 64, 10)
    runners.make("no-package", release=release(package=package))
    record = runners.wait(
        "no-package",
        "is on a node",
        lambda pod: pod.scheduled is not None and pod.container is not None,
    )
    assert classify(record, time.time()) is None
    late = time.time() + 61
    found = classify(runners.record("no-package"), late)
    assert isinstance(found, Stuck)
    assert found.reason == "NotStarting"
    assert "volumes and network" in found.message
    body = {"metadata": {"name": "code-of-nobody"}, "binaryData": {"part": "eA=="}}
    runners.namespace.api.create(f"{runners.namespace.core}/configmaps", body)
    # A kubelet looks for it again after longer and longer pauses.
    runners.wait("no-package", "runs once it is there", lambda pod: pod.started, timeout=150)


def test_nodes_that_do_not_fit(runners: Runners) -> None:
    runners.make("no-node", size=size(nodeSelector={"no": "where"}))
    found = _stuck(runners, "no-node")
    assert found.reason == "Unschedulable"
    assert "nodes are available" in found.message
    assert found.until is None
    impatient = classify(runners.record("no-node"), time.time() + 30, Patience(start=20))
    assert isinstance(impatient, Ending)


def test_a_claim_that_is_not_there(runners: Runners) -> None:
    runners.make("no-claim", installed={"store": Store(claim="absent")})
    found = _stuck(runners, "no-claim")
    assert found.reason == "Unschedulable"
    assert 'persistentvolumeclaim "absent" not found' in found.message


def test_a_queue_that_holds_a_pod_back(runners: Runners) -> None:
    gated = size(podPatch={"spec": {"schedulingGates": [{"name": "example.com/quota"}]}})
    runners.make("gated", size=gated)
    assert _stuck(runners, "gated").reason == "SchedulingGated"


def test_a_scheduler_that_does_not_exist(runners: Runners) -> None:
    runners.make("nobodys", size=size(podPatch={"spec": {"schedulerName": "absent"}}))
    record = runners.record("nobodys")
    assert classify(record, record.created + 59) is None
    found = classify(runners.record("nobodys"), record.created + 60)
    assert isinstance(found, Stuck)
    assert "No scheduler" in found.message


# --- pods that run -------------------------------------------------------------------------------

LOOK = """
import json, os, pathlib
def writable(path):
    try: pathlib.Path(path, "x").write_text("x")
    except OSError: return False
    return True
print(json.dumps({
    "cwd": os.getcwd(),
    "uid": os.getuid(),
    "home": os.environ["HOME"],
    "name": os.environ["FAIRLEAD_POD_NAME"],
    "identifier": json.loads(os.environ["FAIRLEAD_RUNNER"])["release"]["tasks"][0]["identifier"],
    "writable": [path for path in ("/", "/tmp", "/fairlead/work", "/fairlead/package", "/opt")
                 if writable(path)],
    "package": pathlib.Path("/fairlead/package/00").read_text()
               + pathlib.Path("/fairlead/package/01").read_text(),
    "token": os.access("/var/run/secrets/kubernetes.io/serviceaccount/token", os.R_OK),
    "services": [name for name in os.environ if name.endswith("_SERVICE_HOST")],
}))
"""


def test_what_a_runner_finds_in_its_pod(runners: Runners) -> None:
    for number, part in enumerate(("eA==", "eQ==")):
        body = {"metadata": {"name": f"part-{number}"}, "binaryData": {"part": part}}
        runners.namespace.api.create(f"{runners.namespace.core}/configmaps", body)
    package = Package(("part-0", "part-1"), "0" * 64, 2)
    runners.make("looks", "-c", LOOK, release=release(package=package))
    runners.wait("looks", "has ended", lambda pod: pod.phase in ("Succeeded", "Failed"))
    found = json.loads(runners.namespace.kubectl("logs", "looks"))
    assert found == {
        "cwd": "/fairlead/work",
        "uid": 65532,
        "home": "/tmp",
        "name": "looks",
        "identifier": "acme.example/Fetch",
        "writable": ["/tmp", "/fairlead/work"],
        "package": "xy",
        "token": True,
        "services": ["KUBERNETES_SERVICE_HOST"],
    }
