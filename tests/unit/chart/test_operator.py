"""The operator's Deployment: what it is told, and who may reach it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from tests.unit.chart.rendering import (
    NAMESPACE,
    RELEASE,
    SOME,
    Object,
    at,
    of_kind,
    render,
    with_values,
)

import fairlead
from chart import schema
from fairlead_operator import settings
from fairlead_operator.runners.tenants import Tenants
from fairlead_operator.settings import Settings


def deployment(values: Mapping[str, Any] | None = None) -> Object:
    [found] = [
        item
        for item in of_kind(render(values), "Deployment")
        if item["metadata"]["name"] == f"{RELEASE}-operator"
    ]
    return found


def pod(values: Mapping[str, Any] | None = None) -> Object:
    spec: Object = deployment(values)["spec"]["template"]["spec"]
    return spec


def told(values: Mapping[str, Any] | None = None) -> Settings:
    """What the operator reads of its environment; it refuses variables that it does not know."""
    [container] = pod(values)["containers"]
    return settings.load([], {each["name"]: each.get("value", "me") for each in container["env"]})


def test_the_operator_understands_what_it_is_told_by_default() -> None:
    read = told()
    assert (read.release, read.namespace, read.watch) == (RELEASE, NAMESPACE, None)
    assert read.port == 8080
    assert read.runners.image == f"fairlead/runner:{fairlead.__version__}"
    assert read.runners.account == f"{RELEASE}-runner"
    assert read.lease == f"{RELEASE}-operator"


def test_the_operator_understands_everything_that_it_can_be_told() -> None:
    digest = "sha256:" + "0" * 64
    read = told(
        with_values(
            SOME,
            {
                "operator": {
                    "leaseSeconds": 30,
                    "relistSeconds": 60,
                    "requests": 8,
                    "observe": "kopf",
                    "logLevel": "debug",
                    "logFormat": "json",
                },
                "runners": {
                    "image": {"repository": "host:5000/a/b", "digest": digest},
                    "pullSecrets": ["one", "two"],
                    "loadSeconds": 9,
                },
                "store": {"url": "s3://bucket/here", "secret": "keys"},
            },
        )
    )
    assert read.watch == ("a", "b")
    assert (read.lease_seconds, read.relist_seconds, read.requests) == (30, 60, 8)
    assert (read.observe, read.log_level, read.log_format) == ("kopf", "debug", "json")
    assert read.runners.image == f"host:5000/a/b@{digest}"
    assert read.runners.image_pull_secrets == ("one", "two")
    assert read.runners.load_seconds == 9
    assert (read.runners.store.url, read.runners.store.secret) == ("s3://bucket/here", "keys")


def test_the_operator_understands_how_namespaces_share_the_cluster() -> None:
    jobs = {
        "maxRunnersPerNamespace": 0,
        "maxRunners": {"research": 20, "dev": 2},
        "fairShares": {"research": 3},
    }
    tenants = told({"jobs": jobs}).tenants
    assert tenants == Tenants(0, {"research": 20, "dev": 2}, {"research": 3})
    del jobs["maxRunnersPerNamespace"]
    assert told({"jobs": jobs}).tenants == Tenants(
        None, {"research": 20, "dev": 2}, {"research": 3}
    )
    assert told().tenants == Tenants()


def bounded(part: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every number of the schema that has a least and a most value, by its path."""
    if "maximum" in part:
        yield path, part
    for name, below in part.get("properties", {}).items():
        yield from bounded(below, f"{path}.{name}")
    for below in part.get("patternProperties", {}).values():
        yield from bounded(below, f"{path}.research")


NUMBERS: Mapping[str, Callable[[Settings], int | None]] = {
    "operator.leaseSeconds": lambda read: read.lease_seconds,
    "operator.relistSeconds": lambda read: read.relist_seconds,
    "operator.requests": lambda read: read.requests,
    "runners.loadSeconds": lambda read: read.runners.load_seconds,
    "jobs.maxRunnersPerNamespace": lambda read: read.tenants.limit,
    "jobs.maxRunners.research": lambda read: read.tenants.limits["research"],
    "jobs.fairShares.research": lambda read: read.tenants.shares["research"],
}
"""The numbers that the operator is told, and what it makes of them."""


@pytest.mark.parametrize("bound", ["minimum", "maximum"])
def test_the_operator_understands_every_number_that_the_schema_takes(bound: str) -> None:
    sections = schema.schema()["properties"]
    known = {
        path: part
        for name in ("operator", "runners", "jobs", "watch")
        for path, part in bounded(sections[name], name)
    }
    # How many operators there are is for the Deployment alone.
    assert known.keys() - NUMBERS.keys() == {"operator.replicas"}
    asked = {path: known[path][bound] for path in NUMBERS}
    read = told(with_values(*(at(path, number) for path, number in asked.items())))
    assert {path: made_of_it(read) for path, made_of_it in NUMBERS.items()} == asked


