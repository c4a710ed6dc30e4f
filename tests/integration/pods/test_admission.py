"""The API server admits the pods of runners in a namespace under the restricted profile."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from tests.cluster.kubeapi import ApiError, Object
from tests.integration.pods.runners import Runners, release, size

from fairlead_operator.runners.groups import Group
from fairlead_operator.runners.pod import build_pod
from fairlead_operator.runners.pod_order import Store, in_group
from fairlead_operator.runners.refused import creation_refused
from fairlead_operator.runners.release_record import Package

PATCH: Object = {
    "metadata": {"labels": {"kueue.x-k8s.io/queue-name": "night"}, "annotations": {"a.b/c": "d"}},
    "spec": {
        "nodeSelector": {"zone": "a"},
        "affinity": {"podAntiAffinity": {}},
        "topologySpreadConstraints": [
            {
                "topologyKey": "zone",
                "maxSkew": 1,
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": {"fairlead.dev/component": "runner"}},
            }
        ],
        "imagePullSecrets": [{"name": "registry"}],
        "dnsConfig": {"options": [{"name": "ndots", "value": "1"}]},
        "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["store"]}],
        "schedulingGates": [{"name": "example.com/quota"}],
        "volumes": [
            {"name": "keys", "secret": {"secretName": "keys"}},
            {"name": "scratch", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
            {"name": "info", "downwardAPI": {"items": []}},
            {"name": "config", "configMap": {"name": "config"}},
        ],
        "containers": [
            {
                "name": "runner",
                "env": [{"name": "PROXY", "value": "proxy:3128"}],
                "envFrom": [{"configMapRef": {"name": "more"}}],
                "volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}],
            }
        ],
    },
}

GROUP = Group("here", "mine", "00000000-0000-0000-0000-000000000001", spot=True)

ORDERS: dict[str, Object] = {
    "plain": {},
    "with a package": {"release": release(package=Package(("a", "b"), "0" * 64, 10))},
    "with a claim": {"installed": {"store": Store(claim="shared")}},
    "with credentials": {"installed": {"store": Store("s3://bucket", secret="keys")}},
    "patched": {"size": size(podPatch=PATCH)},
    "isolated": {"isolation": "Sidecar"},
    "isolated, with all that": {
        "isolation": "Sidecar",
        "size": size(podPatch=PATCH),
        "installed": {"store": Store(claim="shared", secret="keys")},
    },
    "without limits": {"size": size(resources={})},
    "for jobs that share": {"owner": None, "job": None, "reuse": "AcrossJobs"},
    "tolerant": {"size": size(tolerations=[{"key": "pool", "operator": "Exists"}])},
    "with secrets for images": {"installed": {"image_pull_secrets": ("registry",)}},
}


def dry_run(runners: Runners, pod: Object) -> subprocess.CompletedProcess[str]:
    space = runners.namespace
    words = ["--kubeconfig", str(space.cluster.kubeconfig), "--namespace", space.name]
    command = [str(space.cluster.kubectl), *words, "create", "--dry-run=server", "-f", "-"]
    return subprocess.run(
        command, input=json.dumps(pod), capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("more", ORDERS.values(), ids=ORDERS)
def test_the_pod_of_a_runner_is_admitted(runners: Runners, more: Object) -> None:
    done = dry_run(runners, build_pod(runners.order("runner", **more)))
    assert done.returncode == 0, done.stderr
    # Nothing is unknown to the server, and nothing about the profile is worth a warning.
    assert done.stderr == ""


def test_the_pod_of_a_group_is_admitted(runners: Runners) -> None:
    done = dry_run(runners, build_pod(in_group(runners.order("runner"), GROUP)))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "harm",
    [
        {"hostNetwork": True},
        {"securityContext": {"runAsNonRoot": False}},
        {"volumes": [{"name": "root", "hostPath": {"path": "/"}}]},
    ],
    ids=lambda harm: next(iter(harm)),
)
def test_the_profile_is_in_force_here(runners: Runners, harm: Object) -> None:
    """What no patch can do is what the API server would refuse: the tests above mean something."""
    pod = build_pod(runners.order("runner"))
    pod["spec"].update(harm)
    pod["spec"]["containers"][0]["volumeMounts"] = []
    done = dry_run(runners, pod)
    assert done.returncode != 0
    assert 'violates PodSecurity "restricted' in done.stderr


def refusal(runners: Runners, pod: Object) -> tuple[str, str]:
    with pytest.raises(ApiError) as caught:
        runners.create(pod)
    message = json.loads(caught.value.body)["message"]
    found = creation_refused(caught.value.status, message)
    return found.reason, found.message


def test_an_account_that_is_missing_is_told(runners: Runners) -> None:
    reason, message = refusal(runners, runners.pod("r", account="absent"))
    assert reason == "AccountMissing"
    assert "absent" in message


def test_a_pod_that_a_policy_forbids_is_told(runners: Runners) -> None:
    pod = runners.pod("r")
    pod["spec"]["hostNetwork"] = True
    reason, message = refusal(runners, pod)
    assert reason == "PodRefused"
    assert "host namespaces" in message


def test_a_pod_that_makes_no_sense_is_told(runners: Runners) -> None:
    bad = size(podPatch={"spec": {"dnsPolicy": "Sometimes"}})
    reason, message = refusal(runners, runners.pod("r", size=bad))
    assert reason == "PodRefused"
    assert "dnsPolicy" in message


QUOTAS: dict[str, tuple[Object, str]] = {
    "exceeded": ({"hard": {"count/pods": "0"}}, "exceeded quota"),
    "of requests": ({"hard": {"requests.cpu": "1m"}}, "exceeded quota"),
}


@pytest.mark.parametrize(("spec", "words"), QUOTAS.values(), ids=QUOTAS)
def test_a_quota_is_told(runners: Runners, spec: Any, words: str) -> None:
    api, path = runners.namespace.api, f"{runners.namespace.core}/resourcequotas"
    api.create(path, {"metadata": {"name": "quota"}, "spec": spec})
    try:
        reason, message = _wait_refused(runners, next(iter(spec["hard"])).replace("/", "-"))
    finally:
        api.delete(f"{path}/quota")
    assert reason == "QuotaExceeded"
    assert message.startswith(words)


def _wait_refused(runners: Runners, name: str) -> tuple[str, str]:
    """Make pods until one is refused: what was made just now is in force a moment later."""
    for number in range(50):
        try:
            runners.create(runners.pod(f"{name}-{number}"))
        except ApiError as error:
            message = json.loads(error.body)["message"]
            if "status unknown for quota" not in message:
                found = creation_refused(error.status, message)
                return found.reason, found.message
    raise AssertionError("nothing was refused")


def test_a_limit_range_is_told(runners: Runners) -> None:
    api, path = runners.namespace.api, f"{runners.namespace.core}/limitranges"
    limit = {"type": "Container", "max": {"memory": "1Mi"}}
    api.create(path, {"metadata": {"name": "limits"}, "spec": {"limits": [limit]}})
    try:
        reason, message = _wait_refused(runners, "limited")
    finally:
        api.delete(f"{path}/limits")
    assert reason == "LimitRangeExceeded"
    assert "maximum memory usage" in message
