"""Which cluster is chosen, and that an existing one is never touched without consent."""

import json
from pathlib import Path

import pytest
from tests.cluster import provider
from tests.cluster.existing import ExistingCluster
from tests.cluster.kind import KindCluster
from tests.cluster.native.layout import POOL_LABEL, POOLS, Layout
from tests.cluster.paths import HERE
from tests.cluster.shell import ClusterError, UnsupportedError


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kubeconfig whose current context is called ``office``."""
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps({"current-context": "office"}))
    monkeypatch.setenv("KUBECONFIG", str(file))
    monkeypatch.delenv(provider.CHOICE, raising=False)
    monkeypatch.delenv(provider.CONSENT, raising=False)
    return file


def test_an_existing_cluster_needs_consent(kubeconfig: Path) -> None:
    with pytest.raises(UnsupportedError, match="no consent"):
        ExistingCluster().check()


def test_consent_is_for_one_context_only(kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(provider.CONSENT, "laboratory")

    with pytest.raises(UnsupportedError, match="the current one is 'office'"):
        ExistingCluster().check()


def test_with_consent_the_existing_cluster_comes_first(
    kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(provider.CONSENT, "office")

    chosen = provider.choose()

    assert chosen.provider == "existing"
    assert chosen.kubeconfig == kubeconfig


def test_consent_ends_when_the_kubeconfig_is_turned_to_another_cluster(
    kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(provider.CONSENT, "office")
    chosen = provider.choose()
    kubeconfig.write_text(json.dumps({"current-context": "production"}))

    with pytest.raises(UnsupportedError, match="the current one is 'production'"):
        _ = chosen.kubeconfig


def test_kind_needs_a_docker_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.cluster import images

    images.docker_answers.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    try:
        with pytest.raises(UnsupportedError, match="no Docker engine"):
            KindCluster().check()
    finally:
        images.docker_answers.cache_clear()


def test_a_provider_that_does_not_exist_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(provider.CHOICE, "minikube")

    with pytest.raises(ClusterError, match="'minikube'"):
        provider.choose()


def test_only_the_native_cluster_has_fault_verbs() -> None:
    with pytest.raises(UnsupportedError, match="no fault verbs"):
        _ = KindCluster().faults


def test_kind_gets_the_same_pools() -> None:
    import yaml

    nodes = yaml.safe_load((HERE / "kind.yaml").read_text())["nodes"]

    assert tuple(node["labels"][POOL_LABEL] for node in nodes if "labels" in node) == POOLS


def test_clusters_of_one_machine_share_no_port_and_no_subnet() -> None:
    layouts = [Layout(str(slot), slot) for slot in range(8)]
    ports = [layout.port(name) for layout in layouts for name in ("etcd", "apiserver", "proxy")]
    ranges = [node.pods for layout in layouts for node in layout.nodes]
    links = [layout.bridge for layout in layouts]

    for values in (ports, ranges, links):
        assert len(set(values)) == len(values)