def test_every_setting_of_the_operator_can_be_made_by_the_chart() -> None:
    values = with_values(
        SOME,
        {
            "jobs": {"maxRunners": {"a": 1}, "fairShares": {"a": 2}},
            "runners": {"pullSecrets": ["one"]},
            "store": {"claim": "mine", "url": "file:///fairlead/store/here", "secret": "keys"},
        },
    )
    [container] = pod(values)["containers"]
    made = {each["name"] for each in container["env"]}
    left_out = {setting.variable for setting in settings.SETTINGS} - made
    # Both follow from the release's name.
    assert left_out == {settings.LEASE.variable, settings.RUNNER_ACCOUNT.variable}


def test_a_claim_is_a_store_that_is_a_folder() -> None:
    store = told({"store": {"claim": "mine", "mount": "/mnt/store"}}).runners.store
    assert (store.url, store.claim, store.mount) == ("file:///mnt/store", "mine", "/mnt/store")
    assert store.secret is None


def test_without_any_store_runners_are_told_of_none() -> None:
    store = told({"store": {"embedded": {"enabled": False}}}).runners.store
    assert (store.url, store.claim, store.secret) == (None, None, None)


def test_an_update_never_has_two_versions_take_turns() -> None:
    spec = deployment({"operator": {"replicas": 2}})["spec"]
    assert spec["replicas"] == 2
    assert spec["strategy"] == {"type": "Recreate"}


def test_several_operators_rather_run_on_different_nodes() -> None:
    preferred = pod()["affinity"]["podAntiAffinity"]
    [term] = preferred["preferredDuringSchedulingIgnoredDuringExecution"]
    assert term["podAffinityTerm"]["topologyKey"] == "kubernetes.io/hostname"
    own = {"nodeAffinity": {}}
    assert pod(at("operator.affinity", own))["affinity"] == own


@pytest.mark.parametrize("kind", ["Service", "PodDisruptionBudget", "NetworkPolicy"])
def test_what_is_for_the_operator_selects_its_pods(kind: str) -> None:
    labels = deployment()["spec"]["template"]["metadata"]["labels"]
    [item] = [
        one for one in of_kind(render(), kind) if one["metadata"]["name"] == f"{RELEASE}-operator"
    ]
    spec = item["spec"]
    selected = spec.get("podSelector", spec.get("selector", {}))
    matched = selected.get("matchLabels", selected)
    assert matched.items() <= labels.items()
    assert matched["fairlead.dev/component"] == "operator"


def test_nothing_that_may_change_is_part_of_the_selector() -> None:
    assert (
        deployment()["spec"]["selector"]
        == deployment({"operator": {"podLabels": {"a": "b"}}, "labels": {"c": "d"}})["spec"][
            "selector"
        ]
    )


def policies(values: Mapping[str, Any]) -> dict[tuple[str, str], Object]:
    return {
        (item["metadata"]["namespace"], item["metadata"]["name"]): item["spec"]
        for item in of_kind(render(values), "NetworkPolicy")
    }


def test_nobody_reaches_a_runner_and_only_the_metrics_of_the_operator() -> None:
    found = policies({"jobs": {"namespaces": ["jobs"]}})
    operator = found[NAMESPACE, f"{RELEASE}-operator"]
    assert operator["ingress"] == [{"ports": [{"port": "http", "protocol": "TCP"}]}]
    assert operator["policyTypes"] == ["Ingress"]
    for namespace in (NAMESPACE, "jobs"):
        runner = found[namespace, f"{RELEASE}-{NAMESPACE}-runner"]
        assert (runner["policyTypes"], runner["ingress"]) == (["Ingress"], [])
        assert runner["podSelector"] == {"matchLabels": {"fairlead.dev/component": "runner"}}


LIMITED = {
    "networkPolicy": {
        "apiServer": {"cidrs": ["192.0.2.1/32", "2001:db8::1/128"], "port": 443},
        "operator": {"limitEgress": True, "scrapers": [{"namespaceSelector": {}}]},
        "runners": {"limitEgress": True, "egress": [{"ports": [{"port": 443}]}]},
    },
    "store": {"embedded": {"enabled": False}},
}


def test_egress_is_to_the_api_server_and_dns_where_it_is_limited() -> None:
    found = policies(LIMITED)
    operator = found[NAMESPACE, f"{RELEASE}-operator"]
    assert operator["ingress"][0]["from"][0] == {"namespaceSelector": {}}
    server, dns = operator["egress"]
    assert [peer["ipBlock"]["cidr"] for peer in server["to"]] == ["192.0.2.1/32", "2001:db8::1/128"]
    assert server["ports"] == [{"port": 443, "protocol": "TCP"}]
    assert {(port["port"], port["protocol"]) for port in dns["ports"]} == {(53, "UDP"), (53, "TCP")}
    runner = found[NAMESPACE, f"{RELEASE}-{NAMESPACE}-runner"]
    assert runner["egress"] == [server, dns, {"ports": [{"port": 443}]}]


