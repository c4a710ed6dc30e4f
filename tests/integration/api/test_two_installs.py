"""Two installations live side by side, each behind its own fence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cluster.provider import Cluster
from tests.integration.api.actors import Site, refused
from tests.integration.control_plane import fenced


@pytest.fixture
def second(cluster: Cluster, tmp_path: Path) -> Iterator[Site]:
    """An installation of the same name as the first, in another namespace."""
    with fenced(cluster, "second", tmp_path, restricted=False) as made:
        yield made


def test_each_operator_writes_in_its_own_namespace_only(site: Site, second: Site) -> None:
    for mine, other in ((site, second), (second, site)):
        path = mine.held("side-by-side", "some-pod")
        assert mine.set_status(path, reason="Seen")["status"]["reason"] == "Seen"
        theirs = refused(other.operator, "PATCH", f"{path}/status", {"status": {"reason": "x"}})
        assert theirs.status == 403


def test_a_runner_of_one_is_nobody_to_the_other(site: Site, second: Site) -> None:
    pod = site.runner("wanderer")
    path = second.held("not-mine", pod.name)
    body = {"status": {"attempt": 1, "report": "1.1", "state": "Running"}}
    assert refused(pod.api, "PATCH", f"{path}/status", body).status == 403
