"""Programs that talk to a cluster on this machine do so directly."""

import pytest
from tests.cluster.existing import ExistingCluster
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.shell import run


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "http_proxy", "ALL_PROXY"])
def test_no_proxy_is_asked_for_a_cluster_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:3128")

    assert f"{name}=" not in run(["env"], env=NativeCluster().environment)
    assert f"{name}=" in run(["env"], env=ExistingCluster().environment)
