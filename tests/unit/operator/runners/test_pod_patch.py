"""Pod patches: what they may say, and how they are merged."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.operator.runners.given import Object, order, size

from fairlead_operator.runners.pod import build_pod
from fairlead_operator.runners.pod_patch import merged, problems


def spec(**fields: Any) -> Object:
    return {"spec": fields}


def runner(**fields: Any) -> Object:
    return spec(containers=[{"name": "runner", **fields}])


REFUSED = {
    "host network": spec(hostNetwork=True),
    "host pid": spec(hostPID=True),
    "host ipc": spec(hostIPC=True),
    "host users": spec(hostUsers=True),
    "host users unsaid": spec(hostUsers=None),
    "host users as a number": spec(hostUsers=0),
    "service account": spec(serviceAccountName="admin"),
    "old service account": spec(serviceAccount="admin"),
    "no token": spec(automountServiceAccountToken=False),
    "root": spec(securityContext={"runAsUser": 0}),
    "root in disguise": spec(securityContext={"runAsUser": False}),
    "perhaps root": spec(securityContext={"runAsNonRoot": False}),
    "nothing against root": spec(securityContext={"runAsNonRoot": None}),
    "no security": spec(securityContext=None),
    "security as a list": spec(securityContext=[]),
    "unconfined": spec(securityContext={"seccompProfile": {"type": "Unconfined"}}),
    "no profile": spec(securityContext={"seccompProfile": None}),
    "unconfined armor": spec(securityContext={"appArmorProfile": {"type": "Unconfined"}}),
    "spc": spec(securityContext={"seLinuxOptions": {"type": "spc_t"}}),
    "a role": spec(securityContext={"seLinuxOptions": {"role": "sysadm_r"}}),
    "an unsafe sysctl": spec(securityContext={"sysctls": [{"name": "kernel.msgmax"}]}),
    "a sysctl that is none": spec(securityContext={"sysctls": ["x"]}),
    "groups that are none": spec(securityContext={"supplementalGroups": ["wheel"]}),
    "windows": spec(os={"name": "windows"}),
    "windows options": spec(securityContext={"windowsOptions": {"hostProcess": True}}),
    "node": spec(nodeName="master"),
    "restarts": spec(restartPolicy="Always"),
    "deadline": spec(activeDeadlineSeconds=1),
    "grace": spec(terminationGracePeriodSeconds=0),
    "shared processes": spec(shareProcessNamespace=True),
    "host name": spec(hostname="x"),
    "priority number": spec(priority=2_000_000_000),
    "init containers": spec(initContainers=[{"name": "x", "image": "x"}]),
    "ephemeral containers": spec(ephemeralContainers=[{"name": "x"}]),
    "another container": spec(containers=[{"name": "sidecar", "env": []}]),
    "a container without a name": spec(containers=[{"env": []}]),
    "containers as an object": spec(containers={"name": "runner"}),
    "a container that is none": spec(containers=["runner"]),
    "a container that is null": spec(containers=[None]),
    "privileged": runner(securityContext={"privileged": True}),
    "escalation": runner(securityContext={"allowPrivilegeEscalation": True}),
    "escalation unsaid": runner(securityContext={"allowPrivilegeEscalation": None}),
    "a writable root": runner(securityContext={"readOnlyRootFilesystem": False}),
    "a capability": runner(securityContext={"capabilities": {"add": ["SYS_ADMIN"]}}),
    "capabilities kept": runner(securityContext={"capabilities": {"drop": ["NET_RAW"]}}),
    "capabilities unsaid": runner(securityContext={"capabilities": {"drop": None}}),
    "no word on capabilities": runner(securityContext={"capabilities": None}),
    "unmasked proc": runner(securityContext={"procMount": "Unmasked"}),
    "user 0 of the container": runner(securityContext={"runAsUser": 0}),
    "the address of the node": runner(ports=[{"containerPort": 1, "hostIP": "0.0.0.0"}]),
    "ports that are none": runner(ports=[1]),
    "no list of ports": runner(ports={"containerPort": 1}),
    "image": runner(image="evil"),
    "command": runner(command=["sh"]),
    "arguments": runner(args=["x"]),
    "working folder": runner(workingDir="/"),
    "probe": runner(livenessProbe=None),
    "hook": runner(lifecycle={"postStart": {"exec": {"command": ["sh"]}}}),
    "ports of the host": runner(ports=[{"containerPort": 1, "hostPort": 1}]),
    "limits": runner(resources={"limits": {"memory": "1Ti"}}),
    "a variable of ours": runner(env=[{"name": "FAIRLEAD_RUNNER", "value": "{}"}]),
    "the module path": runner(env=[{"name": "PYTHONPATH", "value": "/data"}]),
    "a variable without a name": runner(env=[{"value": "x"}]),
    "variables as an object": runner(env={"A": "b"}),
    "a source of variables that is none": runner(envFrom=["x"]),
    "sources as an object": runner(envFrom={"secretRef": {"name": "x"}}),
    "a mount over the package": runner(
        volumeMounts=[{"name": "x", "mountPath": "/fairlead/package"}]
    ),
    "a mount inside the package": runner(
        volumeMounts=[{"name": "x", "mountPath": "/fairlead/package/00"}]
    ),
    "a mount above ours": runner(volumeMounts=[{"name": "x", "mountPath": "/"}]),
    "a mount in disguise": runner(volumeMounts=[{"name": "x", "mountPath": "/a/../fairlead/work"}]),
    "a mount with dots": runner(volumeMounts=[{"name": "x", "mountPath": "/./fairlead//store/"}]),
    "a mount over the token": runner(
        volumeMounts=[{"name": "x", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}]
    ),
    "a mount of our volume": runner(
        volumeMounts=[{"name": "fairlead-package", "mountPath": "/data"}]
    ),
    "a volume of ours": spec(volumes=[{"name": "fairlead-package", "emptyDir": {}}]),
    "a volume without a name": spec(volumes=[{"emptyDir": {}}]),
    "host path": spec(volumes=[{"name": "x", "hostPath": {"path": "/"}}]),
    "nfs": spec(volumes=[{"name": "x", "nfs": {"server": "x", "path": "/"}}]),
    "a label of ours": {"metadata": {"labels": {"fairlead.dev/job-uid": "other"}}},
    "an annotation of ours": {"metadata": {"annotations": {"fairlead.dev/reuse": "AcrossJobs"}}},
    "a label below ours": {"metadata": {"labels": {"x.fairlead.dev/y": "other"}}},
    "app armor": {
        "metadata": {
            "annotations": {"container.apparmor.security.beta.kubernetes.io/runner": "unconfined"}
        }
    },
    "old seccomp": {
        "metadata": {"annotations": {"seccomp.security.alpha.kubernetes.io/pod": "unconfined"}}
    },
    "labels as a list": {"metadata": {"labels": ["x"]}},
    "a label that is no text": {"metadata": {"labels": {"x": 1}}},
    "owner": {"metadata": {"ownerReferences": []}},
    "name": {"metadata": {"name": "other"}},
    "namespace": {"metadata": {"namespace": "other"}},
    "finalizers": {"metadata": {"finalizers": ["x/y"]}},
    "kind": {"kind": "Deployment"},
    "status": {"status": {"phase": "Failed"}},
    "spec as a text": {"spec": "x"},
    "a directive": spec(containers=[{"$patch": "delete", "name": "runner"}]),
    "a directive for all": spec(**{"$patch": "replace"}),
    "a directive deep inside": spec(affinity={"nodeAffinity": {"$retainKeys": ["x"]}}),
    "a directive in a list": spec(tolerations=[{"$patch": "replace"}]),
    "a node selector as a list": spec(nodeSelector=["x"]),
    "tolerations as an object": spec(tolerations={"key": "x"}),
    "a scheduler that is no text": spec(schedulerName={"x": 1}),
    "containers taken away": spec(containers=None),
    "volumes taken away": spec(volumes=None),
    "variables taken away": runner(env=None),
    "mounts taken away": runner(volumeMounts=None),
    "labels taken away": {"metadata": {"labels": None}},
    "everything taken away": {"spec": None},
}


@pytest.mark.parametrize("patch", REFUSED.values(), ids=REFUSED)
def test_what_no_patch_may_say(patch: Object) -> None:
    found = problems(patch)
    assert found
    assert all(text.startswith("podPatch") for text in found)
    assert size(podPatch=patch).faults == found


ACCEPTED = {
    "nothing": {},
    "labels": {"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "a"}}},
    "a label like ours": {"metadata": {"labels": {"notfairlead.dev/x": "y", "fairlead.dev": "z"}}},
    "annotations": {"metadata": {"annotations": {"example.com/x": "y"}}},
    "affinity": spec(affinity={"nodeAffinity": {"requiredDuringScheduling": {}}}),
    "spread": spec(topologySpreadConstraints=[{"topologyKey": "zone", "maxSkew": 1}]),
    "scheduler": spec(schedulerName="volcano", schedulingGates=[{"name": "x/y"}]),
    "pull secrets": spec(imagePullSecrets=[{"name": "registry"}]),
    "names": spec(dnsPolicy="None", dnsConfig={"nameservers": ["10.0.0.1"]}),
    "host names": spec(hostAliases=[{"ip": "10.0.0.1", "hostnames": ["x"]}]),
    "a device": spec(
        resourceClaims=[{"name": "gpu", "resourceClaimTemplateName": "gpu"}],
        containers=[{"name": "runner", "resources": {"claims": [{"name": "gpu"}]}}],
    ),
    "volumes": spec(
        volumes=[
            {"name": "a", "secret": {"secretName": "a"}},
            {"name": "b", "configMap": {"name": "b"}},
            {"name": "c", "csi": {"driver": "x"}},
            {"name": "d", "ephemeral": {}},
            {"name": "e", "emptyDir": {"medium": "Memory"}},
        ]
    ),
    "mounts": runner(volumeMounts=[{"name": "a", "mountPath": "/data/fairlead"}]),
    "variables": runner(
        env=[{"name": "LD_PRELOAD", "value": "/usr/lib/libjemalloc.so.2"}],
        envFrom=[{"secretRef": {"name": "keys"}}],
    ),
    "a null": spec(affinity=None),
    "another user": spec(
        securityContext={
            "runAsUser": 1000,
            "runAsGroup": 0,
            "fsGroup": 2000,
            "fsGroupChangePolicy": "Always",
            "supplementalGroups": [100],
            "runAsNonRoot": True,
            "sysctls": [{"name": "net.ipv4.tcp_syncookies", "value": "1"}],
        },
        hostUsers=False,
        os={"name": "linux"},
    ),
    "other profiles": spec(
        securityContext={
            "seccompProfile": {"type": "Localhost", "localhostProfile": "strict.json"},
            "appArmorProfile": {"type": "RuntimeDefault"},
            "seLinuxOptions": {"type": "container_t", "level": "s0:c1,c2"},
        }
    ),
    "what holds anyhow": runner(
        securityContext={
            "allowPrivilegeEscalation": False,
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "procMount": "Default",
            "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
        }
    ),
    "a port": runner(ports=[{"containerPort": 9000, "hostPort": 0}]),
}


@pytest.mark.parametrize("patch", ACCEPTED.values(), ids=ACCEPTED)
def test_what_a_patch_may_say(patch: Object) -> None:
    assert problems(patch) == ()
    assert build_pod(order(size=size(podPatch=patch)))


def test_every_problem_is_named() -> None:
    found = problems(spec(hostNetwork=True, hostPID=True))
    assert found == (
        "podPatch.spec.hostNetwork may not be patched",
        "podPatch.spec.hostPID may not be patched",
    )


@pytest.mark.parametrize(
    ("below", "above", "after"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": None}, {}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None, "d": 3}}, {"a": {"c": 2, "d": 3}}),
        ({}, {"a": {"b": None, "c": 1}}, {"a": {"c": 1}}),
        ({"x": [1, 2]}, {"x": [3]}, {"x": [3]}),
        ({"x": {"a": 1}}, {"x": "text"}, {"x": "text"}),
        (
            {"env": [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]},
            {"env": [{"name": "c", "value": "3"}, {"name": "a", "value": "9"}]},
            {
                "env": [
                    {"name": "a", "value": "9"},
                    {"name": "b", "value": "2"},
                    {"name": "c", "value": "3"},
                ]
            },
        ),
        (
            {"volumeMounts": [{"mountPath": "/a", "name": "a"}]},
            {"volumeMounts": [{"mountPath": "/a", "readOnly": True}]},
            {"volumeMounts": [{"mountPath": "/a", "name": "a", "readOnly": True}]},
        ),
    ],
    ids=[
        "new",
        "null",
        "deep",
        "null in new",
        "plain list",
        "other type",
        "by name",
        "by path",
    ],
)
def test_merging(below: Object, above: Object, after: Object) -> None:
    kept = copy.deepcopy((below, above))
    assert merged(below, above) == after
    assert (below, above) == kept


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "name",
                    "spec",
                    "metadata",
                    "labels",
                    "annotations",
                    "env",
                    "envFrom",
                    "volumes",
                    "volumeMounts",
                    "mountPath",
                    "containers",
                    "emptyDir",
                    "hostPath",
                    "securityContext",
                    "runAsUser",
                    "capabilities",
                    "add",
                    "drop",
                    "ports",
                    "hostUsers",
                    "tolerations",
                    "nodeSelector",
                    "resources",
                    "claims",
                    "$patch",
                ]
            ),
            inner,
            max_size=4,
        )
        | inner.map(lambda value: {"spec": value})
        | inner.map(lambda value: {"spec": {"containers": [{"name": "runner", "env": value}]}})
    ),
    max_leaves=20,
)


def ours(pod: Object) -> Any:
    """What no patch may change at all."""
    (container,) = pod["spec"]["containers"]
    patchable = ("resources", "envFrom", "securityContext", "ports")
    kept = {name: value for name, value in container.items() if name not in patchable}
    kept["env"] = [one for one in container["env"] if one["name"].startswith("FAIRLEAD_")]
    mounts = container["volumeMounts"]
    kept["volumeMounts"] = [one for one in mounts if one["mountPath"].startswith("/fairlead")]
    names = ("serviceAccountName", "restartPolicy", "enableServiceLinks")
    volumes = [one for one in pod["spec"]["volumes"] if one["name"].startswith("fairlead-")]
    labels = pod["metadata"]["labels"].items()
    own = {name: value for name, value in labels if name.startswith("fairlead.dev/")}
    return kept, {name: pod["spec"][name] for name in names}, volumes, own


def is_restricted(pod: Object) -> bool:
    (container,) = pod["spec"]["containers"]
    inner, outer = container["securityContext"], pod["spec"]["securityContext"]
    return (
        inner["allowPrivilegeEscalation"] is False
        and inner["privileged"] is False
        and "ALL" in inner["capabilities"]["drop"]
        and set(inner["capabilities"].get("add", ())) <= {"NET_BIND_SERVICE"}
        and outer["runAsNonRoot"] is True
        and 0 not in (outer["runAsUser"], inner.get("runAsUser", 1))
        and outer["seccompProfile"]["type"] in ("RuntimeDefault", "Localhost")
        and not {"hostNetwork", "hostPID", "hostIPC"} & set(pod["spec"])
        and not any(set(one) & {"hostPath", "nfs", "iscsi"} for one in pod["spec"]["volumes"])
    )


@pytest.mark.parametrize("patch", ACCEPTED.values(), ids=ACCEPTED)
def test_what_a_patch_may_say_leaves_the_pod_restricted(patch: Object) -> None:
    made = build_pod(order(size=size(podPatch=patch)))
    assert is_restricted(made)
    assert ours(made) == ours(build_pod(order()))


@given(patch=st.dictionaries(st.sampled_from(["spec", "metadata", "status"]), JSON, max_size=3))
def test_no_patch_reaches_what_is_ours(patch: Object) -> None:
    """Whatever a patch says: it is refused in words, or what is ours stays as it was."""
    if problems(patch):
        assert all(isinstance(text, str) for text in problems(patch))
        return
    made = build_pod(order(size=size(podPatch=patch)))
    assert is_restricted(made)
    assert ours(made) == ours(build_pod(order()))