def test_helm_test_reaches_the_metrics_whoever_else_may() -> None:
    [rule] = policies(LIMITED)[NAMESPACE, f"{RELEASE}-operator"]["ingress"]
    [trial] = of_kind(render(LIMITED), "Pod")
    selected = [peer["podSelector"] for peer in rule["from"] if "podSelector" in peer]
    labels = trial["metadata"]["labels"].items()
    assert [peer["matchLabels"].items() <= labels for peer in selected] == [True]
    assert trial["metadata"]["namespace"] == NAMESPACE
    untried = policies(with_values(LIMITED, at("tests.enabled", False)))
    assert untried[NAMESPACE, f"{RELEASE}-operator"]["ingress"][0]["from"] == [
        {"namespaceSelector": {}}
    ]


def test_what_runs_once_reaches_what_the_operator_does() -> None:
    values = with_values(LIMITED, at("uninstall.deleteJobs", True))
    found = policies(values)
    allowed = found[NAMESPACE, f"{RELEASE}-operator"]["egress"]
    for chore in ("definitions", "removal"):
        assert found[NAMESPACE, f"{RELEASE}-{chore}"]["egress"] == allowed
    *same, metrics = found[NAMESPACE, f"{RELEASE}-trial"]["egress"]
    assert same == allowed
    [peer] = metrics["to"]
    operators = deployment()["spec"]["template"]["metadata"]["labels"]
    assert peer["podSelector"]["matchLabels"].items() <= operators.items()
    assert metrics["ports"] == [{"port": "http", "protocol": "TCP"}]
    unlimited = policies(at("uninstall.deleteJobs", True))
    for chore in ("definitions", "removal", "trial"):
        assert unlimited[NAMESPACE, f"{RELEASE}-{chore}"]["policyTypes"] == ["Ingress"]


def test_dns_may_answer_at_addresses_of_the_nodes() -> None:
    cache = "169.254.20.10/32"
    found = policies(with_values(LIMITED, at("networkPolicy.dns.cidrs", [cache])))
    for name in (f"{RELEASE}-operator", f"{RELEASE}-{NAMESPACE}-runner"):
        dns = found[NAMESPACE, name]["egress"][1]
        assert dns["to"][1:] == [{"ipBlock": {"cidr": cache}}]


def test_the_store_runs_where_the_operator_may() -> None:
    where = {"nodeSelector": {"disk": "fast"}, "tolerations": [{"operator": "Exists"}]}
    found = {
        item["metadata"]["name"]: item
        for item in of_kind(render({"operator": where}), "Deployment")
    }
    spec = found[f"{RELEASE}-store"]["spec"]["template"]["spec"]
    assert {name: spec[name] for name in where} == where


def test_runners_reach_the_embedded_store_wherever_else_they_may_not_go() -> None:
    values = with_values(LIMITED, {"store": {"embedded": {"enabled": True}}})
    rules = policies(values)[NAMESPACE, f"{RELEASE}-{NAMESPACE}-runner"]["egress"]
    selected = [
        peer["podSelector"]["matchLabels"]
        for rule in rules
        for peer in rule.get("to", [])
        if "podSelector" in peer
    ]
    [store] = [
        item["spec"]["template"]["metadata"]["labels"]
        for item in of_kind(render(values), "Deployment")
        if item["metadata"]["name"] == f"{RELEASE}-store"
    ]
    assert [labels.items() <= store.items() for labels in selected] == [True]


def test_an_egress_without_a_way_to_the_api_server_is_refused() -> None:
    with pytest.raises(ValueError, match=r"networkPolicy\.apiServer\.cidrs is empty"):
        render({"networkPolicy": {"runners": {"limitEgress": True}}})


@pytest.mark.parametrize("kind", ["ServiceMonitor", "PodMonitor"])
def test_monitors_find_the_metrics_and_call_each_operator_by_its_pod(kind: str) -> None:
    name = kind[0].lower() + kind[1:]
    values = {"metrics": {name: {"enabled": True, "interval": "15s", "labels": {"prom": "one"}}}}
    [monitor] = of_kind(render(values), kind)
    assert monitor["metadata"]["labels"]["prom"] == "one"
    [endpoint] = monitor["spec"].get("endpoints") or monitor["spec"]["podMetricsEndpoints"]
    assert (endpoint["port"], endpoint["path"], endpoint["interval"]) == ("http", "/metrics", "15s")
    [relabelled] = endpoint["relabelings"]
    assert relabelled["sourceLabels"] == ["__meta_kubernetes_pod_name"]
    assert relabelled["targetLabel"] == "instance"
    assert of_kind(render(), kind) == []
